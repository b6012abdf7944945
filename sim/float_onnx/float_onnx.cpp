#include "sim/float_onnx/float_onnx.hpp"

#include "sim/float_onnx/float_reader.hpp"

namespace systole::quantize {

FloatNetwork load_float_onnx(const std::string& path) {
  const onnx::ModelFile model{path};
  return FloatReader{path, model}.read();
}

}  // namespace systole::quantize

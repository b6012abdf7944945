#include "sim/float_onnx/float_onnx.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sim/onnx/constant.hpp"
#include "sim/quantize/float_executor.hpp"

namespace systole::quantize {
namespace {

std::string path_of(const char* name) {
  return std::string{SYSTOLE_SOURCE_DIR} + "/tests/data/float_onnx/" + name;
}

std::vector<float> floats_in(const char* name) {
  std::ifstream in{path_of(name), std::ios::binary};
  ::onnx::TensorProto tensor;
  EXPECT_TRUE(tensor.ParseFromIstream(&in)) << name;
  return onnx::floats_of(onnx::read_constant(tensor));
}

// Layouts, the order of a fully connected layer's columns, paddings: all of it must be right for
// the outputs to be PyTorch's. Sums run in another order here, hence the distance.
TEST(FloatOnnx, AnExportOfPyTorchGivesPyTorchsOutputs) {
  const FloatNetwork network = load_float_onnx(path_of("model.onnx"));
  const Activations outputs = run_float(network, floats_in("input_0.pb"), 1);
  const std::vector<float> expected = floats_in("output_0.pb");
  ASSERT_EQ(outputs.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(outputs[i], expected[i], 1e-5) << i;
  }
}

}  // namespace
}  // namespace systole::quantize

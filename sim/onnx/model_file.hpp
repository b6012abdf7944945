#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>

namespace systole::onnx {

namespace file = ::onnx;  // what the protocol buffers of ONNX are called here

constexpr std::int64_t kFirstOpset = 10;  // the first with QuantizeLinear
constexpr std::int64_t kLastOpset = 21;

/// An ONNX file in memory, parsed; its version is one that can be read.
class ModelFile {
 public:
  /// Throws ConfigError.
  explicit ModelFile(const std::string& path);

  const file::GraphProto& graph() const { return model_.graph(); }
  /// Of the standard operators.
  std::int64_t opset() const { return opset_; }

 private:
  file::ModelProto model_;
  std::int64_t opset_ = 0;
};

}  // namespace systole::onnx

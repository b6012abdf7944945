#pragma once

#include <stdexcept>
#include <string>

namespace systole::onnx {

/// Why a node cannot be run.
class NodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Names go into messages, which are lines of text: what is not printable ASCII becomes '?', what
/// is long is cut.
std::string printable_name(const std::string& name);

}  // namespace systole::onnx

#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace systole::onnx {

/// Why a node cannot be run: the one that is read, or, with a place, one before it, an operator
/// that waited for its QuantizeLinear.
class NodeError : public std::runtime_error {
 public:
  explicit NodeError(const std::string& what, std::string where = "")
      : std::runtime_error{what}, where_{std::move(where)} {}
  const std::string& where() const { return where_; }

 private:
  std::string where_;
};

/// Names go into messages, which are lines of text: what is not printable ASCII becomes '?', what
/// is long is cut.
std::string printable_name(const std::string& name);

}  // namespace systole::onnx

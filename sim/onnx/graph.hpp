#pragma once

#include <map>
#include <optional>
#include <string>

#include "sim/onnx/builder.hpp"

namespace systole::onnx {

/// The names of the file: what each stands for so far.
class Graph {
 public:
  explicit Graph(Builder& builder) : builder_{builder} {}

  Builder& builder() { return builder_; }
  const Builder& builder() const { return builder_; }

  /// An initializer; read when somebody needs it. False for a second one of its name.
  bool add_initializer(const file::TensorProto& tensor) {
    return initializers_.emplace(tensor.name(), &tensor).second;
  }
  bool knows(const std::string& name) const {
    return values_.count(name) + initializers_.count(name) != 0;
  }
  void define(const std::string& name, ValueId id);
  /// Throws NodeError for names that nobody defined before.
  ValueId find(const std::string& name);
  /// Names whose node failed: those who read them are not worth another message.
  void give_up(const std::string& name) { given_up_.insert(name); }
  bool is_given_up(const std::string& name) const { return given_up_.count(name) != 0; }

  ValueId in(const Node& node, std::size_t i) { return find(node.input(i)); }
  const Value& in_value(const Node& node, std::size_t i) { return builder_.value(in(node, i)); }
  void out(const Node& node, std::size_t i, ValueId id);
  /// The node's output is its input.
  void alias(const Node& node, ValueId id) { define(node.output(0), id); }

  /// The constant at input i; throws NodeError where it is computed.
  const Constant& constant(const Node& node, std::size_t i);
  /// Scale and zero point at these inputs; a zero point that is left out is 0 of `type`.
  QuantParams params(const Node& node, std::size_t scale, std::size_t zero_point, ElementType type);
  /// The same of a quantized operand at input `first`, followed by its scale and zero point.
  Operand operand(const Node& node, std::size_t first);

 private:
  Builder& builder_;
  std::map<std::string, const file::TensorProto*> initializers_;
  std::map<std::string, ValueId> values_;
  std::set<std::string> given_up_;
};

}  // namespace systole::onnx

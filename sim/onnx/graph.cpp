#include "sim/onnx/graph.hpp"

#include "sim/onnx/quantization.hpp"

namespace systole::onnx {

void Graph::define(const std::string& name, ValueId id) {
  if (knows(name)) {
    throw NodeError{"writes '" + printable_name(name) +
                    "', which is constant, an input, or computed before"};
  }
  values_[name] = id;
}

ValueId Graph::find(const std::string& name) {
  if (const auto found = values_.find(name); found != values_.end()) {
    return found->second;
  }
  const auto constant = initializers_.find(name);
  if (constant == initializers_.end()) {
    throw NodeError{"reads '" + printable_name(name) + "', which no node before it computes"};
  }
  const ValueId id = builder_.add_constant(read_constant(*constant->second));
  builder_.rename(id, name);
  return values_[name] = id;
}

void Graph::out(const Node& node, std::size_t i, ValueId id) {
  if (i < node.outputs() && !node.output(i).empty()) {
    builder_.rename(id, node.output(i));
    define(node.output(i), id);
  }
}

const Constant& Graph::constant(const Node& node, std::size_t i) {
  const ConstantPtr& constant = in_value(node, i).constant;
  if (!constant) {
    throw NodeError{"computes its input " + std::to_string(i) + " '" +
                    printable_name(node.input(i)) + "', expected a constant"};
  }
  return *constant;
}

QuantParams Graph::params(const Node& node, std::size_t scale, std::size_t zero_point,
                          ElementType type) {
  QuantParams result;
  result.type = type;
  result.scale = floats_of(constant(node, scale));
  result.zero_point = {0};
  if (node.has(zero_point)) {
    const Constant& zero = constant(node, zero_point);
    check_zero_point_type(zero.type, type);
    result.zero_point = zero.values;
  }
  check_params(result);
  return result;
}

Operand Graph::operand(const Node& node, std::size_t first) {
  const ValueId id = in(node, first);
  const ElementType type = builder_.value(id).type;
  if (type != ElementType::Int8 && type != ElementType::UInt8) {
    throw NodeError{"has an input of " + std::string{type_name(type)} + ", expected INT8 or UINT8"};
  }
  return {id, params(node, first + 1, first + 2, type)};
}

}  // namespace systole::onnx

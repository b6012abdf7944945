// From floats to integers and back.

#include <cmath>
#include <cstring>

#include "sim/onnx/operators.hpp"
#include "sim/onnx/pending.hpp"
#include "sim/onnx/quantization.hpp"

namespace systole::onnx {
namespace {

std::int64_t axis_of(const Node& node, const Shape& shape) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  const std::int64_t axis = node.integer("axis", 1);
  const std::int64_t from_front = axis < 0 ? axis + rank : axis;
  return from_front < 0 ? rank : from_front;  // scalars have an axis that nobody uses
}

void expect_one_per_index(std::size_t count, const Shape& shape, std::int64_t axis) {
  if (count == 1) {
    return;
  }
  const auto at = static_cast<std::size_t>(axis);
  if (at >= shape.size() || static_cast<std::size_t>(shape[at]) != count) {
    throw NodeError{"has " + std::to_string(count) + " scales or zero points for axis " +
                    std::to_string(axis) + " of " + shape_text(shape)};
  }
}

void expect_no_blocks(const Node& node) {
  if (node.integer("block_size", 0) != 0) {
    throw NodeError{"has a scale per block, which is not supported"};
  }
}

// Of the zero point, or as output_dtype says, or UINT8.
ElementType quantized_type(Graph& graph, const Node& node) {
  const auto named = static_cast<std::int32_t>(node.integer("output_dtype", 0));
  const ElementType type = named != 0    ? element_type(named)
                           : node.has(2) ? graph.in_value(node, 2).type
                                         : ElementType::UInt8;
  if (type != ElementType::Int8 && type != ElementType::UInt8) {
    throw NodeError{std::string{"gives "} + type_name(type) + ", expected INT8 or UINT8"};
  }
  if (node.has(2)) {
    check_zero_point_type(graph.in_value(node, 2).type, type);
  }
  return type;
}

bool is_constant(Graph& graph, const Node& node, std::size_t i) {
  return !node.has(i) || graph.in_value(node, i).constant;
}

// Weights that the file keeps in floats.
Constant folded(const Constant& from, const QuantParams& params) {
  Constant result{params.type, from.shape, {}};
  const ElementFormat format = format_of(params.type);
  std::size_t distance = 1;
  for (auto i = static_cast<std::size_t>(params.axis) + 1; i < from.shape.size(); ++i) {
    distance *= static_cast<std::size_t>(from.shape[i]);
  }
  const std::vector<float> reals = floats_of(from);
  for (std::size_t i = 0; i < reals.size(); ++i) {
    if (std::isnan(reals[i])) {
      throw NodeError{"quantizes a constant with a NaN in it, expected numbers"};
    }
    const std::size_t channel = i / distance;
    const auto of = [channel](const auto& values) { return values[channel % values.size()]; };
    result.values.push_back(quantized(reals[i], of(params.scale), of(params.zero_point), format));
  }
  return result;
}

// Scale and zero point as tensors; the zero point of `type` is 0 where there is none.
std::vector<TensorId> computed_params(Graph& graph, const Node& node, ElementType type,
                                      const Shape& shape, std::int64_t axis) {
  Builder& builder = graph.builder();
  if (graph.in_value(node, 1).type != ElementType::Float) {
    throw NodeError{std::string{"has a scale of "} + type_name(graph.in_value(node, 1).type) +
                    ", expected FLOAT"};
  }
  std::vector<TensorId> result{
      builder.file_tensor(graph.in(node, 1)),
      node.has(2) ? builder.file_tensor(graph.in(node, 2)) : builder.zero_point_tensor({0}, type)};
  for (const TensorId id : result) {
    expect_one_per_index(static_cast<std::size_t>(builder.network().tensor(id).elements()), shape,
                         axis);
  }
  return result;
}

}  // namespace

void build_quantize_linear(Graph& graph, const Node& node) {
  node.expect_inputs(2, 3);
  node.integer("saturate", 1);  // of 8-bit floats
  expect_no_blocks(node);
  Builder& builder = graph.builder();
  const ValueId x = graph.in(node, 0);
  const Value value = builder.value(x);
  const std::int64_t axis = axis_of(node, value.shape);
  if (value.type != ElementType::Float) {
    throw NodeError{std::string{"has an input of "} + type_name(value.type) + ", expected FLOAT"};
  }
  const ElementType type = quantized_type(graph, node);
  if (is_constant(graph, node, 1) && is_constant(graph, node, 2)) {
    QuantParams params = graph.params(node, 1, 2, type);
    params.axis = axis;
    expect_one_per_index(std::max(params.scale.size(), params.zero_point.size()), value.shape,
                         axis);
    if (value.constant) {
      graph.out(node, 0, builder.add_constant(folded(*value.constant, params)));
      return;
    }
    if (const auto operand = find_quantized(graph, x);
        operand && operand->params.per_tensor() && params.per_tensor()) {
      graph.out(node, 0, requantized(builder, *operand, params, {}));
      return;
    }
    if (value.pending && value.pending->quantized && params.per_tensor()) {
      graph.out(node, 0, value.pending->quantized(params, {}));
      return;
    }
  }
  const std::vector<TensorId> params = computed_params(graph, node, type, value.shape, axis);
  const ValueId integers = builder.add_layer(QuantizeLinear{static_cast<std::size_t>(axis)},
                                             {builder.file_tensor(x), params[0], params[1]},
                                             value.shape, type, identity(value.shape.size()));
  graph.out(node, 0, integers);
}

void build_dequantize_linear(Graph& graph, const Node& node) {
  node.expect_inputs(2, 3);
  expect_no_blocks(node);
  Builder& builder = graph.builder();
  const ValueId x = graph.in(node, 0);
  const ElementType type = builder.value(x).type;
  const Shape shape = builder.value(x).shape;
  const std::int64_t axis = axis_of(node, shape);
  if (type == ElementType::Float || type == ElementType::Int64) {
    throw NodeError{std::string{"has an input of "} + type_name(type) +
                    ", expected INT8, UINT8 or INT32"};
  }
  if (is_constant(graph, node, 1) && is_constant(graph, node, 2)) {
    Operand operand{x, graph.params(node, 1, 2, type)};
    operand.params.axis = axis;
    expect_one_per_index(std::max(operand.params.scale.size(), operand.params.zero_point.size()),
                         shape, axis);
    define_dequantized(graph, node, operand);
    return;
  }
  if (node.has(2)) {
    check_zero_point_type(graph.in_value(node, 2).type, type);
  }
  const std::vector<TensorId> params = computed_params(graph, node, type, shape, axis);
  graph.out(node, 0,
            builder.add_layer(DequantizeLinear{static_cast<std::size_t>(axis)},
                              {builder.file_tensor(x), params[0], params[1]}, shape,
                              ElementType::Float, identity(shape.size())));
}

// Integers to floats are a DequantizeLinear of scale 1.
void build_cast(Graph& graph, const Node& node) {
  node.expect_inputs(1, 1);
  node.integer("saturate", 1);  // of 8-bit floats
  const ElementType to = element_type(static_cast<std::int32_t>(node.integer("to", 0)));
  const ValueId x = graph.in(node, 0);
  const Value value = graph.builder().value(x);
  if (value.type == to) {
    graph.alias(node, x);
    return;
  }
  const bool sizes = value.constant && (to == ElementType::Int64 || to == ElementType::Int32) &&
                     (value.type == ElementType::Int64 || value.type == ElementType::Int32);
  if (sizes) {
    Constant result{ElementType::Int64, value.shape, {}, integers_of(*value.constant)};
    graph.out(node, 0, graph.builder().add_constant(std::move(result)));
    return;
  }
  if (to != ElementType::Float || value.type == ElementType::Int64) {
    throw NodeError{std::string{"casts "} + type_name(value.type) + " to " + type_name(to) +
                    ", expected integers to FLOAT"};
  }
  QuantParams params;
  params.type = value.type;
  params.scale = {1.0F};
  params.zero_point = {0};
  define_dequantized(graph, node, {x, params});
}

}  // namespace systole::onnx

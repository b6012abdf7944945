// QLinearConv and its kin: operands with their scales beside them.

#include "sim/onnx/axis.hpp"
#include "sim/onnx/layers.hpp"
#include "sim/onnx/operators.hpp"
#include "sim/onnx/quantization.hpp"

namespace systole::onnx {
namespace {

ConvAttributes conv_attributes(const Node& node) {
  return {window_attributes(node), node.integer("group", 1)};
}

// Quantization of the result at these inputs; its zero point says which type it has.
QuantParams result_params(Graph& graph, const Node& node, std::size_t scale,
                          std::size_t zero_point) {
  const ElementType type =
      node.has(zero_point) ? graph.constant(node, zero_point).type : ElementType::UInt8;
  if (type != ElementType::Int8 && type != ElementType::UInt8) {
    throw NodeError{std::string{"has a result of "} + type_name(type) + ", expected INT8 or UINT8"};
  }
  QuantParams result = graph.params(node, scale, zero_point, type);
  if (!result.per_tensor()) {
    throw NodeError{"has a result with a scale per channel, expected one"};
  }
  return result;
}

// Constant or computed; 0 where there is none.
TensorId zero_point_operand(Graph& graph, const Node& node, std::size_t i, ElementType type) {
  Builder& builder = graph.builder();
  if (!node.has(i)) {
    return builder.zero_point_tensor({0}, type);
  }
  const ValueId id = graph.in(node, i);
  check_zero_point_type(builder.value(id).type, type);
  return builder.file_tensor(id);
}

ElementType expect_integers(Graph& graph, const Node& node, std::size_t i) {
  const ElementType type = graph.in_value(node, i).type;
  if (type != ElementType::Int8 && type != ElementType::UInt8) {
    throw NodeError{std::string{"has an input of "} + type_name(type) + ", expected INT8 or UINT8"};
  }
  return type;
}

// One, or one for each of `count`.
void expect_zero_points(Graph& graph, TensorId id, std::int64_t count) {
  const std::int64_t found = graph.builder().network().tensor(id).elements();
  if (found != 1 && found != count) {
    throw NodeError{"has " + std::to_string(found) + " zero points, expected one, or " +
                    std::to_string(count)};
  }
}

void expect_one_zero_point(Graph& graph, TensorId id) { expect_zero_points(graph, id, 1); }

void expect_first_layout(const Node& node) {
  if (node.integer("channels_last", 0) != 0) {
    throw NodeError{"has channels_last, which is not supported"};
  }
}

}  // namespace

void build_qlinear_conv(Graph& graph, const Node& node) {
  node.expect_inputs(8, 9);
  const ConvAttributes attributes = conv_attributes(node);
  const Operand x = graph.operand(node, 0);
  Operand w = graph.operand(node, 3);
  w.params.axis = 0;
  Bias bias;
  if (node.has(8)) {
    graph.constant(node, 8);
    bias.constant = graph.in_value(node, 8).constant;
  }
  const QuantParams out = result_params(graph, node, 6, 7);
  graph.out(node, 0, conv(graph.builder(), attributes, x, w, bias, out, {}));
}

void build_qlinear_matmul(Graph& graph, const Node& node) {
  node.expect_inputs(8, 8);
  const Operand a = graph.operand(node, 0);
  Operand b = graph.operand(node, 3);
  b.params.axis = 1;
  const QuantParams out = result_params(graph, node, 6, 7);
  graph.out(node, 0, matmul(graph.builder(), {}, a, b, {}, out, {}));
}

void build_qgemm(Graph& graph, const Node& node) {
  node.expect_inputs(6, 9);
  if (node.real("alpha", 1) != 1) {
    throw NodeError{"has an alpha that is not 1, which is not supported"};
  }
  MatMulAttributes attributes;
  attributes.transpose_a = node.integer("transA", 0) != 0;
  attributes.transpose_b = node.integer("transB", 0) != 0;
  const Operand a = graph.operand(node, 0);
  Operand b = graph.operand(node, 3);
  b.params.axis = attributes.transpose_b ? 0 : 1;
  Bias bias;
  if (node.has(6)) {
    const Builder& builder = graph.builder();
    const Shape shape =
        matmul_shape(attributes, builder.value(a.integers).shape, builder.value(b.integers).shape);
    expect_bias(graph.constant(node, 6).shape, shape.back());
    bias.constant = graph.in_value(node, 6).constant;
  }
  if (!node.has(7)) {
    throw NodeError{"has a float result, expected y_scale and y_zero_point"};
  }
  const QuantParams out = result_params(graph, node, 7, 8);
  graph.out(node, 0, matmul(graph.builder(), attributes, a, b, bias, out, {}));
}

void build_qlinear_add(Graph& graph, const Node& node) {
  node.expect_inputs(7, 8);
  const Operand a = graph.operand(node, 0);
  const Operand b = graph.operand(node, 3);
  graph.out(node, 0, sum(graph.builder(), a, b, result_params(graph, node, 6, 7), {}));
}

void build_qlinear_mul(Graph& graph, const Node& node) {
  node.expect_inputs(7, 8);
  const Operand a = graph.operand(node, 0);
  const Operand b = graph.operand(node, 3);
  graph.out(node, 0, product(graph.builder(), a, b, result_params(graph, node, 6, 7), {}));
}

void build_qlinear_concat(Graph& graph, const Node& node) {
  const std::size_t count = node.inputs() < 5 ? 0 : (node.inputs() - 2) / 3;
  if (count == 0 || node.inputs() != 2 + 3 * count) {
    throw NodeError{"has " + std::to_string(node.inputs()) +
                    " inputs, expected two and three for each tensor"};
  }
  node.expect_inputs(node.inputs(), node.inputs());
  const QuantParams out = result_params(graph, node, 0, 1);
  std::vector<Operand> inputs;
  for (std::size_t i = 0; i < count; ++i) {
    inputs.push_back(graph.operand(node, 2 + 3 * i));
  }
  const std::size_t axis =
      axis_below(node.integer("axis", 1), graph.in_value(node, 2).shape.size());
  graph.out(node, 0, concat(graph.builder(), inputs, axis, out, {}));
}

void build_qlinear_average_pool(Graph& graph, const Node& node) {
  node.expect_inputs(4, 5);
  expect_first_layout(node);
  const WindowAttributes window = window_attributes(node);
  const bool counts_padding = node.integer("count_include_pad", 0) != 0;
  const Operand x = graph.operand(node, 0);
  graph.out(node, 0,
            average_pool(graph.builder(), window, counts_padding, x,
                         result_params(graph, node, 3, 4), {}));
}

void build_qlinear_global_average_pool(Graph& graph, const Node& node) {
  node.expect_inputs(5, 5);
  expect_first_layout(node);
  const Operand x = graph.operand(node, 0);
  graph.out(node, 0, global_average_pool(graph.builder(), x, result_params(graph, node, 3, 4), {}));
}

void build_conv_integer(Graph& graph, const Node& node) {
  node.expect_inputs(2, 4);
  Builder& builder = graph.builder();
  const ConvAttributes attributes = conv_attributes(node);
  const ValueId x = graph.in(node, 0);
  const ValueId w = graph.in(node, 1);
  const ElementType x_type = expect_integers(graph, node, 0);
  const ElementType w_type = expect_integers(graph, node, 1);
  const ConvShape shape = conv_shape(attributes, builder.value(x).shape, builder.value(w).shape);
  const std::vector<TensorId> inputs{
      builder.tensor(x, kChannelsLast), builder.tensor(w, kChannelsLast),
      zero_point_operand(graph, node, 2, x_type), zero_point_operand(graph, node, 3, w_type)};
  expect_one_zero_point(graph, inputs[2]);
  expect_zero_points(graph, inputs[3], shape.out[1]);
  graph.out(node, 0,
            builder.add_layer(ConvInteger{shape.placed.window, attributes.groups}, inputs,
                              shape.out, ElementType::Int32, kChannelsLast));
}

void build_matmul_integer(Graph& graph, const Node& node) {
  node.expect_inputs(2, 4);
  Builder& builder = graph.builder();
  const ValueId a = graph.in(node, 0);
  const ValueId b = graph.in(node, 1);
  const ElementType a_type = expect_integers(graph, node, 0);
  const ElementType b_type = expect_integers(graph, node, 1);
  const Shape shape = matmul_shape({}, builder.value(a).shape, builder.value(b).shape);
  const std::vector<TensorId> inputs{builder.file_tensor(a), builder.file_tensor(b),
                                     zero_point_operand(graph, node, 2, a_type),
                                     zero_point_operand(graph, node, 3, b_type)};
  expect_zero_points(graph, inputs[2], shape[shape.size() - 2]);
  expect_zero_points(graph, inputs[3], shape.back());
  graph.out(node, 0,
            builder.add_layer(MatMulInteger{}, inputs, shape, ElementType::Int32,
                              identity(shape.size())));
}

void build_dynamic_quantize_linear(Graph& graph, const Node& node) {
  node.expect_inputs(1, 1);
  Builder& builder = graph.builder();
  const ValueId x = graph.in(node, 0);
  if (builder.value(x).type != ElementType::Float) {
    throw NodeError{std::string{"has an input of "} + type_name(builder.value(x).type) +
                    ", expected FLOAT"};
  }
  const Shape shape = builder.value(x).shape;
  const TensorId from = builder.file_tensor(x);
  const ValueId scale =
      builder.add_layer(DynamicScale{}, {from}, Shape{}, ElementType::Float, Permutation{});
  const TensorId scale_tensor = builder.file_tensor(scale);
  const ValueId zero = builder.add_layer(DynamicZeroPoint{}, {from, scale_tensor}, Shape{},
                                         ElementType::UInt8, Permutation{});
  const ValueId y =
      builder.add_layer(QuantizeLinear{}, {from, scale_tensor, builder.file_tensor(zero)}, shape,
                        ElementType::UInt8, identity(shape.size()));
  graph.out(node, 0, y);
  graph.out(node, 1, scale);
  graph.out(node, 2, zero);
}

}  // namespace systole::onnx

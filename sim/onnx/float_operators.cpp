// Float operators. Between DequantizeLinear and QuantizeLinear each becomes an integer layer; a few
// can be computed in floats, too.

#include <algorithm>
#include <cmath>

#include "sim/onnx/axis.hpp"
#include "sim/onnx/operators.hpp"
#include "sim/onnx/pending.hpp"

namespace systole::onnx {
namespace {

using Kind = FloatArithmetic::Kind;

Pending pending_matmul(Builder& builder, const MatMulAttributes& attributes, const Operand& a,
                       const Operand& b, const Bias& bias) {
  Pending pending;
  pending.quantized = [&builder, attributes, a, b, bias](const QuantParams& out, const Clip& clip) {
    return matmul(builder, attributes, a, b, bias, out, clip);
  };
  if (!bias.constant && builder.value(b.integers).constant) {
    pending.plus = [&builder, attributes, a, b](const Bias& added) {
      return pending_matmul(builder, attributes, a, b, added);
    };
  }
  return pending;
}

// Floats that are one for each element of the last dimension, or one for all.
bool is_bias_for(const Value& value, const Shape& shape) {
  if (!value.constant && !value.dequantized) {
    return false;
  }
  return value.shape.size() <= shape.size() && !shape.empty() && is_bias(value.shape, shape.back());
}

// MatMul, then Add of a constant: a bias.
bool add_bias(Graph& graph, const Node& node, std::size_t product, std::size_t addend) {
  const Value value = graph.in_value(node, product);
  if (!value.pending || !value.pending->plus ||
      !is_bias_for(graph.in_value(node, addend), value.shape)) {
    return false;
  }
  define_pending(graph, node, value.pending->plus(bias_operand(graph, node, addend)), value.shape,
                 value.depth);
  return true;
}

// The value's one constant float.
std::optional<float> scalar(const Value& value) {
  if (!value.constant || value.type != ElementType::Float || value.constant->values.size() != 1) {
    return std::nullopt;
  }
  return floats_of(*value.constant).front();
}

float combined(Kind kind, float a, float b) {
  return kind == Kind::Add        ? a + b
         : kind == Kind::Subtract ? a - b
         : kind == Kind::Multiply ? a * b
                                  : a / b;
}

// Both operands are functions of the same integers, or one of them is a number: another function.
std::optional<Unary> combined_unary(Graph& graph, Kind kind, ValueId first, ValueId second) {
  const std::optional<float> a = scalar(graph.builder().value(first));
  const std::optional<float> b = scalar(graph.builder().value(second));
  std::optional<Unary> f = find_unary(graph, first);
  const std::optional<Unary> g = find_unary(graph, second);
  if (f && b) {
    return mapped(*f, [&](float x) { return combined(kind, x, *b); });
  }
  if (a && g) {
    return mapped(*g, [&](float x) { return combined(kind, *a, x); });
  }
  if (!f || !g || f->x.integers != g->x.integers || !(f->x.params == g->x.params)) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < f->reals.size(); ++i) {
    f->reals[i] = combined(kind, f->reals[i], g->reals[i]);
  }
  return f;
}

// A number beside it may have more dimensions, all of 1.
bool keeps_shape(const Graph& graph, const Unary& unary, const Shape& shape) {
  return graph.builder().value(unary.x.integers).shape == shape;
}

Kind kind_of(const std::string& op) {
  return op == "Add"   ? Kind::Add
         : op == "Sub" ? Kind::Subtract
         : op == "Mul" ? Kind::Multiply
                       : Kind::Divide;
}

// Limits as attributes (opset 10) or inputs.
float limit(Graph& graph, const Node& node, const char* attribute, std::size_t input,
            float fallback) {
  float value = fallback;
  if (node.opset() < 11) {
    value = node.real(attribute, fallback);
  } else if (node.has(input)) {
    const std::vector<float> values = floats_of(graph.constant(node, input));
    if (values.size() != 1) {
      throw NodeError{"has " + std::to_string(values.size()) + " limits, expected one"};
    }
    value = values[0];
  }
  if (std::isnan(value)) {
    throw NodeError{"has a limit of NaN, expected a number"};
  }
  return value;
}

}  // namespace

void build_conv(Graph& graph, const Node& node) {
  node.expect_inputs(2, 3);
  const ConvAttributes attributes{window_attributes(node), node.integer("group", 1)};
  const Operand x = quantized_operand(graph, node, 0);
  const Operand w = quantized_operand(graph, node, 1);
  const Bias bias = bias_operand(graph, node, 2);
  Builder& builder = graph.builder();
  const ConvShape shape =
      conv_shape(attributes, builder.value(x.integers).shape, builder.value(w.integers).shape);
  Pending pending;
  pending.quantized = [&builder, attributes, x, w, bias](const QuantParams& out, const Clip& clip) {
    return conv(builder, attributes, x, w, bias, out, clip);
  };
  define_pending(graph, node, std::move(pending), shape.out, graph.in_value(node, 0).depth);
}

void build_matmul(Graph& graph, const Node& node) {
  node.expect_inputs(2, 2);
  const Operand a = quantized_operand(graph, node, 0);
  const Operand b = quantized_operand(graph, node, 1);
  Builder& builder = graph.builder();
  const Shape shape =
      matmul_shape({}, builder.value(a.integers).shape, builder.value(b.integers).shape);
  define_pending(graph, node, pending_matmul(builder, {}, a, b, {}), shape,
                 graph.in_value(node, 0).depth);
}

void build_gemm(Graph& graph, const Node& node) {
  node.expect_inputs(2, 3);
  MatMulAttributes attributes;
  attributes.transpose_a = node.integer("transA", 0) != 0;
  attributes.transpose_b = node.integer("transB", 0) != 0;
  if (node.real("alpha", 1) != 1 || (node.real("beta", 1) != 1 && node.has(2))) {
    throw NodeError{"has an alpha or beta that is not 1, which is not supported"};
  }
  const Operand a = quantized_operand(graph, node, 0);
  const Operand b = quantized_operand(graph, node, 1);
  const Bias bias = bias_operand(graph, node, 2);
  Builder& builder = graph.builder();
  const Shape shape =
      matmul_shape(attributes, builder.value(a.integers).shape, builder.value(b.integers).shape);
  if (bias.constant) {
    expect_bias(bias.constant->shape, shape.back());
  }
  define_pending(graph, node, pending_matmul(builder, attributes, a, b, bias), shape,
                 graph.in_value(node, 0).depth);
}

void build_arithmetic(Graph& graph, const Node& node) {
  node.expect_inputs(2, 2);
  const Kind kind = kind_of(node.op());
  if (kind == Kind::Add && (add_bias(graph, node, 0, 1) || add_bias(graph, node, 1, 0))) {
    return;
  }
  Builder& builder = graph.builder();
  const ValueId first = graph.in(node, 0);
  const ValueId second = graph.in(node, 1);
  const Shape shape = broadcast_shape(builder.value(first).shape, builder.value(second).shape);
  const std::optional<Operand> a = find_quantized(graph, first);
  const std::optional<Operand> b = find_quantized(graph, second);
  const std::function<ValueId()> real = [&builder, kind, first, second, shape] {
    return builder.add_layer(FloatArithmetic{kind},
                             {builder.file_tensor(first), builder.file_tensor(second)}, shape,
                             ElementType::Float, identity(shape.size()));
  };
  const int depth = std::max(builder.value(first).depth, builder.value(second).depth);
  const auto unary = combined_unary(graph, kind, first, second);
  if (unary && keeps_shape(graph, *unary, shape)) {
    define_pending(graph, node, pending_unary(builder, *unary, real), shape, depth);
    return;
  }
  if (!a || !b || (kind != Kind::Add && kind != Kind::Multiply)) {
    define_float_layer(graph, node, FloatArithmetic{kind}, {first, second}, shape);
    return;
  }
  Pending pending;
  pending.quantized = [&builder, kind, x = *a, y = *b](const QuantParams& out, const Clip& clip) {
    return kind == Kind::Add ? sum(builder, x, y, out, clip) : product(builder, x, y, out, clip);
  };
  pending.real = real;
  define_pending(graph, node, std::move(pending), shape, depth);
}

void build_clip(Graph& graph, const Node& node) {
  Clip clip;
  if (node.op() == "Relu") {
    node.expect_inputs(1, 1);
    clip.low = 0;
  } else {
    node.expect_inputs(1, 3);
    clip.low = limit(graph, node, "min", 1, clip.low);
    clip.high = limit(graph, node, "max", 2, clip.high);
    if (clip.low > clip.high) {
      throw NodeError{"has a min above its max, expected the lower limit first"};
    }
  }
  Builder& builder = graph.builder();
  const ValueId x = graph.in(node, 0);
  const Value value = builder.value(x);
  const std::optional<Operand> operand = find_quantized(graph, x);
  const FloatClip on_floats{clip.low, clip.high};
  if (!operand && (!value.pending || !value.pending->quantized)) {
    define_float_layer(graph, node, on_floats, {x}, value.shape);
    return;
  }
  Pending pending;
  pending.quantized = [&builder, operand, inner = value.pending, clip](const QuantParams& out,
                                                                       const Clip& after) {
    return operand ? requantized(builder, *operand, out, composed(clip, after))
                   : inner->quantized(out, composed(clip, after));
  };
  if (operand || value.pending->real) {
    pending.real = [&builder, x, on_floats, shape = value.shape] {
      return builder.add_layer(on_floats, {builder.file_tensor(x)}, shape, ElementType::Float,
                               identity(shape.size()));
    };
  }
  if (std::optional<Unary> unary = find_unary(graph, x)) {
    pending.unary = mapped(*std::move(unary), [&](float real) {
      return std::min(std::max(real, clip.low), clip.high);
    });
  }
  define_pending(graph, node, std::move(pending), value.shape, value.depth);
}

void build_average_pool(Graph& graph, const Node& node) {
  node.expect_inputs(1, 1);
  const WindowAttributes window = window_attributes(node);
  const bool counts_padding = node.integer("count_include_pad", 0) != 0;
  const Operand x = quantized_operand(graph, node, 0);
  Builder& builder = graph.builder();
  Pending pending;
  pending.quantized = [&builder, window, counts_padding, x](const QuantParams& out,
                                                            const Clip& clip) {
    return average_pool(builder, window, counts_padding, x, out, clip);
  };
  define_pending(graph, node, std::move(pending),
                 pool_shape(window, builder.value(x.integers).shape),
                 graph.in_value(node, 0).depth);
}

void build_global_average_pool(Graph& graph, const Node& node) {
  node.expect_inputs(1, 1);
  const Operand x = quantized_operand(graph, node, 0);
  Builder& builder = graph.builder();
  const Shape& in = builder.value(x.integers).shape;
  if (in.size() != 4) {
    throw NodeError{"has an input of " + shape_text(in) + ", expected 4 dimensions: N, C, H, W"};
  }
  Pending pending;
  pending.quantized = [&builder, x](const QuantParams& out, const Clip& clip) {
    return global_average_pool(builder, x, out, clip);
  };
  define_pending(graph, node, std::move(pending), {in[0], in[1], 1, 1},
                 graph.in_value(node, 0).depth);
}

void build_softmax(Graph& graph, const Node& node) {
  constexpr std::int64_t kPerAxis = 13;  // before, all axes from this one on were one
  node.expect_inputs(1, 1);
  const ValueId x = graph.in(node, 0);
  const Shape shape = graph.builder().value(x).shape;
  const bool flattens = node.opset() < kPerAxis;
  const std::size_t axis = axis_below(node.integer("axis", flattens ? 1 : -1), shape.size());
  if (flattens && axis + 1 != shape.size()) {
    throw NodeError{"is over several axes (opset 12 and before), which is not supported"};
  }
  define_float_layer(graph, node, FloatSoftmax{axis}, {x}, shape);
}

}  // namespace systole::onnx

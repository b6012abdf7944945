// Convolutions and matrix products.

#include <algorithm>

#include "sim/onnx/layers.hpp"
#include "sim/onnx/quantization.hpp"
#include "sim/onnx/weights.hpp"

namespace systole::onnx {
namespace {

const Permutation kTransposed{1, 0};

// x [N, C*H*W] that is an image [N,C,H,W] laid flat and exists as [N,H,W,C] only: the weights'
// columns can change their order instead.
std::optional<ValueId> flattened_image(const Builder& builder, ValueId x) {
  const Value& value = builder.value(x);
  if (!value.moved || !value.transposition.empty() || !value.layouts.empty() ||
      value.shape.size() != 2) {
    return std::nullopt;
  }
  const Value& image = builder.value(*value.moved);
  const bool turned =
      image.shape.size() == 4 && builder.present_layout(*value.moved) == kChannelsLast;
  return turned && image.shape[0] == value.shape[0] ? value.moved : std::nullopt;
}

Constant columns_channels_last(const Constant& weight, const Shape& image) {
  Constant columns = weight;
  columns.shape = {weight.shape[0], image[1], image[2], image[3]};
  columns = permuted(columns, kChannelsLast);
  columns.shape = weight.shape;
  return columns;
}

// x [..., K] times constant weights, from [K,N] or [N,K].
ValueId fully_connected(Builder& builder, bool weights_are_nk, const Operand& x, const Operand& w,
                        const Bias& bias, const QuantParams& out, const Clip& clip) {
  const Shape shape = matmul_shape({false, weights_are_nk}, builder.value(x.integers).shape,
                                   builder.value(w.integers).shape);
  FullyConnected op;
  const std::vector<float> acc_scale = product_scale(x.params, w.params);
  op.requant = requantizer(acc_scale, out, clip);
  op.has_bias = bias.constant != nullptr;
  Weights weights = weights_of(builder, w, weights_are_nk ? 0 : 1);
  if (!weights_are_nk) {
    weights.constant = permuted(weights.constant, kTransposed);
  }
  std::vector<TensorId> inputs;
  if (const std::optional<ValueId> image = flattened_image(builder, x.integers)) {
    const Shape& image_shape = builder.value(*image).shape;
    weights.constant = columns_channels_last(weights.constant, image_shape);
    const Shape flat = builder.value(x.integers).shape;
    inputs.push_back(builder.under_shape(builder.tensor({*image, x.params}, kChannelsLast), flat));
  } else {
    inputs.push_back(builder.tensor(x, identity(builder.value(x.integers).shape.size())));
  }
  inputs.push_back(weight_tensor(builder, weights, w));
  if (op.has_bias) {
    inputs.push_back(bias_tensor(builder, bias, acc_scale, shape.back()));
  }
  return builder.add_layer(op, inputs, shape, out, identity(shape.size()));
}

}  // namespace

ConvShape conv_shape(const ConvAttributes& attributes, const Shape& x, const Shape& w) {
  if (x.size() != 4 || w.size() != 4) {
    throw NodeError{"has operands of " + shape_text(x) + " and " + shape_text(w) +
                    ", expected 4 dimensions each"};
  }
  const std::int64_t groups = attributes.groups;
  if (groups < 1 || w[0] % groups != 0 || x[1] % groups != 0 || x[1] / groups != w[1]) {
    throw NodeError{"has operands of " + shape_text(x) + " and " + shape_text(w) + " with " +
                    std::to_string(groups) + " groups, which do not fit together"};
  }
  expect_kernel(attributes.window, w[2], w[3]);
  ConvShape result;
  result.placed = place_window(attributes.window, x, w[2], w[3]);
  result.out = {x[0], w[0], result.placed.out_h, result.placed.out_w};
  checked_elements(result.out);
  return result;
}

ValueId conv(Builder& builder, const ConvAttributes& attributes, const Operand& x, const Operand& w,
             const Bias& bias, const QuantParams& out, const Clip& clip) {
  const ConvShape shape =
      conv_shape(attributes, builder.value(x.integers).shape, builder.value(w.integers).shape);
  Conv2d op;
  op.window = shape.placed.window;
  op.groups = attributes.groups;
  op.has_bias = bias.constant != nullptr;
  const std::vector<float> acc_scale = product_scale(x.params, w.params);
  op.requant = requantizer(acc_scale, out, clip);
  Weights weights = weights_of(builder, w, 0);
  weights.constant = permuted(weights.constant, kChannelsLast);
  std::vector<TensorId> inputs{builder.tensor(x, kChannelsLast),
                               weight_tensor(builder, weights, w)};
  if (op.has_bias) {
    inputs.push_back(bias_tensor(builder, bias, acc_scale, shape.out[1]));
  }
  return builder.add_layer(op, inputs, shape.out, out, kChannelsLast);
}

Shape matmul_shape(const MatMulAttributes& attributes, const Shape& a, const Shape& b) {
  if (a.size() < 2 || b.size() < 2) {
    throw NodeError{"has operands of " + shape_text(a) + " and " + shape_text(b) +
                    ", expected 2 dimensions or more"};
  }
  const auto rows_of = [](const Shape& shape, bool transposed) {
    return shape[shape.size() - (transposed ? 1 : 2)];
  };
  if (rows_of(a, !attributes.transpose_a) != rows_of(b, attributes.transpose_b)) {
    throw NodeError{"has operands of " + shape_text(a) + " and " + shape_text(b) +
                    ", which do not fit together"};
  }
  Shape result = broadcast_shape({a.begin(), a.end() - 2}, {b.begin(), b.end() - 2});
  result.push_back(rows_of(a, attributes.transpose_a));
  result.push_back(rows_of(b, !attributes.transpose_b));
  checked_elements(result);
  return result;
}

ValueId matmul(Builder& builder, const MatMulAttributes& attributes, const Operand& a,
               const Operand& b, const Bias& bias, const QuantParams& out, const Clip& clip) {
  const Value& second = builder.value(b.integers);
  const bool turns = attributes.transpose_a;
  if (second.constant && second.shape.size() == 2 &&
      (!turns || builder.value(a.integers).shape.size() == 2)) {
    const Operand rows{turns ? builder.transposed(a.integers, kTransposed) : a.integers, a.params};
    return fully_connected(builder, attributes.transpose_b, rows, b, bias, out, clip);
  }
  if (bias.constant) {
    throw NodeError{"has a bias beside weights that are computed, expected constants"};
  }
  const Shape first_shape = builder.value(a.integers).shape;
  const Shape second_shape = second.shape;
  const Shape shape = matmul_shape(attributes, first_shape, second_shape);
  const Requantizer requant = requantizer(product_scale(a.params, b.params), out, clip);
  const std::vector<TensorId> inputs{builder.tensor(a, identity(first_shape.size())),
                                     builder.tensor(b, identity(second_shape.size()))};
  // The array multiplies computed matrices; column sums of b take a's zero point off, nothing b's.
  const bool plain = shape.size() == 2 && first_shape.size() == 2 && second_shape.size() == 2 &&
                     !attributes.transpose_a && !attributes.transpose_b &&
                     b.params.zero_point[0] == 0 && a.params.type == ElementType::Int8 &&
                     b.params.type == ElementType::Int8;
  if (plain) {
    return builder.add_layer(MatMul{requant}, inputs, shape, out, identity(2));
  }
  return builder.add_layer(BatchMatMul{attributes.transpose_a, attributes.transpose_b, requant},
                           inputs, shape, out, identity(shape.size()));
}

}  // namespace systole::onnx

// Sums, products, concatenation and requantization.

#include <algorithm>

#include "sim/onnx/layers.hpp"
#include "sim/onnx/quantization.hpp"

namespace systole::onnx {
namespace {

Shape with_rank(const Shape& shape, std::size_t rank) {
  Shape result(rank - std::min(rank, shape.size()), 1);
  result.insert(result.end(), shape.begin(), shape.end());
  return result;
}

bool is_channels_last(const Builder& builder, ValueId id) {
  return !builder.value(id).constant && builder.present_layout(id) == kChannelsLast;
}

bool limits(const Clip& clip, const QuantParams& out) {
  const ElementFormat format = format_of(out.type);
  return quantized(clip.low, out.scale[0], out.zero_point[0], format) != format.min() ||
         quantized(clip.high, out.scale[0], out.zero_point[0], format) != format.max();
}

}  // namespace

Shape broadcast_shape(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  const Shape left = with_rank(a, rank);
  const Shape right = with_rank(b, rank);
  Shape result;
  for (std::size_t i = 0; i < rank; ++i) {
    if (left[i] != right[i] && left[i] != 1 && right[i] != 1) {
      throw NodeError{"has operands of " + shape_text(a) + " and " + shape_text(b) +
                      ", which do not fit together"};
    }
    result.push_back(std::max(left[i], right[i]));
  }
  checked_elements(result);
  return result;
}

Aligned align(Builder& builder, ValueId a, ValueId b) {
  const std::size_t rank = std::max(builder.value(a).shape.size(), builder.value(b).shape.size());
  const auto extended = [&](ValueId id) {
    const Shape shape = builder.value(id).shape;
    return shape.size() == rank ? id : builder.reshaped(id, with_rank(shape, rank));
  };
  Aligned result{extended(a), extended(b), identity(rank)};
  if (rank == 4 && (is_channels_last(builder, result.a) || is_channels_last(builder, result.b))) {
    result.layout = kChannelsLast;
  }
  return result;
}

// Operands in steps of the result, added, rounded once: binary32, as onnxruntime has it.
ValueId sum(Builder& builder, const Operand& a, const Operand& b, const QuantParams& out,
            const Clip& clip) {
  const Shape shape =
      broadcast_shape(builder.value(a.integers).shape, builder.value(b.integers).shape);
  const Aligned both = align(builder, a.integers, b.integers);
  const Operand first{both.a, a.params};
  const Operand second{both.b, b.params};
  Add op;
  op.input_zero_point = {a.params.zero_point[0], b.params.zero_point[0]};
  op.input_scale = {requantizer(a.params.scale, out, clip).scale.at(0),
                    requantizer(b.params.scale, out, clip).scale.at(0)};
  op.output = requantizer(out.scale, out, clip);
  return builder.add_layer(
      op, {builder.tensor(first, both.layout), builder.tensor(second, both.layout)}, shape, out,
      both.layout);
}

ValueId product(Builder& builder, const Operand& a, const Operand& b, const QuantParams& out,
                const Clip& clip) {
  const Shape shape =
      broadcast_shape(builder.value(a.integers).shape, builder.value(b.integers).shape);
  const Aligned both = align(builder, a.integers, b.integers);
  Mul op;
  op.output = requantizer(product_scale(a.params, b.params), out, clip);
  const TensorId first = builder.tensor({both.a, a.params}, both.layout);
  const TensorId second = builder.tensor({both.b, b.params}, both.layout);
  return builder.add_layer(op, {first, second}, shape, out, both.layout);
}

Shape concat_shape(const std::vector<Shape>& shapes, std::size_t axis) {
  Shape result = shapes.at(0);
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    Shape expected = result;
    expected[axis] = shapes[i].size() == result.size() ? shapes[i][axis] : 0;
    if (shapes[i] != expected) {
      throw NodeError{"has inputs of " + shape_text(result) + " and " + shape_text(shapes[i]) +
                      ", which do not fit together"};
    }
    result[axis] += shapes[i][axis];
  }
  checked_elements(result);
  return result;
}

ValueId concat(Builder& builder, const std::vector<Operand>& inputs, std::size_t axis,
               const QuantParams& out, const Clip& clip) {
  std::vector<Shape> shapes;
  bool channels_last = false;
  for (const Operand& input : inputs) {
    shapes.push_back(builder.value(input.integers).shape);
    channels_last = channels_last || is_channels_last(builder, input.integers);
  }
  const Shape shape = concat_shape(shapes, axis);
  const Permutation layout =
      channels_last && shape.size() == 4 ? kChannelsLast : identity(shape.size());
  std::vector<TensorId> tensors;
  for (const Operand& input : inputs) {
    const ValueId same = requantized(builder, input, out, clip);
    tensors.push_back(builder.tensor(Operand{same, out}, layout));
  }
  const auto at = std::find(layout.begin(), layout.end(), axis) - layout.begin();
  return builder.add_layer(Concat{static_cast<std::size_t>(at)}, tensors, shape, out, layout);
}

ValueId requantized(Builder& builder, const Operand& x, const QuantParams& out, const Clip& clip) {
  if (x.params == out && !limits(clip, out)) {
    return x.integers;
  }
  Requantize op;
  op.requant = requantizer(x.params.scale, out, clip);
  const Permutation layout = builder.present_layout(x.integers);
  const TensorId from = builder.tensor(x, layout);
  return builder.add_layer(op, {from}, builder.value(x.integers).shape, out, layout);
}

}  // namespace systole::onnx

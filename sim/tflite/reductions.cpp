// Operators that make one element of all those along some axes.

#include "sim/network/tflite_multipliers.hpp"
#include "sim/tflite/operators.hpp"
#include "sim/tflite/quantization.hpp"
#include "sim/tflite/windows.hpp"

namespace systole::tflite {
namespace {

struct ReducedAxes {
  std::vector<std::size_t> axes;  // ascending
  std::int64_t count = 1;         // elements that become one
};

// Input 1 names the axes, some perhaps twice; an empty list leaves the tensor as it is.
ReducedAxes reduced_axes(const Node& node) {
  const Shape& shape = node.in(0).shape;
  std::vector<bool> reduced(shape.size(), false);
  for (const std::int64_t axis : node.integers(1)) {
    reduced[axis_of(axis, shape)] = true;
  }
  const auto* options = node.options<file::ReducerOptions>();
  const bool keep_dims = options != nullptr && options->keep_dims();
  ReducedAxes result;
  Shape expected;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (reduced[axis]) {
      result.axes.push_back(axis);
      result.count *= shape[axis];
    }
    if (!reduced[axis] || keep_dims) {
      expected.push_back(reduced[axis] ? 1 : shape[axis]);
    }
  }
  expect_output_shape(node, expected);
  return result;
}

}  // namespace

LayerOp build_mean(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_same_quantized_type(1);
  const ReducedAxes reduced = reduced_axes(node);
  const QuantizedMultiplier sum = multiplier_of(scale_ratio(node.in(0), node.out()));
  const QuantizedMultiplier q = tflite_multipliers::of_mean(sum, reduced.count);
  node.feed(0);
  return Mean{reduced.axes, requantizer_of(node.out(), file::Activation::NONE, q)};
}

LayerOp build_sum(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_same_quantized_type(1);
  const ReducedAxes reduced = reduced_axes(node);
  const QuantizedMultiplier q = multiplier_of(scale_ratio(node.in(0), node.out()));
  node.feed(0);
  return Mean{reduced.axes, requantizer_of(node.out(), file::Activation::NONE, q),
              /*is_sum=*/true};
}

LayerOp build_reduce_extremum(Node& node, bool largest) {
  node.expect_inputs(2, 2);
  node.expect_same_quantized_type(1);
  node.expect_same_numbers(0);
  const ReducedAxes reduced = reduced_axes(node);
  node.feed(0);
  return ReduceExtremum{reduced.axes, largest};
}

LayerOp build_arg_extremum(Node& node, bool largest) {
  node.expect_inputs(2, 2);
  node.expect_quantized(0);
  const std::size_t axis = axis_of(only_integer(node, 1), node.in(0).shape);
  Shape expected = node.in(0).shape;
  expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(axis));
  expect_output_shape(node, expected);
  node.expect_integer_output();
  node.feed(0);
  return ArgExtremum{axis, largest};
}

}  // namespace systole::tflite

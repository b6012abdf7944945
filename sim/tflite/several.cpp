// Operators that become several layers, and integers that are known before the network runs.

#include <algorithm>
#include <optional>

#include "sim/tflite/operators.hpp"
#include "sim/tflite/windows.hpp"

namespace systole::tflite {
namespace {

void expect_shape(const Node& node, std::size_t output, const Shape& expected) {
  if (node.out(output).shape != expected) {
    throw NodeError{"has an output of " + shape_text(node.out(output).shape) +
                    ", its operator gives " + shape_text(expected)};
  }
}

/// A slice of the input for each output: `sizes` elements of `axis`, one behind the other.
std::vector<Layer> slices(Node& node, std::size_t input, std::size_t axis,
                          const std::vector<std::int64_t>& sizes, bool drop_axis) {
  const Shape& shape = node.in(input).shape;
  std::vector<Layer> layers;
  StridedSlice slice;
  slice.begin.assign(shape.size(), 0);
  slice.stride.assign(shape.size(), 1);
  slice.count = shape;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 1 || sizes[i] > shape[axis] - slice.begin[axis]) {
      throw NodeError{"takes " + std::to_string(sizes[i]) + " from " +
                      std::to_string(slice.begin[axis]) + " on of " + shape_text(shape)};
    }
    node.expect_same_numbers(input, i);
    slice.count[axis] = sizes[i];
    Shape expected = slice.count;
    if (drop_axis) {
      expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(axis));
    }
    expect_shape(node, i, expected);
    node.feed(input);
    layers.push_back({"", slice, node.take_operands(), node.output_id(i), {}});
    slice.begin[axis] += sizes[i];
  }
  return layers;
}

std::vector<Layer> build_split(Node& node) {
  node.expect_ends(2, 2, kManyTensors);
  const std::size_t axis = axis_of(only_integer(node, 0), node.in(1).shape);
  const auto parts = static_cast<std::int64_t>(node.outputs());
  if (node.in(1).shape[axis] % parts != 0) {
    throw NodeError{"cuts " + std::to_string(node.in(1).shape[axis]) + " elements of axis " +
                    std::to_string(axis) + " of " + shape_text(node.in(1).shape) + " into " +
                    std::to_string(parts) + " parts, expected equal ones"};
  }
  return slices(node, 1, axis,
                std::vector<std::int64_t>(node.outputs(), node.in(1).shape[axis] / parts), false);
}

std::vector<Layer> build_split_v(Node& node) {
  node.expect_ends(3, 3, kManyTensors);
  const std::size_t axis = axis_of(only_integer(node, 2), node.in(0).shape);
  std::vector<std::int64_t> sizes = node.integers(1);
  if (sizes.size() != node.outputs()) {
    throw NodeError{"has " + std::to_string(sizes.size()) + " sizes for " +
                    std::to_string(node.outputs()) + " outputs"};
  }
  std::int64_t known = 0;
  for (const std::int64_t size : sizes) {
    known += size < 0 ? 0 : size;
  }
  for (std::int64_t& size : sizes) {  // what is left, where the size is -1
    size = size < 0 ? node.in(0).shape[axis] - known : size;
  }
  return slices(node, 0, axis, sizes, false);
}

std::vector<Layer> build_unpack(Node& node) {
  node.expect_ends(1, 1, kManyTensors);
  const auto& options = node.required_options<file::UnpackOptions>();
  const std::size_t axis = axis_of(options.axis(), node.in(0).shape);
  if (node.in(0).shape[axis] != static_cast<std::int64_t>(node.outputs())) {
    throw NodeError{"takes axis " + std::to_string(axis) + " of " + shape_text(node.in(0).shape) +
                    " apart into " + std::to_string(node.outputs()) + " outputs, expected " +
                    std::to_string(node.in(0).shape[axis])};
  }
  return slices(node, 0, axis, std::vector<std::int64_t>(node.outputs(), 1), true);
}

/// Each input gets an axis of size 1, which a concatenation then fills.
std::vector<Layer> build_pack(Node& node) {
  node.expect_ends(node.inputs(), kManyTensors, 1);
  const Shape out = node.out().shape;  // tensors are added below
  const std::size_t axis = axis_of(node.required_options<file::PackOptions>().axis(), out);
  if (out[axis] != static_cast<std::int64_t>(node.inputs())) {
    throw NodeError{"packs " + std::to_string(node.inputs()) + " inputs into " + shape_text(out) +
                    ", expected " + std::to_string(out[axis])};
  }
  Shape part = out;
  part[axis] = 1;
  Shape without = out;
  without.erase(without.begin() + static_cast<std::ptrdiff_t>(axis));
  std::vector<Layer> layers;
  Layer concat;
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    node.expect_same_numbers(i);
    if (node.in(i).shape != without) {
      throw NodeError{"packs " + shape_text(node.in(i).shape) + " into " + shape_text(out) +
                      ", expected " + shape_text(without)};
    }
    if (node.is_constant(i)) {
      throw NodeError{"packs a constant, which is not supported"};
    }
    node.feed(i);
    const TensorId turned = node.add_tensor(i, part);
    layers.push_back({"", Reshape{}, node.take_operands(), turned, {}});
    concat.inputs.push_back(turned);
  }
  concat.op = Concat{axis};
  concat.output = node.output_id();
  layers.push_back(std::move(concat));
  return layers;
}

bool has_numbers_of(const Tensor& a, const Tensor& b) {
  return a.scale == b.scale && a.zero_point == b.zero_point;
}

/// One axis of a slice of a list of integers.
std::vector<std::int64_t> sliced(const Node& node) {
  const auto& options = node.required_options<file::StridedSliceOptions>();
  const std::vector<std::int64_t> values = node.integers(0);
  const auto size = static_cast<std::int64_t>(values.size());
  const std::int64_t begin = only_integer(node, 1);
  const std::int64_t end = only_integer(node, 2);
  const std::int64_t stride = only_integer(node, 3);
  if (node.in(0).shape.size() != 1 || stride != 1) {
    throw NodeError{"slices integers other than one after the other"};
  }
  const auto place = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  const std::int64_t first = (options.begin_mask() & 1) != 0 ? 0 : place(begin);
  const bool single = (options.shrink_axis_mask() & 1) != 0;
  const std::int64_t last = single ? first + 1 : (options.end_mask() & 1) != 0 ? size : place(end);
  if (first >= last || last > size) {
    throw NodeError{"slices nothing"};
  }
  return {values.begin() + first, values.begin() + last};
}

}  // namespace

// Inputs of uint8 may have other numbers than the output: tables bring them to those.
std::vector<Layer> build_concatenation(Node& node) {
  node.expect_inputs(node.inputs(), kManyTensors);
  const auto& options = node.required_options<file::ConcatenationOptions>();
  if (options.activation() != file::Activation::NONE) {
    throw NodeError{"has a fused activation, which the kernels do not take"};
  }
  const Shape out = node.out().shape;  // tensors are added below
  const std::size_t axis = axis_of(options.axis(), out);
  std::vector<Layer> layers;
  Layer concat;
  concat.op = Concat{axis};
  concat.output = node.output_id();
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    Shape expected = out;
    const Shape shape = node.in(i).shape;
    if (shape.size() == out.size()) {
      expected[axis] = shape[axis];
      sum += shape[axis];
    }
    if (shape != expected) {
      throw NodeError{"puts " + shape_text(shape) + " into " + shape_text(out)};
    }
    const bool is_uint8 =
        node.in_type(i) == file::TensorType::UINT8 && node.out_type() == file::TensorType::UINT8;
    node.feed(i);
    if (!is_uint8 || has_numbers_of(node.in(i), node.out())) {
      node.expect_same_numbers(i);
      concat.inputs.push_back(node.take_operands().front());
      continue;
    }
    node.expect_quantized(i);
    node.expect_quantized_output();
    Lookup table = concatenation_table(node.in(i), node.out());
    const TensorId same = node.add_output_like(shape);
    layers.push_back({"", std::move(table), node.take_operands(), same, {}});
    concat.inputs.push_back(same);
  }
  if (sum != out[axis]) {
    throw NodeError{"has inputs that do not fill its output of " + shape_text(out)};
  }
  layers.push_back(std::move(concat));
  return layers;
}

std::optional<std::vector<std::int64_t>> known_integers(std::int32_t code, const Node& node) {
  using Code = file::BuiltinOperator;
  const auto op = static_cast<Code>(code);
  if (op == Code::SHAPE) {
    node.expect_inputs(1, 1);
    return node.in(0).shape;
  }
  const bool folds = op == Code::STRIDED_SLICE || op == Code::PACK || op == Code::CONCATENATION;
  if (!folds || node.outputs() != 1 || node.out_type() != file::TensorType::INT32) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    if (!node.has(i) || !node.is_constant(i)) {
      return std::nullopt;
    }
  }
  if (op == Code::STRIDED_SLICE) {
    node.expect_inputs(4, 4);
    return sliced(node);
  }
  std::vector<std::int64_t> all;
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    const std::vector<std::int64_t> part = node.integers(i);
    if (node.in(i).shape.size() > 1) {
      return std::nullopt;
    }
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<Layer> build_layers(std::int32_t code, Node& node) {
  using Code = file::BuiltinOperator;
  switch (static_cast<Code>(code)) {
    case Code::CONCATENATION:
      return build_concatenation(node);
    case Code::SPLIT:
      return build_split(node);
    case Code::SPLIT_V:
      return build_split_v(node);
    case Code::UNPACK:
      return build_unpack(node);
    case Code::PACK:
      return build_pack(node);
    case Code::SPACE_TO_DEPTH:
      return build_space_to_depth(node);
    case Code::DEPTH_TO_SPACE:
      return build_depth_to_space(node);
    case Code::SPACE_TO_BATCH_ND:
      return build_space_to_batch(node);
    case Code::BATCH_TO_SPACE_ND:
      return build_batch_to_space(node);
    case Code::GATHER:
      return build_gather(node);
    case Code::MIRROR_PAD:
      return build_mirror_pad(node);
    case Code::TILE:
      return build_tile(node);
    case Code::BROADCAST_TO:
      return build_broadcast_to(node);
    case Code::REVERSE_V2:
      return build_reverse(node);
    default:
      break;
  }
  Layer layer;
  layer.op = build_operator(code, node);
  layer.output = node.output_id();
  layer.inputs = node.take_operands();
  return {layer};
}

}  // namespace systole::tflite

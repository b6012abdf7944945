// Operators that only move elements and become several layers, one behind the other.

#include <algorithm>
#include <numeric>

#include "sim/tflite/operators.hpp"
#include "sim/tflite/windows.hpp"

namespace systole::tflite {
namespace {

constexpr std::int64_t kMostIndices = std::int64_t{1} << 20;  // of a Gather

/// Layers from an input of the node to its output; each has the shape that it gives.
class Chain {
 public:
  explicit Chain(Node& node) : node_{node}, shape_{node.in(0).shape} {
    node.expect_same_numbers(0);
  }

  const Shape& shape() const { return shape_; }

  void add(LayerOp op, Shape shape) {
    shape_ = shape;
    steps_.push_back({std::move(op), std::move(shape)});
  }
  void reshape(Shape shape) {
    if (shape != shape_) {
      add(Reshape{}, std::move(shape));
    }
  }
  void transpose(const std::vector<std::size_t>& permutation) {
    Shape shape;
    for (const std::size_t axis : permutation) {
      shape.push_back(shape_[axis]);
    }
    add(Transpose{permutation}, std::move(shape));
  }
  void gather(std::size_t axis, std::vector<std::int64_t> indices) {
    Shape shape = shape_;
    node_.charge(2 * indices.size());
    shape[axis] = static_cast<std::int64_t>(indices.size());
    add(Gather{axis, std::move(indices)}, std::move(shape));
  }

  std::vector<Layer> layers() {
    if (steps_.empty()) {
      add(Reshape{}, shape_);
    }
    expect_output_shape(node_, shape_);
    std::vector<Layer> layers;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      Layer layer;
      layer.op = std::move(steps_[i].op);
      if (i == 0) {
        node_.feed(0);
        layer.inputs = node_.take_operands();
      } else {
        layer.inputs = {layers.back().output};
      }
      layer.output =
          i + 1 == steps_.size() ? node_.output_id() : node_.add_tensor(0, steps_[i].shape);
      layers.push_back(std::move(layer));
    }
    return layers;
  }

 private:
  struct Step {
    LayerOp op;
    Shape shape;
  };

  Node& node_;
  Shape shape_;
  std::vector<Step> steps_;
};

void expect_indices(std::int64_t count) {
  if (count < 1 || count > kMostIndices) {
    throw NodeError{"takes " + std::to_string(count) + " elements of an axis, expected 1..2^20"};
  }
}

std::int64_t block_of(std::int64_t block, std::int64_t size) {
  if (block < 1 || size % block != 0) {
    throw NodeError{"has blocks of " + std::to_string(block) + " for a size of " +
                    std::to_string(size)};
  }
  return block;
}

// Blocks of the axes behind the batch, and two amounts (of padding, or to cut) for each.
struct Blocks {
  std::vector<std::int64_t> sizes, amounts;
  std::int64_t product = 1;
};

Blocks blocks_of(const Node& node) {
  constexpr std::int64_t kMost = std::int64_t{1} << 28;
  Blocks blocks{node.integers(1), node.integers(2), 1};
  if (blocks.sizes.empty() || blocks.sizes.size() >= node.in(0).shape.size() ||
      blocks.amounts.size() != 2 * blocks.sizes.size()) {
    throw NodeError{"has " + std::to_string(blocks.sizes.size()) + " blocks and " +
                    std::to_string(blocks.amounts.size()) + " amounts for an input of " +
                    shape_text(node.in(0).shape)};
  }
  for (const std::int64_t amount : blocks.amounts) {
    if (amount < 0 || amount > kMost) {
      throw NodeError{"pads or cuts by " + std::to_string(amount) + ", expected 0..2^28"};
    }
  }
  for (const std::int64_t size : blocks.sizes) {
    if (size < 1 || size > kMost || blocks.product > kMost / size) {
      throw NodeError{"has a block of " + std::to_string(size) + ", expected 1..2^28 in all"};
    }
    blocks.product *= size;
  }
  return blocks;
}

}  // namespace

std::vector<Layer> build_space_to_depth(Node& node) {
  node.expect_inputs(1, 1);
  Chain chain{node};
  const Shape in = chain.shape();
  expect_rank("input", in, 4);
  const std::int64_t block = node.required_options<file::SpaceToDepthOptions>().block_size();
  block_of(block, in[1]);
  block_of(block, in[2]);
  chain.reshape({in[0], in[1] / block, block, in[2] / block, block, in[3]});
  chain.transpose({0, 1, 3, 2, 4, 5});
  chain.reshape({in[0], in[1] / block, in[2] / block, block * block * in[3]});
  return chain.layers();
}

std::vector<Layer> build_depth_to_space(Node& node) {
  constexpr std::int64_t kMostBlock = 1 << 14;
  node.expect_inputs(1, 1);
  Chain chain{node};
  const Shape in = chain.shape();
  expect_rank("input", in, 4);
  const std::int64_t block = node.required_options<file::DepthToSpaceOptions>().block_size();
  if (block < 1 || block > kMostBlock) {
    throw NodeError{"has blocks of " + std::to_string(block) + ", expected 1..16384"};
  }
  block_of(block * block, in[3]);
  const std::int64_t channels = in[3] / (block * block);
  chain.reshape({in[0], in[1], in[2], block, block, channels});
  chain.transpose({0, 1, 3, 2, 4, 5});
  chain.reshape({in[0], in[1] * block, in[2] * block, channels});
  return chain.layers();
}

// Padded by the output's zero; then batches of every so many pixels, the position in its block
// first.
std::vector<Layer> build_space_to_batch(Node& node) {
  node.expect_inputs(3, 3);
  node.expect_quantized(0);
  const Blocks blocks = blocks_of(node);
  Chain chain{node};
  const std::size_t count = blocks.sizes.size();
  Pad pad;
  pad.value = node.out().zero_point;
  pad.before.assign(chain.shape().size(), 0);
  pad.after = pad.before;
  Shape padded = chain.shape();
  for (std::size_t i = 0; i < count; ++i) {
    pad.before[i + 1] = blocks.amounts[2 * i];
    pad.after[i + 1] = blocks.amounts[2 * i + 1];
    padded[i + 1] += pad.before[i + 1] + pad.after[i + 1];
  }
  if (padded != chain.shape()) {
    chain.add(pad, padded);
  }
  Shape apart{padded[0]};
  Shape together{padded[0] * blocks.product};
  std::vector<std::size_t> order, pixels;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t block = block_of(blocks.sizes[i], padded[i + 1]);
    apart.insert(apart.end(), {padded[i + 1] / block, block});
    together.push_back(padded[i + 1] / block);
    order.push_back(2 * i + 2);
    pixels.push_back(2 * i + 1);
  }
  order.push_back(0);
  order.insert(order.end(), pixels.begin(), pixels.end());
  for (std::size_t axis = count + 1; axis < padded.size(); ++axis) {
    order.push_back(apart.size());
    apart.push_back(padded[axis]);
    together.push_back(padded[axis]);
  }
  chain.reshape(apart);
  chain.transpose(order);
  chain.reshape(together);
  return chain.layers();
}

// The way back: positions in a block come from the batch; then the edges are cut off.
std::vector<Layer> build_batch_to_space(Node& node) {
  node.expect_inputs(3, 3);
  const Blocks blocks = blocks_of(node);
  Chain chain{node};
  const Shape in = chain.shape();
  const std::size_t count = blocks.sizes.size();
  block_of(blocks.product, in[0]);
  Shape apart{blocks.sizes.begin(), blocks.sizes.end()};
  apart.push_back(in[0] / blocks.product);
  apart.insert(apart.end(), in.begin() + 1, in.end());
  Shape together{in[0] / blocks.product};
  std::vector<std::size_t> order{count};
  for (std::size_t i = 0; i < count; ++i) {
    order.insert(order.end(), {count + 1 + i, i});
    together.push_back(in[i + 1] * blocks.sizes[i]);
  }
  for (std::size_t axis = count + 1; axis < in.size(); ++axis) {
    order.push_back(count + axis);
    together.push_back(in[axis]);
  }
  chain.reshape(apart);
  chain.transpose(order);
  chain.reshape(together);
  StridedSlice cut{std::vector<std::int64_t>(in.size(), 0), std::vector<std::int64_t>(in.size(), 1),
                   together};
  for (std::size_t i = 0; i < count; ++i) {
    cut.begin[i + 1] = blocks.amounts[2 * i];
    cut.count[i + 1] -= blocks.amounts[2 * i] + blocks.amounts[2 * i + 1];
    if (cut.count[i + 1] < 1) {
      throw NodeError{"cuts off all of " + shape_text(together)};
    }
  }
  if (cut.count != together) {
    const Shape left = cut.count;
    chain.add(std::move(cut), left);
  }
  return chain.layers();
}

// Indices that are known: of any shape, which comes in place of the axis.
std::vector<Layer> build_gather(Node& node) {
  node.expect_inputs(2, 2);
  const auto& options = node.required_options<file::GatherOptions>();
  if (options.batch_dims() != 0) {
    throw NodeError{"has batch dimensions, which are not supported"};
  }
  if (!node.is_constant(1)) {
    throw NodeError{"has indices that are computed, expected constant ones"};
  }
  Chain chain{node};
  const Shape in = chain.shape();
  const std::size_t axis = axis_of(options.axis(), in);
  const Shape& of_indices = node.in(1).shape;
  std::vector<std::int64_t> indices = node.indices(1);
  for (const std::int64_t index : indices) {
    if (index < 0 || index >= in[axis]) {
      throw NodeError{"takes element " + std::to_string(index) + " of " + std::to_string(in[axis])};
    }
  }
  Shape out{in.begin(), in.begin() + static_cast<std::ptrdiff_t>(axis)};
  out.insert(out.end(), of_indices.begin(), of_indices.end());
  out.insert(out.end(), in.begin() + static_cast<std::ptrdiff_t>(axis) + 1, in.end());
  chain.gather(axis, std::move(indices));
  chain.reshape(out);
  return chain.layers();
}

// REFLECT does not repeat the elements at the edges, SYMMETRIC does.
std::vector<Layer> build_mirror_pad(Node& node) {
  node.expect_inputs(2, 2);
  const auto mode = node.required_options<file::MirrorPadOptions>().mode();
  Chain chain{node};
  const std::vector<std::int64_t> amounts = node.integers(1);
  const Shape in = chain.shape();
  if (amounts.size() != 2 * in.size()) {
    throw NodeError{"has " + std::to_string(amounts.size()) + " amounts for an input of " +
                    shape_text(in) + ", expected " + std::to_string(2 * in.size())};
  }
  const std::int64_t edge = mode == file::MirrorPadMode::REFLECT ? 1 : 0;
  for (std::size_t axis = 0; axis < in.size(); ++axis) {
    const std::int64_t before = amounts[2 * axis];
    const std::int64_t after = amounts[2 * axis + 1];
    const std::int64_t most = in[axis] - edge;
    if (before < 0 || after < 0 || before > most || after > most) {
      throw NodeError{"mirrors " + std::to_string(before) + " and " + std::to_string(after) +
                      " elements of " + std::to_string(in[axis]) + ", expected 0.." +
                      std::to_string(most)};
    }
    if (before == 0 && after == 0) {
      continue;
    }
    expect_indices(before + in[axis] + after);
    std::vector<std::int64_t> indices;
    for (std::int64_t i = -before; i < in[axis] + after; ++i) {
      const std::int64_t last = in[axis] - 1;
      indices.push_back(i < 0 ? -i - 1 + edge : i > last ? 2 * last + 1 - edge - i : i);
    }
    chain.gather(axis, std::move(indices));
  }
  return chain.layers();
}

std::vector<Layer> build_tile(Node& node) {
  node.expect_inputs(2, 2);
  Chain chain{node};
  const std::vector<std::int64_t> times = node.integers(1);
  const Shape in = chain.shape();
  if (times.size() != in.size()) {
    throw NodeError{"has " + std::to_string(times.size()) + " multiples for an input of " +
                    shape_text(in) + ", expected " + std::to_string(in.size())};
  }
  for (std::size_t axis = 0; axis < in.size(); ++axis) {
    if (times[axis] == 1) {
      continue;
    }
    expect_indices(std::clamp<std::int64_t>(times[axis], 0, kMostIndices + 1) * in[axis]);
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < times[axis] * in[axis]; ++i) {
      indices.push_back(i % in[axis]);
    }
    chain.gather(axis, std::move(indices));
  }
  return chain.layers();
}

// As numpy: axes of size 1 are repeated, missing ones are put in front. The output says how often.
std::vector<Layer> build_broadcast_to(Node& node) {
  node.expect_inputs(2, 2);
  Chain chain{node};
  const Shape& out = node.out().shape;
  Shape in = chain.shape();
  if (in.size() > out.size()) {
    throw NodeError{"repeats " + shape_text(in) + " to " + shape_text(out)};
  }
  in.insert(in.begin(), out.size() - in.size(), 1);
  chain.reshape(in);
  for (std::size_t axis = 0; axis < in.size(); ++axis) {
    if (in[axis] == 1 && out[axis] != 1) {
      expect_indices(out[axis]);
      chain.gather(axis, std::vector<std::int64_t>(static_cast<std::size_t>(out[axis]), 0));
    }
  }
  return chain.layers();
}

std::vector<Layer> build_reverse(Node& node) {
  node.expect_inputs(2, 2);
  Chain chain{node};
  const Shape shape = chain.shape();
  StridedSlice slice{std::vector<std::int64_t>(shape.size(), 0),
                     std::vector<std::int64_t>(shape.size(), 1), shape};
  for (const std::int64_t value : node.integers(1)) {
    const std::size_t axis = axis_of(value, shape);
    slice.begin[axis] = shape[axis] - 1;
    slice.stride[axis] = -1;
  }
  chain.add(std::move(slice), shape);
  return chain.layers();
}

}  // namespace systole::tflite

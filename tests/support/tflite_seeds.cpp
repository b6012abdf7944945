#include "tests/support/tflite_seeds.hpp"

#include "tests/support/tflite_models.hpp"

namespace systole::test {

using namespace tflite::file;

namespace {

std::int32_t code(BuiltinOperator op) { return static_cast<std::int32_t>(op); }

/// Operators that move elements, one behind the other.
TfliteModel movements() {
  TfliteModel m;
  const auto at = [&](std::vector<std::int32_t> shape) {
    return m.int8(std::move(shape), 0.5F, -3);
  };
  const std::int32_t in = at({1, 4, 4, 2});
  const std::int32_t padded = at({1, 6, 6, 2});
  const std::int32_t joined = at({1, 6, 6, 4});
  const std::int32_t turned = at({1, 4, 6, 6});
  const std::int32_t sliced = at({1, 2, 3, 6});
  const std::int32_t strided = at({1, 2, 3, 3});
  const std::int32_t nearest = at({1, 4, 6, 3});
  const std::int32_t bilinear = at({1, 5, 7, 3});
  const std::int32_t halves[] = {at({1, 5, 7, 1}), at({1, 5, 7, 2})};
  const std::int32_t flat = at({5, 7});
  m.node(code(BuiltinOperator::PAD), {in, m.integers({0, 0, 1, 1, 1, 1, 0, 0})}, {padded});
  ConcatenationOptionsT concat;
  concat.axis = 3;
  m.node(code(BuiltinOperator::CONCATENATION), {padded, padded}, {joined}, concat);
  m.node(code(BuiltinOperator::TRANSPOSE), {joined, m.integers({0, 3, 1, 2})}, {turned});
  m.node(code(BuiltinOperator::SLICE),
         {turned, m.integers({0, 1, 2, 0}), m.integers({1, 2, 3, -1})}, {sliced});
  StridedSliceOptionsT stride;
  m.node(code(BuiltinOperator::STRIDED_SLICE),
         {sliced, m.integers({0, 0, 0, 0}), m.integers({1, 2, 3, 6}), m.integers({1, 1, 1, 2})},
         {strided}, stride);
  m.node(code(BuiltinOperator::RESIZE_NEAREST_NEIGHBOR), {strided, m.integers({4, 6})}, {nearest},
         ResizeNearestNeighborOptionsT{});
  m.node(code(BuiltinOperator::RESIZE_BILINEAR), {nearest, m.integers({5, 7})}, {bilinear},
         ResizeBilinearOptionsT{});
  m.node(code(BuiltinOperator::SPLIT_V), {bilinear, m.integers({1, 2}), m.integers({3})},
         {halves[0], halves[1]});
  m.node(code(BuiltinOperator::SQUEEZE), {halves[0]}, {flat});
  m.set_ends({in}, {flat, halves[1]});
  return m;
}

/// Operators that go element by element, and their float ends.
TfliteModel element_wise() {
  TfliteModel m;
  const auto float32 = [&] { return m.tensor(TensorType::FLOAT32, {1, 2, 2, 3}); };
  const auto int8 = [&](float scale, std::int64_t zero) {
    return m.int8({1, 2, 2, 3}, scale, zero);
  };
  const std::int32_t in = float32();
  const std::int32_t a = int8(0.5F, -3);
  const std::int32_t b = int8(0.25F, 4);
  const std::int32_t difference = int8(0.5F, 0);
  const std::int32_t product = int8(1.5F, 1);
  const std::int32_t relu = int8(1.5F, 1);
  const std::int32_t leaky = int8(1.0F, 0);
  const std::int32_t logistic = int8(1.0F / 256, -128);
  const std::int32_t mean = m.int8({1, 3}, 1.0F / 256, -128);
  const std::int32_t out = m.tensor(TensorType::FLOAT32, {1, 3});
  m.node(code(BuiltinOperator::QUANTIZE), {in}, {a});
  m.node(code(BuiltinOperator::QUANTIZE), {a}, {b});
  m.node(code(BuiltinOperator::SUB), {a, b}, {difference}, SubOptionsT{});
  m.node(code(BuiltinOperator::MUL), {difference, b}, {product}, MulOptionsT{});
  m.node(code(BuiltinOperator::RELU6), {product}, {relu});
  LeakyReluOptionsT slope;
  slope.alpha = 0.1F;
  m.node(code(BuiltinOperator::LEAKY_RELU), {relu}, {leaky}, slope);
  m.node(code(BuiltinOperator::LOGISTIC), {leaky}, {logistic});
  m.node(code(BuiltinOperator::MEAN), {logistic, m.integers({1, 2})}, {mean}, ReducerOptionsT{});
  m.node(code(BuiltinOperator::DEQUANTIZE), {mean}, {out});
  m.set_ends({in}, {out});
  return m;
}

/// Products of what others computed, and convolutions backwards.
TfliteModel products() {
  TfliteModel m;
  const std::int32_t in = m.int8({1, 2, 2, 2}, 0.5F, 0);
  const std::int32_t up = m.int8({1, 4, 4, 3}, 0.5F, 0);
  const std::int32_t flat = m.int8({12, 4}, 0.5F, 0);
  const std::int32_t square = m.int8({12, 12}, 2.0F, 0);
  const std::vector<std::uint8_t> weights(24, 3);
  TransposeConvOptionsT transposed;
  transposed.stride_h = transposed.stride_w = 2;
  m.node(
      code(BuiltinOperator::TRANSPOSE_CONV),
      {m.integers({1, 4, 4, 3}), m.tensor(TensorType::INT8, {3, 2, 2, 2}, {0.1F}, 0, weights), in},
      {up}, transposed);
  m.node(code(BuiltinOperator::RESHAPE), {up, m.integers({12, 4})}, {flat});
  BatchMatMulOptionsT product;
  product.adj_y = true;
  m.node(code(BuiltinOperator::BATCH_MATMUL), {flat, flat}, {square}, product);
  m.set_ends({in}, {square});
  return m;
}

/// Blocks of pixels and what repeats, mirrors and chooses elements.
TfliteModel rearrangements() {
  TfliteModel m;
  const auto at = [&](std::vector<std::int32_t> shape) {
    return m.int8(std::move(shape), 0.5F, -3);
  };
  const std::int32_t in = at({1, 4, 4, 2});
  const std::int32_t deep = at({1, 2, 2, 8});
  const std::int32_t wide = at({1, 4, 4, 2});
  const std::int32_t batches = at({4, 3, 2, 2});
  const std::int32_t back = at({1, 5, 4, 2});
  const std::int32_t mirrored = at({1, 7, 5, 2});
  const std::int32_t tiled = at({1, 7, 10, 2});
  const std::int32_t taken = at({1, 7, 3, 2});
  const std::int32_t reversed = at({1, 7, 3, 2});
  const std::int32_t spread = at({2, 7, 3, 2});
  SpaceToDepthOptionsT to_depth;
  to_depth.block_size = 2;
  m.node(code(BuiltinOperator::SPACE_TO_DEPTH), {in}, {deep}, to_depth);
  DepthToSpaceOptionsT to_space;
  to_space.block_size = 2;
  m.node(code(BuiltinOperator::DEPTH_TO_SPACE), {deep}, {wide}, to_space);
  m.node(code(BuiltinOperator::SPACE_TO_BATCH_ND),
         {wide, m.integers({2, 2}), m.integers({1, 1, 0, 0})}, {batches});
  m.node(code(BuiltinOperator::BATCH_TO_SPACE_ND),
         {batches, m.integers({2, 2}), m.integers({1, 0, 0, 0})}, {back});
  m.node(code(BuiltinOperator::MIRROR_PAD), {back, m.integers({0, 0, 2, 0, 0, 1, 0, 0})},
         {mirrored}, MirrorPadOptionsT{});
  m.node(code(BuiltinOperator::TILE), {mirrored, m.integers({1, 1, 2, 1})}, {tiled});
  GatherOptionsT gather;
  gather.axis = 2;
  m.node(code(BuiltinOperator::GATHER), {tiled, m.integers({9, 0, 4})}, {taken}, gather);
  m.node(code(BuiltinOperator::REVERSE_V2), {taken, m.integers({1, -2})}, {reversed});
  m.node(code(BuiltinOperator::BROADCAST_TO), {reversed, m.integers({2, 7, 3, 2})}, {spread});
  m.set_ends({in}, {spread});
  return m;
}

/// Tables, comparisons and reductions of uint8.
TfliteModel functions() {
  TfliteModel m;
  const auto at = [&](std::vector<std::int32_t> shape, float scale, std::int64_t zero) {
    return m.tensor(TensorType::UINT8, std::move(shape), {scale}, zero);
  };
  const std::int32_t in = at({1, 3, 4}, 0.05F, 128);
  const std::int32_t swish = at({1, 3, 4}, 0.05F, 10);
  const std::int32_t tanh = at({1, 3, 4}, 1.0F / 128, 128);
  const std::int32_t difference = at({1, 3, 4}, 0.1F, 128);
  const std::int32_t larger = at({1, 3, 4}, 0.1F, 128);
  const std::int32_t sums = at({1, 4}, 0.2F, 100);
  const std::int32_t most = at({1, 1}, 0.2F, 100);
  const std::int32_t where = m.tensor(TensorType::INT64, {1, 3});
  m.node(code(BuiltinOperator::HARD_SWISH), {in}, {swish});
  m.node(code(BuiltinOperator::TANH), {swish}, {tanh});
  m.node(code(BuiltinOperator::SUB), {swish, tanh}, {difference}, SubOptionsT{});
  m.node(code(BuiltinOperator::MAXIMUM), {difference, difference}, {larger});
  m.node(code(BuiltinOperator::SUM), {larger, m.integers({1})}, {sums}, ReducerOptionsT{});
  ReducerOptionsT keep;
  keep.keep_dims = true;
  m.node(code(BuiltinOperator::REDUCE_MAX), {sums, m.integers({1})}, {most}, keep);
  m.node(code(BuiltinOperator::ARG_MAX), {larger, m.integers({-1})}, {where});
  m.set_ends({in}, {most, where});
  return m;
}

/// What only int8 has.
TfliteModel comparisons() {
  TfliteModel m;
  const std::int32_t in = m.int8({2, 6}, 0.05F, 3);
  const std::int32_t slopes = m.tensor(TensorType::INT8, {6}, {0.01F}, 0, {1, 2, 3, 250, 5, 6});
  const std::int32_t prelu = m.int8({2, 6}, 0.05F, -20);
  const std::int32_t magnitude = m.int8({2, 6}, 0.04F, -128);
  const std::int32_t square = m.int8({2, 6}, 0.1F, -128);
  const std::int32_t unit = m.int8({2, 6}, 1.0F / 128, 0);
  m.node(code(BuiltinOperator::PRELU), {in, slopes}, {prelu});
  m.node(code(BuiltinOperator::ABS), {prelu}, {magnitude});
  m.node(code(BuiltinOperator::SQUARED_DIFFERENCE), {magnitude, in}, {square});
  m.node(code(BuiltinOperator::L2_NORMALIZATION), {square}, {unit}, L2NormOptionsT{});
  m.set_ends({in}, {unit});
  return m;
}

}  // namespace

std::vector<TfliteSeed> tflite_seeds() {
  return {{"small.tflite", small_tflite_model().bytes()},
          {"movements.tflite", movements().bytes()},
          {"element_wise.tflite", element_wise().bytes()},
          {"products.tflite", products().bytes()},
          {"rearrangements.tflite", rearrangements().bytes()},
          {"functions.tflite", functions().bytes()},
          {"comparisons.tflite", comparisons().bytes()}};
}

}  // namespace systole::test

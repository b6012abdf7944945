#include "sim/compiler/conv_computes.hpp"

#include <algorithm>
#include <vector>

#include "sim/compiler/conv_folds.hpp"
#include "sim/program/ifmap_parts.hpp"

namespace systole {
namespace {

/// The folds of one step and tile.
class StepFolds {
 public:
  StepFolds(CommandStreams& streams, const ConvLayer& layer, const WeightImage& image,
            const MachineLimits& machine, const ConvTile& tile, const ConvStep& step,
            const StepOperands& operands)
      : streams_{streams},
        layer_{layer},
        image_{image},
        machine_{machine},
        tile_{tile},
        step_{step},
        operands_{operands},
        weight_blocks_{blocks_per_weight_load(layer, machine)},
        chunks_{pixel_chunks(layer, tile.rows, tile.cols, machine)},
        weight_row_{operands.weights.base} {}

  void add();

 private:
  /// Channels of the step that a block multiplies, and the first of their slices in the scratchpad.
  struct Channels {
    std::size_t first_slice = 0;
    std::int64_t count = 0;
  };
  std::int64_t blocks_at_once(std::int64_t block) const;
  void add_blocks(std::int64_t first, std::int64_t blocks);
  void add_fold(const FoldSlice& slice, const Channels& channels, PreloadCommand preload,
                After after);

  CommandStreams& streams_;
  const ConvLayer& layer_;
  const WeightImage& image_;
  const MachineLimits& machine_;
  const ConvTile& tile_;
  const ConvStep& step_;
  const StepOperands& operands_;
  const std::int64_t weight_blocks_;  // per weight load
  const std::vector<PixelChunk> chunks_;
  std::int64_t weight_row_;  // first one of the blocks to come
  std::size_t part_ = 0;     // first group of theirs, of all of the step's weight loads
};

void StepFolds::add() {
  streams_.reserve_folds(step_.folds() * chunks_.size());
  for (std::int64_t b = 0; b < tile_.blocks;) {
    const std::int64_t blocks = blocks_at_once(b);
    add_blocks(b, blocks);
    for (std::int64_t i = 0; i < blocks; ++i) {
      streams_.mark();
    }
    b += blocks;
  }
}

/// Blocks whose folds are executed side by side: those that are loaded side by side; input
/// stationary, those that multiply the same channels.
std::int64_t StepFolds::blocks_at_once(std::int64_t block) const {
  if (machine_.config.array.dataflow != Dataflow::InputStationary) {
    return std::min(weight_blocks_, tile_.blocks - block);
  }
  const std::vector<StepSlices::OfBlock>& slices = step_.slices.of_block;
  std::int64_t blocks = 1;
  while (block + blocks < tile_.blocks && slices[to_u64(block + blocks)] == slices[to_u64(block)]) {
    ++blocks;
  }
  return blocks;
}

void StepFolds::add_blocks(std::int64_t first, std::int64_t blocks) {
  const StepSlices& slices = step_.slices;
  const bool stationary_ifmap = machine_.config.array.dataflow == Dataflow::InputStationary;
  const StepSlices::OfBlock& of_block = slices.of_block[to_u64(first)];
  const std::int64_t channels = step_channels(slices, of_block);
  const TapRange& taps = step_.reduction.taps;
  const std::int64_t step_rows = taps.count * machine_.weight_rows_of(channels);
  std::int64_t columns = 0;
  for (std::int64_t b = first; b < first + blocks; ++b) {
    columns += image_.blocks[to_u64(tile_.first_block + b)].columns;
  }
  const std::size_t first_slice =
      layer_.kept_ifmap && of_block.count > 0  // none: a step beyond the block's channels
          ? to_u64(slices.slices[of_block.first].first / machine_.array_rows)
          : of_block.first;
  const std::vector<WeightGroup>& groups = step_.groups_of(first);
  if (stationary_ifmap) {  // what each of the blocks waits for, block by block
    part_ += groups.size() * to_u64(blocks - 1);
  }
  for (const WeightGroup& group : groups) {
    const After after{operands_.weights.ready[part_++] - operands_.weights.first_load, 0, 0};
    for (const FoldSlice& slice : group.folds) {
      const std::int64_t one_by_one = stationary_ifmap ? 1 : blocks;
      for (std::int64_t i = 0; i < one_by_one; ++i) {
        PreloadCommand preload;
        preload.weights = {weight_memory(machine_.config),
                           to_u32(weight_row_ + i * group.rows + slice.row)};
        preload.k = to_u32(slice.k);
        preload.products_per_pe = machine_.products_per_pe;
        const WeightBlock& block = image_.blocks[to_u64(tile_.first_block + first + i)];
        preload.n = to_u32(stationary_ifmap ? columns : block.columns);
        preload.acc_row = to_u32(operands_.acc_row + (first + i) * tile_.pixels());
        preload.accumulate = operands_.accumulate || slice.first > taps.first * channels;
        if (stationary_ifmap) {
          preload.weights_pitch = to_u32(step_rows);
          preload.acc_pitch = to_u32(tile_.pixels());
        }
        add_fold(slice, {first_slice, channels}, preload, after);
      }
    }
    weight_row_ += group.rows * (stationary_ifmap ? 1 : blocks);
  }
  if (stationary_ifmap) {
    weight_row_ += step_rows * (blocks - 1);
  }
}

void StepFolds::add_fold(const FoldSlice& slice, const Channels& channels, PreloadCommand preload,
                         After after) {
  const Window& w = layer_.window;
  const std::int64_t pitch = layer_.ifmap_pitch(tile_.cols);
  const std::int64_t slice_rows =
      layer_.kept_ifmap ? layer_.kept_ifmap->slice_pitch() : layer_.input_rows(tile_.rows) * pitch;
  ComputeCommand compute;
  compute.k = to_u32(slice.k);
  compute.products_per_pe = machine_.products_per_pe;
  // A tile of one row has no next one but the padding of steps: it need not lie in any memory.
  constexpr std::int64_t kFar = std::int64_t{1} << 20;
  const std::int64_t next_row = w.stride_h * pitch;
  compute.pitch_h = to_u32(tile_.rows > 1 ? next_row : std::min(next_row, kFar));
  compute.pitch_w = to_u32(w.stride_w);
  compute.products = {to_u32(slice.first),          to_u32(channels.count), to_u32(w.kernel_w),
                      to_u32(w.dilation_h * pitch), to_u32(w.dilation_w),   to_u32(slice_rows)};
  std::int64_t first_row = operands_.ifmap_row + to_i64(channels.first_slice) * slice_rows;
  const IfmapParts parts = ifmap_parts(compute, machine_.config.array.rows);
  preload.weight_rows_of_parts = parts.size() > 1 ? pe_rows(parts, machine_.products_per_pe) : 0;
  if (parts.size() == 1 && parts.front().lane == 0) {  // needs no map
    first_row += parts.front().row;
    compute.products = {};
  }
  const std::uint32_t first_acc_row = preload.acc_row;
  const bool weights_stay = machine_.config.array.dataflow == Dataflow::WeightStationary;
  for (const PixelChunk& chunk : chunks_) {
    compute.ifmap_row = to_u32(first_row + chunk.ifmap_row);
    compute.count_h = to_u32(chunk.count_h);
    compute.count_w = to_u32(chunk.count_w);
    compute.skip = to_u32(chunk.skip);
    compute.drop = to_u32(chunk.drop);
    preload.acc_row = first_acc_row + to_u32(chunk.pixel);
    preload.acc_rows = compute.rows();
    streams_.add(preload, compute, fold_cycles(machine_, preload, compute), after);
    preload.new_weights = !weights_stay;
  }
}

}  // namespace

void add_folds(CommandStreams& streams, const ConvLayer& layer, const WeightImage& image,
               const MachineLimits& machine, const ConvTile& tile, const ConvStep& step,
               const StepOperands& operands) {
  StepFolds{streams, layer, image, machine, tile, step, operands}.add();
}

}  // namespace systole

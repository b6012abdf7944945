#include "sim/compiler/conv_steps.hpp"

#include <algorithm>

namespace systole {

const ConvStep& ConvSteps::at(std::int64_t first_block, std::int64_t blocks, std::int64_t index) {
  const std::pair<std::int64_t, std::int64_t> which{first_block, index};
  const auto known = steps_.find(which);
  return known != steps_.end()
             ? known->second
             : steps_.emplace(which, make(first_block, blocks, index)).first->second;
}

ConvStep ConvSteps::make(std::int64_t first_block, std::int64_t blocks, std::int64_t index) {
  ConvStep step;
  step.reduction = reduction_step(layer_, tiling_, index);
  step.slices =
      step_slices(layer_, image_, machine_, tiling_, first_block, blocks, step.reduction.ic_step);
  const std::int64_t at_once = blocks_per_weight_load(layer_, machine_);
  bool is_first = true;
  for (std::int64_t b = 0; b < blocks; b += at_once) {
    const WeightBlock& leader = image_.blocks[to_u64(first_block + b)];
    WeightLoads& loads = step.loads.emplace_back();
    loads.blocks = std::min(at_once, blocks - b);
    for (std::int64_t i = 0; i < loads.blocks; ++i) {
      loads.columns += image_.blocks[to_u64(first_block + b + i)].columns;
    }
    loads.row_pitch = leader.row_pitch;
    loads.groups = fold_groups(step.slices, step.slices.of_block[to_u64(b)], leader.window,
                               machine_, step.reduction.taps);
    for (const FoldGroup& group : loads.groups) {
      std::vector<std::uint64_t>& offsets = loads.offsets.emplace_back();
      for (const WeightSegment& segment : group.segments) {
        const std::uint64_t at = leader.offset + to_u64(segment.image_row) * leader.row_pitch;
        step.weights = is_first ? at : step.weights;
        is_first = false;
        offsets.push_back(at - step.weights);
      }
    }
  }
  const std::int64_t next = to_i64(shapes_.size());
  step.shape = shapes_.try_emplace(numbers_of(step, first_block), next).first->second;
  return step;
}

/// Whatever of a step is seen in commands.
std::vector<std::int64_t> ConvSteps::numbers_of(const ConvStep& step,
                                                std::int64_t first_block) const {
  std::vector<std::int64_t> numbers;
  const auto add = [&](auto... values) {
    (numbers.push_back(static_cast<std::int64_t>(values)), ...);
  };
  const auto bytes_to = [&](const ChannelRange& slice) {
    return packed_bytes(to_u64(slice.first), layer_.ifmap_format.bits);
  };
  add(step.reduction.taps.first, step.reduction.taps.count);
  for (const ChannelRange& slice : step.slices.slices) {
    const ChannelRange& first = step.slices.slices.front();
    add(slice.count, bytes_to(slice) - bytes_to(first),
        layer_.kept_ifmap || layer_.packed ? slice.first : slice.first - first.first);
  }
  for (const StepSlices::OfBlock& of_block : step.slices.of_block) {
    add(-1, of_block.first, of_block.count, image_.blocks[to_u64(first_block++)].columns);
  }
  for (const WeightLoads& loads : step.loads) {
    add(-2, loads.blocks, loads.row_pitch);
    for (std::size_t g = 0; g < loads.groups.size(); ++g) {
      const FoldGroup& group = loads.groups[g];
      add(-3, group.rows);
      for (std::size_t i = 0; i < group.segments.size(); ++i) {
        add(loads.offsets[g][i], group.segments[i].rows);
      }
      for (const FoldSlice& fold : group.folds) {
        add(-4, fold.first, fold.k, fold.row);
      }
    }
  }
  return numbers;
}

}  // namespace systole

#include "sim/compiler/conv_steps.hpp"

#include <algorithm>

namespace systole {
namespace {

constexpr std::size_t kUsualNumbers = 32;  // as many as most steps have

}  // namespace

const ConvStep& ConvSteps::at(std::int64_t first_block, std::int64_t blocks, std::int64_t index) {
  std::optional<ConvStep>& step =
      steps_[to_u64(first_block / tiling_.blocks) * of_tile_ + to_u64(index)];
  if (!step) {
    step = make(first_block, blocks, index);
  }
  return *step;
}

ConvStep ConvSteps::make(std::int64_t first_block, std::int64_t blocks, std::int64_t index) {
  ConvStep step;
  step.reduction = reduction_step(layer_, tiling_, index);
  step.slices =
      step_slices(layer_, image_, machine_, tiling_, first_block, blocks, step.reduction.ic_step);
  const std::int64_t at_once = blocks_per_weight_load(layer_, machine_);
  for (std::int64_t b = 0; b < blocks; b += at_once) {
    WeightLoads& loads = step.loads.emplace_back();
    loads.blocks = std::min(at_once, blocks - b);
    for (std::int64_t i = 0; i < loads.blocks; ++i) {
      loads.columns += image_.blocks[to_u64(first_block + b + i)].columns;
    }
    const WeightBlock& leader = image_.blocks[to_u64(first_block + b)];
    loads.row_pitch = leader.row_pitch;
    loads.groups = groups_of(step, b, leader, to_u64(index));
    loads.first = leader.offset;
    if (b == 0 && !loads.groups->empty()) {
      step.weights = loads.offset(loads.groups->front().segments.front());
    }
    loads.first -= step.weights;
  }
  const std::int64_t next = to_i64(shapes_.size());
  step.shape = shapes_.try_emplace(numbers_of(step, first_block), next).first->second;
  return step;
}

std::shared_ptr<const std::vector<WeightGroup>> ConvSteps::groups_of(const ConvStep& step,
                                                                     std::int64_t block,
                                                                     const WeightBlock& leader,
                                                                     std::size_t index) {
  const auto make_groups = [&] {
    return std::make_shared<const std::vector<WeightGroup>>(
        fold_groups(step.slices, step.slices.of_block[to_u64(block)], leader.window, machine_,
                    step.reduction.taps));
  };
  if (layer_.groups > 1) {
    return make_groups();
  }
  if (!groups_[index]) {
    groups_[index] = make_groups();
  }
  return groups_[index];
}

/// Whatever of a step is seen in commands.
std::vector<std::int64_t> ConvSteps::numbers_of(const ConvStep& step,
                                                std::int64_t first_block) const {
  std::vector<std::int64_t> numbers;
  numbers.reserve(kUsualNumbers);
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
    for (const WeightGroup& group : *loads.groups) {
      add(-3, group.rows);
      for (const WeightSegment& segment : group.segments) {
        add(loads.offset(segment), segment.rows);
      }
      for (const FoldSlice& fold : group.folds) {
        add(-4, fold.first, fold.k, fold.row);
      }
    }
  }
  return numbers;
}

}  // namespace systole

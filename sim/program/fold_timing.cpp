#include "sim/program/fold_timing.hpp"

#include <algorithm>

#include "sim/network/ceil_div.hpp"

namespace systole {
namespace {

FoldSteps weight_stationary(const ArrayConfig& array, const PreloadCommand& preload,
                            const ComputeCommand& compute) {
  const std::uint32_t vectors = compute.rows();
  return {preload.new_weights ? array.rows : 0, std::max(vectors, array.min_step_rows), vectors, 0};
}

FoldSteps output_stationary(const ArrayConfig& array, const ComputeCommand& compute) {
  const std::uint32_t reads = ceil_div(compute.rows(), array.gather_rows);
  FoldSteps steps;
  std::uint32_t last = 0;  // cycles of the part that is the last so far
  for (const IfmapPart& part : ifmap_parts(compute, array.rows)) {
    const std::uint32_t columns = ceil_div(part.count, compute.products_per_pe);
    steps.busy += columns + (last > 0 ? std::max(last, reads) - last : 0);
    last = columns;
  }
  const std::uint32_t drain = array.overlap == Overlap::Full ? array.rows : 0;
  steps.load = reads;
  steps.stream = std::max({steps.busy, drain, array.min_step_rows});
  steps.load_from = steps.stream - last;
  return steps;
}

FoldSteps input_stationary(const ArrayConfig& array, const PreloadCommand& preload,
                           const ComputeCommand& compute) {
  const std::uint32_t reads = ceil_div(preload.weight_rows(), array.gather_rows);
  const std::uint32_t blocks = std::max(1U, ceil_div(preload.n, array.cols));
  const std::uint32_t before_last = (blocks - 1) * std::max(array.cols, reads);
  FoldSteps steps;
  steps.load = std::max(compute.rows(), reads) + array.rows;
  steps.busy = before_last + preload.n - (blocks - 1) * array.cols;
  steps.stream = std::max({steps.busy, blocks * array.cols, array.min_step_rows});
  steps.load_from = before_last;
  return steps;
}

}  // namespace

FoldSteps fold_steps(const ArrayConfig& array, const PreloadCommand& preload,
                     const ComputeCommand& compute) {
  switch (array.dataflow) {
    case Dataflow::OutputStationary:
      return output_stationary(array, compute);
    case Dataflow::InputStationary:
      return input_stationary(array, preload, compute);
    case Dataflow::WeightStationary:
      break;
  }
  return weight_stationary(array, preload, compute);
}

}  // namespace systole

#include "sim/program/timing_key.hpp"

#include <algorithm>
#include <tuple>
#include <variant>

#include "sim/program/command_fields.hpp"

namespace systole {
namespace {

std::uint64_t largest_burst(const DmaConfig& dma) {
  std::uint64_t size = dma.bus_bytes;
  while (size * 2 <= dma.max_burst_bytes) {
    size *= 2;
  }
  return size;
}

/// The first row of the bank, if rows [first, last] lie in one; else `first`.
std::uint32_t bank_start(std::uint32_t first, std::uint32_t last, std::uint32_t rows_per_bank) {
  const std::uint32_t bank = first / rows_per_bank;
  return last / rows_per_bank == bank ? bank * rows_per_bank : first;
}

void append_field(std::uint64_t field, std::vector<std::uint32_t>& key) {
  key.push_back(static_cast<std::uint32_t>(field));
  key.push_back(static_cast<std::uint32_t>(field >> 32U));
}
template <typename T>
void append_field(T field, std::vector<std::uint32_t>& key) {
  key.push_back(static_cast<std::uint32_t>(field));
}

}  // namespace

TimingKey::TimingKey(const AcceleratorConfig& config)
    : block_{largest_burst(config.dma)},
      renames_folds_{config.array.dataflow == Dataflow::WeightStationary &&
                     config.scratchpad.interleave_rows == 0},
      array_rows_{config.array.rows},
      longest_step_{std::max(config.array.rows, config.array.min_step_rows)},
      rows_per_bank_{activation_rows(config) / config.scratchpad.activation.banks},
      rows_per_weight_bank_{config.scratchpad.organization == ScratchpadOrganization::Unified
                                ? 1
                                : weight_rows(config) / config.scratchpad.weight.banks},
      rows_per_accumulator_bank_{accumulator_rows(config) / config.accumulators.banks} {}

PreloadCommand TimingKey::reduced(PreloadCommand preload) const {
  if (renames_folds_) {
    // A step shifts array.rows rows in; those beyond k are zeros that are not read.
    LocalAddress& weights = preload.weights;
    weights.row = bank_start(
        weights.row, weights.row + array_rows_ - 1,
        weights.memory == LocalMemory::Scratchpad ? rows_per_bank_ : rows_per_weight_bank_);
    preload.acc_row = reduced_results(preload.acc_row, preload.acc_rows);
  }
  return preload;
}

ComputeCommand TimingKey::reduced(ComputeCommand compute) const {
  const ProductMap& map = compute.products;
  const std::uint32_t channel = map.first % map.channels;
  const std::uint32_t lane = channel % array_rows_;
  const bool one_row_a_pixel =
      compute.k > 0 && compute.k <= map.channels - channel && compute.k <= array_rows_ - lane;
  const std::uint32_t pixels = compute.rows();
  if (!renames_folds_ || !one_row_a_pixel || pixels == 0) {
    return compute;
  }
  const std::uint32_t tap = map.first / map.channels;
  const std::uint32_t first = compute.ifmap_row + tap / map.kernel_w * map.tap_pitch_h +
                              tap % map.kernel_w * map.tap_pitch_w +
                              channel / array_rows_ * map.slice_pitch;
  // Rows of padding continue the pattern.
  const std::uint32_t last_pixel = std::max(pixels, longest_step_) - 1 + compute.skip;
  const std::uint32_t last = first + last_pixel / compute.count_w * compute.pitch_h +
                             (compute.count_w - 1) * compute.pitch_w;
  if (first / rows_per_bank_ != last / rows_per_bank_) {
    return compute;
  }
  ComputeCommand same;
  same.ifmap_row = bank_start(first, last, rows_per_bank_);
  same.count_w = pixels;
  same.k = compute.k;
  return same;
}

std::uint32_t TimingKey::reduced_results(std::uint32_t acc_row, std::uint32_t rows) const {
  return renames_folds_ && rows > 0
             ? bank_start(acc_row, acc_row + rows - 1, rows_per_accumulator_bank_)
             : acc_row;
}

void TimingKey::append(const Command& command, std::vector<std::uint32_t>& key) const {
  key.push_back(static_cast<std::uint32_t>(command.body.index()));
  std::visit(
      [&](const auto& body) {
        const auto same = reduced(body);
        std::apply([&](const auto&... field) { (append_field(field, key), ...); }, fields(same));
      },
      command.body);
}

}  // namespace systole

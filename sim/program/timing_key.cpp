#include "sim/program/timing_key.hpp"

#include <algorithm>
#include <tuple>
#include <type_traits>

#include "sim/program/command_fields.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/ifmap_parts.hpp"

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

template <typename T>
constexpr std::size_t kWords = sizeof(T) > sizeof(std::uint32_t) ? 2 : 1;

template <typename T>
void put(T field, std::uint32_t*& to) {
  *to++ = static_cast<std::uint32_t>(field);
  if constexpr (kWords<T> == 2) {
    *to++ = static_cast<std::uint32_t>(field >> 32U);
  }
}

template <typename Body>
void append_fields(const Body& body, std::vector<std::uint32_t>& key) {
  std::apply(
      [&](const auto&... field) {
        const std::size_t at = key.size();
        key.resize(at + (kWords<std::decay_t<decltype(field)>> + ...));
        std::uint32_t* to = &key[at];
        (put(field, to), ...);
      },
      fields(body));
}

}  // namespace

TimingKey::TimingKey(const AcceleratorConfig& config)
    : shape_{local_shape(config)},
      block_{largest_burst(config.dma)},
      renames_rows_{config.scratchpad.interleave_rows == 0},
      weights_stay_{config.array.dataflow == Dataflow::WeightStationary},
      array_rows_{config.array.rows},
      longest_step_{std::max(config.array.rows, config.array.min_step_rows)},
      rows_per_bank_{
          activation_rows(config) / config.scratchpad.activation.banks,
          config.scratchpad.organization == ScratchpadOrganization::Unified
              ? 1
              : weight_rows(config) / config.scratchpad.weight.banks,
          accumulator_rows(config) / config.accumulators.banks,
          ~0U  // the table is written when it is not read
      } {}

std::uint32_t TimingKey::reduced(LocalMemory memory, std::uint32_t row, std::uint32_t rows) const {
  return renames_rows_ && rows > 0 ? bank_start(row, row + rows - 1, rows_per_bank(memory)) : row;
}

void TimingKey::reduce(LocalAddress& first, std::uint32_t rows, std::uint32_t blocks,
                       std::uint32_t& pitch) const {
  const std::uint32_t bank = rows_per_bank(first.memory);
  const std::uint32_t last = first.row + (blocks - 1) * pitch + rows - 1;
  if (renames_rows_ && rows > 0 && blocks > 0 && first.row / bank == last / bank) {
    first.row = bank_start(first.row, last, bank);
    pitch = 0;
  }
}

LoadCommand TimingKey::reduced(LoadCommand load) const {
  load = at_first_address(load);
  reduce(load.destination, load.rows, blocks(load, shape_), load.block_pitch);
  return load;
}

FillCommand TimingKey::reduced(FillCommand fill) const {
  std::uint32_t pitch = 0;
  reduce(fill.destination, fill.rows, 1, pitch);
  return fill;
}

StoreCommand TimingKey::reduced(StoreCommand store) const {
  store = at_first_address(store);
  reduce(store.source, store.rows, blocks(store, shape_), store.block_pitch);
  if (store.keep) {
    LocalAddress kept{LocalMemory::Scratchpad, store.kept_row};
    reduce(kept, store.rows, blocks(store, shape_), store.kept_pitch);
    store.kept_row = kept.row;
  }
  if (renames_rows_) {
    store.table_row = 0;
  }
  return store;
}

PreloadCommand TimingKey::reduced(PreloadCommand preload) const {
  if (!renames_rows_) {
    return preload;
  }
  if (weights_stay_) {
    // A step shifts array.rows rows in; those beyond k are zeros that are not read.
    preload.weights.row = reduced(preload.weights.memory, preload.weights.row, array_rows_);
    preload.acc_row = reduced(LocalMemory::Accumulators, preload.acc_row, preload.acc_rows);
  } else {
    const std::uint32_t count = blocks(preload, shape_);
    LocalAddress results{LocalMemory::Accumulators, preload.acc_row};
    reduce(preload.weights, preload.weight_rows(), count, preload.weights_pitch);
    reduce(results, preload.acc_rows, count, preload.acc_pitch);
    preload.acc_row = results.row;
  }
  return preload;
}

ComputeCommand TimingKey::reduced(ComputeCommand compute) const {
  if (!renames_rows_) {
    return compute;
  }
  return weights_stay_ ? streamed(compute) : transposed(compute);
}

/// Of a fold whose pixels go through a transposer, part by part.
ComputeCommand TimingKey::transposed(ComputeCommand compute) const {
  const RowRange rows = ifmap_rows(compute, array_rows_);
  const std::uint32_t bank = rows_per_bank(LocalMemory::Scratchpad);
  if (rows.rows == 0 || rows.first / bank != (rows.first + rows.rows - 1) / bank) {
    return compute;
  }
  const std::uint32_t pixels = compute.rows();
  compute.ifmap_row = rows.first / bank * bank;
  compute.count_h = 1;
  compute.count_w = pixels;
  compute.pitch_h = compute.pitch_w = 0;
  compute.skip = compute.drop = 0;
  ProductMap& map = compute.products;
  map.kernel_w = 1;
  map.tap_pitch_h = map.tap_pitch_w = map.slice_pitch = 0;
  return compute;
}

/// Of a fold whose pixels stream past the weights.
ComputeCommand TimingKey::streamed(ComputeCommand compute) const {
  const ProductMap& map = compute.products;
  const std::uint32_t channel = map.first % map.channels;
  const std::uint32_t lanes = array_rows_ * compute.products_per_pe;
  const std::uint32_t lane = channel % lanes;
  const bool one_row_a_pixel =
      compute.k > 0 && compute.k <= map.channels - channel && compute.k <= lanes - lane;
  const std::uint32_t pixels = compute.rows();
  if (!one_row_a_pixel || pixels == 0) {
    return compute;
  }
  const std::uint32_t tap = map.first / map.channels;
  const std::uint32_t first = compute.ifmap_row + tap / map.kernel_w * map.tap_pitch_h +
                              tap % map.kernel_w * map.tap_pitch_w +
                              channel / lanes * map.slice_pitch;
  // Rows of padding continue the pattern.
  const std::uint32_t last_pixel = std::max(pixels, longest_step_) - 1 + compute.skip;
  const std::uint32_t last = first + last_pixel / compute.count_w * compute.pitch_h +
                             (compute.count_w - 1) * compute.pitch_w;
  const std::uint32_t bank = rows_per_bank(LocalMemory::Scratchpad);
  if (first / bank != last / bank) {
    return compute;
  }
  ComputeCommand same;
  same.ifmap_row = bank_start(first, last, bank);
  same.count_w = pixels;
  same.k = compute.k;
  same.products_per_pe = compute.products_per_pe;
  return same;
}

void TimingKey::append(const PreloadCommand& preload, std::vector<std::uint32_t>& key) const {
  append_fields(reduced(preload), key);
}

void TimingKey::append(const ComputeCommand& compute, std::vector<std::uint32_t>& key) const {
  append_fields(reduced(compute), key);
}

}  // namespace systole

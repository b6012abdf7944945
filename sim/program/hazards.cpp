#include "sim/program/hazards.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/network/ceil_div.hpp"
#include "sim/program/ifmap_parts.hpp"
#include "sim/program/load_rows.hpp"

namespace systole {
namespace {

/// `blocks` runs of `rows` rows, `pitch` apart, as one range.
RowRange span(LocalAddress start, std::uint32_t rows, std::uint32_t blocks, std::uint32_t pitch) {
  return {start.memory, start.row, rows == 0 ? 0 : rows + (blocks - 1) * pitch};
}

/// Where a load or fill that repeats pixels begins: at its furthest repeat, but within its half of
/// the scratchpad (as Gemmini's reservation station reckons; it ends as many rows early).
LocalAddress first_repeat(LocalAddress to, std::uint32_t repeats, const LocalShape& shape) {
  if (repeats <= 1) {
    return to;
  }
  const std::uint32_t half = shape.of(LocalMemory::Scratchpad).rows / 2;
  const std::uint32_t start = to.row > half ? half : 0;
  return {to.memory, to.row - std::min(repeats - 1, to.row - start)};
}

/// Adds what a command reads to `out`.
template <typename Ranges>
struct Reads {
  const LocalShape& shape;
  Ranges& out;

  void operator()(const ConfigureCommand&) const {}
  void operator()(const LoadCommand&) const {}
  void operator()(const FillCommand&) const {}
  void operator()(const PreloadCommand& preload) const {
    const std::uint32_t count = blocks(preload, shape);
    if (preload.new_weights) {
      out.add(span(preload.weights, preload.weight_rows(), count, preload.weights_pitch));
    }
    if (preload.accumulate) {
      out.add(span({LocalMemory::Accumulators, preload.acc_row}, preload.acc_rows, count,
                   preload.acc_pitch));
    }
  }
  void operator()(const ComputeCommand& compute) const {
    out.add(ifmap_rows(compute, shape.array_rows));
  }
  void operator()(const StoreCommand& store) const {
    const std::uint32_t count = blocks(store, shape);
    const bool contiguous = store.block_pitch == store.rows;
    if (store.pool.enabled()) {
      // As Gemmini's reservation station has it: all the rest of the bank.
      const std::uint32_t bank = shape.accumulator_bank_rows;
      out.add({store.source.memory, store.source.row, bank - store.source.row % bank});
    } else if (contiguous || count >= HazardRanges::kCapacity) {
      out.add(span(store.source, store.rows, count, store.block_pitch));
    } else {
      for (std::uint32_t b = 0; b < count; ++b) {
        out.add({store.source.memory, store.source.row + b * store.block_pitch, store.rows});
      }
    }
    if (store.source.memory == LocalMemory::Accumulators && !store.raw) {
      // A layer with one pair of constants does not read the table, which may then be smaller
      // than the store has blocks.
      const std::uint32_t rows = shape.of(LocalMemory::RequantTable).rows;
      out.add({LocalMemory::RequantTable, store.table_row,
               std::min(count, rows - std::min(rows, store.table_row))});
    }
  }
  void operator()(const PoolCommand& pool) const {
    out.add({LocalMemory::Scratchpad, pool.input_row,
             (pool.tile_h - 1) * pool.input_step() + pool.tile_w});
  }
  void operator()(const DepthwiseCommand& depthwise) const {
    out.add({LocalMemory::Scratchpad, depthwise.constants_row, depthwise.constant_rows()});
    out.add({LocalMemory::Scratchpad, depthwise.input_row, depthwise.tile_h * depthwise.tile_w});
  }
  void operator()(const AddCommand& add) const {
    for (const std::uint32_t row : add.input_row) {
      out.add({LocalMemory::Scratchpad, row, add.rows});
    }
  }
};

struct Writes {
  const LocalShape& shape;

  RowRange operator()(const ConfigureCommand&) const { return {}; }
  RowRange operator()(const LoadCommand& load) const {
    return span(first_repeat(load.destination, load.pixel_repeats, shape), load.rows,
                blocks(load, shape), load.block_pitch);
  }
  RowRange operator()(const FillCommand& fill) const {
    const std::uint32_t count = fill.beside_data ? ceil_div(fill.elements, shape.array_cols) : 1;
    return span(first_repeat(fill.destination, fill.pixel_repeats, shape), fill.rows, count,
                fill.block_pitch);
  }
  RowRange operator()(const PreloadCommand& preload) const {
    if (preload.keeps_sums) {
      return {};
    }
    return span({LocalMemory::Accumulators, preload.acc_row}, preload.acc_rows,
                blocks(preload, shape), preload.acc_pitch);
  }
  RowRange operator()(const ComputeCommand&) const { return {}; }
  RowRange operator()(const StoreCommand&) const { return {}; }
  RowRange operator()(const PoolCommand& pool) const {
    return {LocalMemory::Scratchpad, pool.output_row,
            (pool.out_h - 1) * pool.output_step() + pool.out_w};
  }
  RowRange operator()(const DepthwiseCommand& depthwise) const {
    return {LocalMemory::Scratchpad, depthwise.output_row, depthwise.out_h * depthwise.out_w};
  }
  RowRange operator()(const AddCommand& add) const {
    return {LocalMemory::Scratchpad, add.output_row, add.rows};
  }
};

/// Whether ranges lie in their memories.
struct Inside {
  const LocalShape& shape;
  bool all = true;

  void add(const RowRange& range) {
    all = all && (range.rows == 0 ||
                  std::uint64_t{range.first} + range.rows <= shape.of(range.memory).rows);
  }
};

}  // namespace

void HazardRanges::refuse() {
  throw std::logic_error{"a command touches more row ranges than the scoreboard holds"};
}

HazardRanges reads(const Command& command, const LocalShape& shape) {
  HazardRanges ranges;
  std::visit(Reads<HazardRanges>{shape, ranges}, command.body);
  return ranges;
}

RowRange writes(const Command& command, const LocalShape& shape) {
  const RowRange range = std::visit(Writes{shape}, command.body);
  return range.rows == 0 ? RowRange{} : range;
}

bool is_inside(const Command& command, const LocalShape& shape) {
  Inside inside{shape};
  std::visit(Reads<Inside>{shape, inside}, command.body);
  inside.add(std::visit(Writes{shape}, command.body));
  return inside.all;
}

bool pads(const Command& command) {
  const auto* fill = std::get_if<FillCommand>(&command.body);
  return fill != nullptr && !fill->beside_data;
}

std::uint32_t blocks(const LoadCommand& load, const LocalShape& shape) {
  return ceil_div(load.local_offset + load.row_bytes, merged_row_bytes(load, shape));
}

std::uint32_t blocks(const PreloadCommand& preload, const LocalShape& shape) {
  return std::max(1U, ceil_div(preload.n, shape.array_cols));
}

std::uint32_t blocks(const StoreCommand& store, const LocalShape& shape) {
  const bool requantized = store.source.memory == LocalMemory::Accumulators;
  return ceil_div(store.elements, requantized ? shape.array_cols : shape.array_rows);
}

std::uint32_t stored_bits(const StoreCommand& store, std::uint32_t ofmap_bits) {
  constexpr std::uint32_t kRawBits = 32;
  return store.raw ? kRawBits : ofmap_bits;
}

}  // namespace systole

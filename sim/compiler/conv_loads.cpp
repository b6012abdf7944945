#include "sim/compiler/conv_loads.hpp"

#include <algorithm>

namespace systole {

void add_bias_loads(CommandStreams& streams, const WeightImage& image, const MachineLimits& machine,
                    const BiasRows& rows) {
  const std::int64_t most = machine.config.dma.max_blocks;
  const std::int64_t row_bytes = bias_row_bytes(machine.config);
  for (std::int64_t b = 0; b < rows.blocks; b += most) {
    const std::int64_t blocks = std::min(most, rows.blocks - b);
    const WeightBlock& last = image.blocks[to_u64(rows.first_block + b + blocks - 1)];
    for (std::int64_t pixel = 0; pixel < rows.pixels; pixel += machine.max_rows) {
      LoadCommand load;
      load.dram_address = to_u64(b) * to_u64(row_bytes);
      load.rows = to_u32(std::min(machine.max_rows, rows.pixels - pixel));
      load.row_bytes =
          to_u32((blocks - 1) * row_bytes +
                 to_i64(packed_bytes(to_u64(last.columns), bias_bits(machine.config))));
      load.destination = {LocalMemory::Accumulators, to_u32(rows.base + b * rows.pixels + pixel)};
      load.block_pitch = to_u32(rows.pixels);
      load.operand = Operand::Bias;
      const std::int64_t cycles =
          std::max(load.rows * blocks, load_cycles(machine, 1, load.row_bytes));
      streams.add(Command{load}, cycles, {});
    }
  }
}

void add_weight_loads(CommandStreams& streams, const ConvLayer& layer, const MachineLimits& machine,
                      const ConvStep& step, std::int64_t base) {
  std::int64_t row = base;
  for (const WeightLoads& loads : step.loads) {
    for (const WeightGroup& group : *loads.groups) {
      LoadCommand load;
      load.dram_pitch = loads.row_pitch;
      load.row_bytes = to_u32(to_i64(
          packed_bytes(to_u64(loads.columns * machine.products_per_pe), layer.weight_format.bits)));
      load.block_pitch = to_u32(group.rows);
      load.operand = Operand::Weight;
      std::int64_t to = row;
      for (const WeightSegment& segment : group.segments) {
        const std::int64_t rows = segment.rows;
        for (std::int64_t k = 0; k < rows; k += machine.max_rows) {
          load.dram_address = loads.offset(segment) + to_u64(k) * loads.row_pitch;
          load.rows = to_u32(std::min(machine.max_rows, rows - k));
          load.destination = {weight_memory(machine.config), to_u32(to + k)};
          streams.add(Command{load}, load_cycles(machine, load.rows, load.row_bytes), {});
        }
        to += rows;
      }
      streams.mark();
      row += group.rows * loads.blocks;
    }
  }
}

void add_table_loads(CommandStreams& streams, const MachineLimits& machine, std::int64_t blocks,
                     std::int64_t base) {
  const std::uint32_t row_bytes = local_row_bytes(machine.config, LocalMemory::RequantTable);
  for (std::int64_t b = 0; b < blocks; b += machine.max_rows) {
    LoadCommand load;
    load.dram_address = to_u64(b) * row_bytes;
    load.dram_pitch = row_bytes;
    load.rows = to_u32(std::min(machine.max_rows, blocks - b));
    load.row_bytes = row_bytes;
    load.destination = {LocalMemory::RequantTable, to_u32(base + b)};
    load.operand = Operand::Requant;
    streams.add(Command{load}, load_cycles(machine, load.rows, row_bytes), {});
  }
}

}  // namespace systole

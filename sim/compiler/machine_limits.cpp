#include "sim/compiler/machine_limits.hpp"

#include <algorithm>

#include "sim/program/fold_timing.hpp"

namespace systole {
namespace {

/// Cycles of a request besides the DRAM's: forming it, the port and the way back.
constexpr std::int64_t kRequestOverhead = 8;
/// Cycles from a command's last data to its completion, and from its issue to its first request.
constexpr std::int64_t kCommandOverhead = 12;
/// Fewer rows than this in one compute command do not make it shorter: the array's control is busy.
constexpr std::int64_t kShortestCompute = 4;

/// Cycles that `rows` DRAM rows of one command take at least: the bandwidth, the requests in
/// flight, and the commands in flight each set a bound.
std::int64_t transfer_cycles(const MachineLimits& machine, std::int64_t rows,
                             std::int64_t row_bytes, std::int64_t outstanding) {
  const DmaConfig& dma = machine.config.dma;
  const std::int64_t latency = machine.config.dram.latency_cycles;
  const std::int64_t requests = rows * ceil_div(row_bytes, dma.max_burst_bytes);
  const std::int64_t beats =
      rows * ceil_div(row_bytes, std::min(dma.bus_bytes, machine.config.dram.bytes_per_cycle));
  return std::max({beats, ceil_div(requests * (latency + kRequestOverhead), outstanding),
                   ceil_div(requests + latency + kCommandOverhead, dma.commands_in_flight)});
}

}  // namespace

MachineLimits::MachineLimits(const AcceleratorConfig& machine, std::uint32_t products)
    : config(machine),
      products_per_pe(products),
      array_rows(std::int64_t{machine.array.rows} * products),
      array_cols(machine.array.cols),
      scratchpad_rows(systole::activation_rows(machine)),
      weight_rows(systole::weight_rows(machine)),
      accumulator_rows(systole::accumulator_rows(machine)),
      table_rows(machine.requant.table_rows),
      max_rows(machine.dma.max_rows),
      max_compute_rows(machine.array.max_compute_rows),
      unified(machine.scratchpad.organization == ScratchpadOrganization::Unified) {}

std::int64_t MachineLimits::blocks_per_transfer(LocalMemory memory, std::int64_t elements,
                                                std::uint32_t bits) const {
  const bool fills_row =
      to_u64(elements) * bits == 8 * std::uint64_t{local_row_bytes(config, memory)};
  return fills_row ? config.dma.max_blocks : 1;
}

std::int64_t MachineLimits::pixels_at_once() const {
  switch (config.array.dataflow) {
    case Dataflow::OutputStationary:
      return to_i64(config.array.rows);
    case Dataflow::InputStationary:
      return array_cols;
    case Dataflow::WeightStationary:
      break;
  }
  return max_compute_rows;
}

std::int64_t load_cycles(const MachineLimits& machine, std::int64_t rows, std::int64_t row_bytes) {
  return transfer_cycles(machine, rows, row_bytes, machine.config.dma.max_outstanding_reads);
}

std::int64_t store_cycles(const MachineLimits& machine, std::int64_t rows, std::int64_t elements,
                          std::int64_t row_bytes) {
  const std::int64_t requantize = rows * ceil_div(elements, machine.config.requant.lanes);
  return std::max(requantize, transfer_cycles(machine, rows, row_bytes,
                                              machine.config.dma.max_outstanding_writes));
}

std::int64_t fold_cycles(const MachineLimits& machine, std::int64_t rows, bool new_weights) {
  return std::max(rows, new_weights ? std::int64_t{machine.config.array.rows} : kShortestCompute);
}

std::int64_t fold_cycles(const MachineLimits& machine, const PreloadCommand& preload,
                         const ComputeCommand& compute) {
  const ArrayConfig& array = machine.config.array;
  if (array.overlap == Overlap::Full && array.dataflow == Dataflow::WeightStationary) {
    return fold_cycles(machine, compute.rows(), preload.new_weights);
  }
  const FoldSteps steps = fold_steps(array, preload, compute);
  return array.overlap == Overlap::Full
             ? std::max(steps.load, steps.stream)
             : steps.stream + (preload.new_weights ? lone_fold_overhead(machine) : 0);
}

std::int64_t lone_fold_overhead(const MachineLimits& machine) {
  const AcceleratorConfig& config = machine.config;
  return config.array.overlap == Overlap::Full
             ? 0
             : to_i64(lone_fold_cycles(config.array, 0)) + config.scratchpad.read_latency +
                   config.array.extra_latency + kRequestOverhead;
}

}  // namespace systole

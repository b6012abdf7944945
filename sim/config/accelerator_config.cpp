#include "sim/config/accelerator_config.hpp"

#include <algorithm>
#include <tuple>

#include "sim/network/packing.hpp"

namespace systole {
namespace {

constexpr std::uint64_t kBytesPerKib = 1024;
constexpr std::uint32_t kExponentBytes = 4;  // int32
constexpr std::uint32_t kScaleBytes = 4;     // binary32

std::uint32_t row_bytes(std::uint32_t elements, std::uint32_t bits) {
  return static_cast<std::uint32_t>(packed_bytes(elements, bits));
}

std::uint32_t rows_in(std::uint32_t capacity_kib, std::uint32_t bytes) {
  return static_cast<std::uint32_t>(capacity_kib * kBytesPerKib / bytes);
}

/// Bits of the multipliers that a composable PE is made of.
constexpr std::uint32_t kBrickBits = 2;

/// Width that an operand takes in a composable PE.
std::uint32_t composed_bits(std::uint32_t bits) {
  std::uint32_t wide = kBrickBits;
  while (wide < bits) {
    wide *= 2;
  }
  return wide;
}

/// Bits of one operand that a PE takes in a cycle at most: composable, when the other operand is as
/// narrow as a brick, and of `bits` whatever their own width.
std::uint32_t pe_operand_bits(const ArrayConfig& array, std::uint32_t bits) {
  // Widths that the rules refuse must not make rows of nothing before they are read.
  return array.pe == PeKind::Composable
             ? std::max(array.activation_bits * array.weight_bits / kBrickBits, 1U)
             : bits;
}

bool is_unified(const AcceleratorConfig& config) {
  return config.scratchpad.organization == ScratchpadOrganization::Unified;
}

auto fields(const ArrayConfig& c) {
  return std::tie(c.rows, c.cols, c.dataflow, c.overlap, c.number_format, c.activation_bits,
                  c.weight_bits, c.accumulator_bits, c.overflow, c.max_compute_rows,
                  c.extra_latency, c.min_step_rows, c.steps_in_flight, c.gather_rows, c.pe,
                  c.os_drain);
}
auto fields(const ScratchpadConfig& c) {
  return std::tie(c.organization, c.ports, c.read_latency, c.interleave_rows, c.operand_queue,
                  c.activation.capacity_kib, c.activation.banks, c.weight.capacity_kib,
                  c.weight.banks);
}
auto fields(const AccumulatorConfig& c) {
  return std::tie(c.capacity_kib, c.banks, c.read_latency, c.bias_bits);
}
auto fields(const DmaConfig& c) {
  return std::tie(c.bus_bytes, c.max_burst_bytes, c.max_outstanding_reads, c.max_outstanding_writes,
                  c.commands_in_flight, c.max_rows, c.max_blocks, c.request_latency, c.bus_latency,
                  c.data_latency, c.release_latency, c.scratchpad_write_latency,
                  c.accumulator_write_latency, c.bus_queue, c.page_bytes);
}
auto fields(const SequencerConfig& c) {
  return std::tie(c.load_entries, c.execute_entries, c.store_entries, c.frontend_latency,
                  c.command_gap, c.unroller);
}
auto fields(const RequantConfig& c) {
  return std::tie(c.mode, c.variant, c.rounding, c.multiplier_bits, c.seed, c.lanes, c.latency,
                  c.pipeline_entries, c.table_rows);
}
auto fields(const VectorConfig& c) { return std::tie(c.lanes, c.latency, c.mac_lanes); }
auto fields(const DramConfig& c) {
  return std::tie(c.model, c.latency_cycles, c.bytes_per_cycle, c.write_bytes_per_cycle,
                  c.write_latency_cycles, c.preset, c.channels, c.path_latency_cycles);
}
auto fields(const EnergyConfig& c) {
  return std::tie(c.table, c.node, c.dram, c.number_format, c.zero_gating, c.switching_activity);
}

auto fields(const CompilerConfig& c) {
  return std::tie(c.objective, c.fusion, c.buffers, c.depthwise, c.pack_taps, c.candidates);
}

template <typename Block>
bool same(const Block& a, const Block& b) {
  return fields(a) == fields(b);
}

}  // namespace

bool operator==(const AcceleratorConfig& a, const AcceleratorConfig& b) {
  return a.name == b.name && a.clock_mhz == b.clock_mhz && same(a.array, b.array) &&
         same(a.scratchpad, b.scratchpad) && same(a.accumulators, b.accumulators) &&
         same(a.dma, b.dma) && same(a.sequencer, b.sequencer) && same(a.requant, b.requant) &&
         same(a.vector, b.vector) && same(a.dram, b.dram) && same(a.energy, b.energy) &&
         same(a.compiler, b.compiler);
}

std::uint32_t products_per_pe(const ArrayConfig& array, std::uint32_t activation_bits,
                              std::uint32_t weight_bits) {
  if (array.pe == PeKind::Fixed) {
    return 1;
  }
  return array.activation_bits / composed_bits(activation_bits) *
         (array.weight_bits / composed_bits(weight_bits));
}

std::uint32_t format_bits(NumberFormat format, std::uint32_t integer_bits) {
  switch (format) {
    case NumberFormat::Fp16:
    case NumberFormat::Bf16:
      return 16;
    case NumberFormat::Fp32:
      return 32;
    case NumberFormat::Int:
      break;
  }
  return integer_bits;
}

NumberFormat priced_format(const AcceleratorConfig& config) {
  return config.array.number_format != NumberFormat::Int ? config.array.number_format
                                                         : config.energy.number_format;
}

std::uint32_t activation_row_bytes(const AcceleratorConfig& config) {
  const std::uint32_t activations =
      row_bytes(config.array.rows, pe_operand_bits(config.array, config.array.activation_bits));
  return is_unified(config) ? std::max(activations, weight_row_bytes(config)) : activations;
}

std::uint32_t weight_row_bytes(const AcceleratorConfig& config) {
  return row_bytes(config.array.cols, pe_operand_bits(config.array, config.array.weight_bits));
}

std::uint32_t accumulator_row_bytes(const AcceleratorConfig& config) {
  return row_bytes(config.array.cols, config.array.accumulator_bits);
}

std::uint32_t bias_bits(const AcceleratorConfig& config) {
  return config.accumulators.bias_bits == 0 ? config.array.accumulator_bits
                                            : config.accumulators.bias_bits;
}

std::uint32_t bias_row_bytes(const AcceleratorConfig& config) {
  return row_bytes(config.array.cols, bias_bits(config));
}

std::uint32_t requant_entry_bytes(const AcceleratorConfig& config) {
  switch (config.requant.mode) {
    case RequantMode::MultiplierShift:
      break;
    case RequantMode::ShiftOnly:
      return kExponentBytes;
    case RequantMode::FloatScale:
      return kScaleBytes;
  }
  return static_cast<std::uint32_t>(packed_bytes(1, config.requant.multiplier_bits)) +
         kExponentBytes;
}

std::uint32_t activation_rows(const AcceleratorConfig& config) {
  return rows_in(config.scratchpad.activation.capacity_kib, activation_row_bytes(config));
}

std::uint32_t weight_rows(const AcceleratorConfig& config) {
  return is_unified(config)
             ? 0
             : rows_in(config.scratchpad.weight.capacity_kib, weight_row_bytes(config));
}

std::uint32_t accumulator_rows(const AcceleratorConfig& config) {
  return rows_in(config.accumulators.capacity_kib, accumulator_row_bytes(config));
}

}  // namespace systole

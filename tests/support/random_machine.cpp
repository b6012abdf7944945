#include "tests/support/random_machine.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "sim/config/accelerator_rules.hpp"
#include "tests/support/random_layers.hpp"

namespace systole::test {
namespace {

std::uint32_t pick(std::uint32_t low, std::uint32_t high) {
  return *rc::gen::inRange<std::uint32_t>(low, high + 1);
}

std::uint32_t one_of(std::initializer_list<std::uint32_t> values) {
  return *rc::gen::elementOf(std::vector<std::uint32_t>{values});
}

/// The smallest capacity, from `kib` on, that deals at least `fewest` rows to the banks evenly.
std::uint32_t legal_capacity(std::uint32_t kib, std::uint32_t row_bytes, std::uint32_t banks,
                             std::uint32_t fewest) {
  const std::uint32_t step = capacity_step_kib(row_bytes, banks);
  const std::uint32_t wanted = std::max(kib, (fewest * row_bytes + 1023) / 1024);
  return (wanted + step - 1) / step * step;
}

/// What is not left to chance.
struct Always {
  bool composable = false;
  bool saturating = false;  ///< sums so narrow that they do
};

AcceleratorConfig with_all_drawn(AcceleratorConfig config, Always always) {
  ArrayConfig& array = config.array;
  if (always.composable) {
    array.cols = one_of({4, 8, 16});
  }
  array.overlap = pick(0, 1) != 0 ? Overlap::None : Overlap::Full;
  array.os_drain = pick(0, 1) != 0;
  // Widths of operands: blocks of the narrow ones are whole bytes in some arrays only. Pools and
  // sums are of 8 bits.
  array.activation_bits = one_of({8, 8, 12, 16});
  array.weight_bits = array.cols % 8 == 0 ? one_of({8, 8, 1, 2, 3, 4, 16}) : one_of({8, 8, 12, 16});
  array.accumulator_bits = one_of({32, 32, 32, 9, 16, 21, 24, 48, 64});
  array.overflow = pick(0, 2) == 0 ? Overflow::Saturate : Overflow::Wrap;
  if (always.saturating) {
    array.accumulator_bits = one_of({8, 10, 12, 14, 16});
    array.overflow = Overflow::Saturate;
  }
  if (config.requant.mode == RequantMode::MultiplierShift) {
    config.requant.variant =
        array.accumulator_bits > 32 ? RequantVariant::Single : config.requant.variant;
  }
  if (always.composable || pick(0, 3) == 0) {
    array.pe = PeKind::Composable;
    array.activation_bits = one_of({8, 8, 16});
    array.weight_bits = array.cols % 4 == 0 ? one_of({8, 8, 2, 4, 16}) : one_of({8, 8, 16});
  }
  array.extra_latency = one_of({0, 0, 1, 5});

  array.min_step_rows = one_of({1, 1, 2, 8});
  array.steps_in_flight = one_of({1, 2, 3, 64});

  ScratchpadConfig& scratchpad = config.scratchpad;
  scratchpad.ports = pick(0, 1) != 0 ? BankPorts::Dual : BankPorts::Single;
  scratchpad.read_latency = one_of({1, 2, 4, 7});
  scratchpad.activation.banks = one_of({1, 2, 3, 4, 8});
  scratchpad.weight.banks = one_of({1, 2, 4});
  config.accumulators.banks = one_of({1, 2, 4});
  config.accumulators.read_latency = one_of({1, 1, 2, 12, 100});
  config.accumulators.bias_bits =
      std::min(one_of({0, 0, 0, 8, 12, 17, 24, 48}), array.accumulator_bits);

  DmaConfig& dma = config.dma;
  dma.bus_bytes = 1U << pick(0, 6);
  dma.max_burst_bytes = dma.bus_bytes << pick(0, 4);
  dma.max_outstanding_reads = one_of({1, 2, 3, 16});
  dma.max_outstanding_writes = one_of({1, 2, 3, 16});
  dma.commands_in_flight = one_of({1, 2, 3, 8});
  dma.request_latency = one_of({0, 0, 1, 6});
  dma.bus_latency = one_of({1, 1, 2, 6});
  dma.data_latency = one_of({0, 0, 1, 6});
  dma.release_latency = one_of({1, 1, 2, 6});
  dma.scratchpad_write_latency = one_of({1, 1, 2, 6});
  dma.accumulator_write_latency = one_of({1, 1, 2, 6});
  config.dram.latency_cycles = pick(2, 200);
  config.dram.bytes_per_cycle = dma.bus_bytes >> pick(0, 2);
  config.dram.bytes_per_cycle = std::max(config.dram.bytes_per_cycle, 1U);
  if (pick(0, 3) == 0) {
    config.dram.model = DramModel::Banked;
    config.dram.preset = std::array{"ddr4_2400", "lpddr4_3200", "hbm2", "ddr3_2133"}.at(pick(0, 3));
    config.dram.path_latency_cycles = pick(0, 30);
  } else if (pick(0, 1) != 0) {
    config.dram.write_bytes_per_cycle = std::max(config.dma.bus_bytes >> pick(0, 2), 1U);
  }
  if (pick(0, 2) == 0) {
    config.dram.write_latency_cycles = one_of({2, 5, 40, 300});
  }
  config.sequencer.command_gap = pick(0, 3) == 0 ? pick(1, 12) : 1;

  config.sequencer.load_entries = one_of({1, 2, 3, 8, 24});
  config.sequencer.execute_entries = one_of({kFewestExecuteEntries, 3, 4, 16, 40});
  config.sequencer.store_entries = one_of({1, 2, 4});

  config.sequencer.frontend_latency = one_of({0, 0, 1, 6});

  config.requant.pipeline_entries = one_of({1, 2, 4, 16});
  config.requant.lanes = pick(1, array.cols);
  config.requant.latency = one_of({1, 2, 8, 30});
  config.vector.lanes = pick(1, array.rows);
  config.vector.mac_lanes = pick(0, array.rows);
  config.vector.latency = one_of({1, 2, 4, 20});

  const bool unified = scratchpad.organization == ScratchpadOrganization::Unified;
  scratchpad.activation.capacity_kib =
      legal_capacity(scratchpad.activation.capacity_kib, activation_row_bytes(config),
                     scratchpad.activation.banks, unified ? array.rows + 1 : 2);
  scratchpad.weight.capacity_kib =
      legal_capacity(scratchpad.weight.capacity_kib, weight_row_bytes(config),
                     scratchpad.weight.banks, array.rows);
  config.accumulators.capacity_kib =
      legal_capacity(config.accumulators.capacity_kib, accumulator_row_bytes(config),
                     config.accumulators.banks, 2);
  if (unified) {
    scratchpad.weight = {};
  }
  // Most machines have a bank in one piece, as most real ones do.
  const std::uint32_t of_activations = activation_rows(config) / scratchpad.activation.banks;
  const std::uint32_t of_a_bank =
      unified ? of_activations
              : std::gcd(of_activations, weight_rows(config) / scratchpad.weight.banks);
  const std::uint32_t interleave = one_of({0, 0, 1, 2, 16});
  scratchpad.interleave_rows = interleave == 0 ? 0 : std::gcd(interleave, of_a_bank);
  config.energy.switching_activity = pick(0, 2) == 0;
  return config;
}

}  // namespace

AcceleratorConfig random_machine() { return with_all_drawn(random_accelerator(), {}); }

AcceleratorConfig random_compiling_machine() {
  AcceleratorConfig config = random_accelerator();
  const bool keep = pick(0, 2) != 0;
  if (keep) {  // square, and with room for what is kept
    config.array.cols = config.array.rows;
    config.scratchpad.activation.capacity_kib *= 4;
  }
  config = with_all_drawn(std::move(config), {});
  if (pick(0, 1) != 0) {
    config.vector.lanes = 1;  // still taken when the next layer comes
  }
  CompilerConfig& compiler = config.compiler;
  compiler.fusion = keep ? Fusion::Keep : Fusion::None;
  compiler.objective = pick(0, 1) != 0 ? Objective::Traffic : Objective::Cycles;
  compiler.buffers = pick(1, 3);
  compiler.depthwise = static_cast<DepthwiseMapping>(pick(0, config.vector.mac_lanes > 0 ? 2 : 1));
  compiler.pack_taps = pick(0, 1) != 0;
  compiler.candidates = pick(1, 3);
  return config;
}

AcceleratorConfig random_unrolling_machine() {
  AcceleratorConfig config = random_accelerator();
  ArrayConfig& array = config.array;
  array.dataflow = Dataflow::WeightStationary;
  array.rows = array.cols = one_of({2, 4, 8, 16});
  config.scratchpad.organization = ScratchpadOrganization::Unified;
  config = with_all_drawn(std::move(config), {});
  array.pe = PeKind::Fixed;
  array.activation_bits = array.weight_bits = 8;
  array.accumulator_bits = 32;
  array.overflow = Overflow::Wrap;
  array.gather_rows = 1;
  array.max_compute_rows = std::max(array.max_compute_rows, array.rows);
  config.dma.max_rows = std::max(config.dma.max_rows, array.rows);
  // Both halves hold a tile of each operand.
  ScratchpadConfig& scratchpad = config.scratchpad;
  scratchpad.interleave_rows = 0;
  scratchpad.activation.capacity_kib =
      legal_capacity(scratchpad.activation.capacity_kib, activation_row_bytes(config),
                     2 * scratchpad.activation.banks, 4 * array.rows);
  config.accumulators.banks = 2;
  config.accumulators.bias_bits = 0;
  config.accumulators.capacity_kib = legal_capacity(
      config.accumulators.capacity_kib, accumulator_row_bytes(config), 2, 2 * array.rows);
  config.compiler.fusion = Fusion::None;
  config.sequencer.unroller = Unroller::Loops;
  const std::uint32_t beyond_latency = one_of({0, 1, 11});
  config.scratchpad.operand_queue =
      pick(0, 3) == 0 ? 0 : config.scratchpad.read_latency + beyond_latency;
  if (pick(0, 3) > 0) {
    config.dma.bus_queue = one_of({2, 3, 8});
    config.dma.page_bytes = one_of({0, std::max(config.dma.max_burst_bytes, 64U), 4096});
    config.dma.bus_latency = 4;
    config.dma.data_latency = 3;
    config.dma.release_latency = 3;
  }
  return config;
}

AcceleratorConfig random_composable_machine() {
  return with_all_drawn(random_accelerator(), {true, false});
}

AcceleratorConfig random_saturating_machine() {
  return with_all_drawn(random_accelerator(), {true, true});
}

AcceleratorConfig with_multipliers(AcceleratorConfig config) {
  config.requant.mode = RequantMode::MultiplierShift;
  return config;
}

}  // namespace systole::test

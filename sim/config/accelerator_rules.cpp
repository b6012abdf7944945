#include "sim/config/accelerator_rules.hpp"

#include <fmt/format.h>

#include <numeric>

namespace systole {
namespace {

constexpr std::uint64_t kBytesPerKib = 1024;
constexpr std::uint32_t kMaxSequencerEntries = 1024;  // of all classes: dependency bits
constexpr std::uint32_t kTfliteBits = 32;

/// One memory, by the paths of the keys that shape it.
struct Memory {
  std::string capacity_key;
  std::string banks_key;
  std::vector<std::string> row_keys;  // what makes its rows as wide as they are
  std::uint32_t capacity_kib;
  std::uint32_t banks;
  std::uint32_t row_bytes;
  std::uint32_t fewest_rows;
  const char* why_fewest;
};

void check_memory(const Memory& memory, std::vector<BrokenRule>& broken) {
  const auto blamed = [&](std::vector<std::string> keys) {
    keys.insert(keys.end(), memory.row_keys.begin(), memory.row_keys.end());
    return keys;
  };
  const std::string row_keys = fmt::format("{}", fmt::join(memory.row_keys, ", "));
  const std::uint32_t step = capacity_step_kib(memory.row_bytes, memory.banks);
  if (memory.capacity_kib % step != 0) {
    broken.push_back(
        {blamed({memory.capacity_key, memory.banks_key}),
         fmt::format("{} ({}) is not a whole number of {}-byte rows ({}) in each of {} banks ({}), "
                     "expected a multiple of {}",
                     memory.capacity_key, memory.capacity_kib, memory.row_bytes, row_keys,
                     memory.banks, memory.banks_key, step)});
    return;
  }
  const std::uint64_t rows = memory.capacity_kib * kBytesPerKib / memory.row_bytes;
  if (rows < memory.fewest_rows) {
    broken.push_back(
        {blamed({memory.capacity_key}),
         fmt::format("{} ({}) holds {} {} of {} bytes ({}), expected at least {}: {}",
                     memory.capacity_key, memory.capacity_kib, rows, rows == 1 ? "row" : "rows",
                     memory.row_bytes, row_keys, memory.fewest_rows, memory.why_fewest)});
  }
}

/// Blocks of interleaved rows fill every bank.
void check_interleaving(const char* banks_key, std::uint32_t rows, std::uint32_t banks,
                        std::uint32_t interleave_rows, std::vector<BrokenRule>& broken) {
  if (interleave_rows != 0 && rows / banks % interleave_rows != 0) {
    broken.push_back({{"scratchpad.interleave_rows", banks_key},
                      fmt::format("scratchpad.interleave_rows ({}) does not divide the {} rows of "
                                  "a bank ({}), expected a divisor",
                                  interleave_rows, rows / banks, banks_key)});
  }
}

/// Of rows of operands, `elements_key` of them.
std::vector<std::string> operand_row_keys(const ArrayConfig& array, const char* elements_key,
                                          const char* bits_key) {
  if (array.pe == PeKind::Composable) {
    return {elements_key, "array.activation_bits", "array.weight_bits", "array.pe"};
  }
  return {elements_key,
          array.number_format == NumberFormat::Int ? bits_key : "array.number_format"};
}

void check_memories(const AcceleratorConfig& config, std::vector<BrokenRule>& broken) {
  const ScratchpadConfig& scratchpad = config.scratchpad;
  const std::vector<std::string> of_activations =
      operand_row_keys(config.array, "array.rows", "array.activation_bits");
  const std::vector<std::string> of_weights =
      operand_row_keys(config.array, "array.cols", "array.weight_bits");
  if (scratchpad.organization == ScratchpadOrganization::Unified) {
    const ArrayConfig& array = config.array;
    const bool weights_are_wider =
        array.pe == PeKind::Composable
            ? array.rows < array.cols
            : array.rows * array.activation_bits < array.cols * array.weight_bits;
    check_memory(
        {"scratchpad.capacity_kib", "scratchpad.banks",
         weights_are_wider ? of_weights : of_activations, scratchpad.activation.capacity_kib,
         scratchpad.activation.banks, activation_row_bytes(config), fewest_activation_rows(config),
         "the weights of one fold and a row of activations"},
        broken);
  } else {
    check_memory({"scratchpad.activation.capacity_kib", "scratchpad.activation.banks",
                  of_activations, scratchpad.activation.capacity_kib, scratchpad.activation.banks,
                  activation_row_bytes(config), fewest_activation_rows(config),
                  "the two operands of an addition"},
                 broken);
    check_memory({"scratchpad.weight.capacity_kib", "scratchpad.weight.banks", of_weights,
                  scratchpad.weight.capacity_kib, scratchpad.weight.banks, weight_row_bytes(config),
                  config.array.rows, "the weights of one fold (array.rows)"},
                 broken);
  }
  const bool unified = scratchpad.organization == ScratchpadOrganization::Unified;
  check_interleaving(unified ? "scratchpad.banks" : "scratchpad.activation.banks",
                     activation_rows(config), scratchpad.activation.banks,
                     scratchpad.interleave_rows, broken);
  if (!unified) {
    check_interleaving("scratchpad.weight.banks", weight_rows(config), scratchpad.weight.banks,
                       scratchpad.interleave_rows, broken);
  }
  check_memory({"accumulators.capacity_kib",
                "accumulators.banks",
                {"array.cols", "array.accumulator_bits"},
                config.accumulators.capacity_kib,
                config.accumulators.banks,
                accumulator_row_bytes(config),
                kFewestAccumulatorRows,
                "one being added to while one is stored"},
               broken);
}

void check_beats(const char* key, std::uint32_t bytes_per_cycle, const DmaConfig& dma,
                 std::vector<BrokenRule>& broken) {
  if (bytes_per_cycle > dma.bus_bytes) {
    broken.push_back(
        {{key, "dma.bus_bytes"},
         fmt::format("{} ({}) is above dma.bus_bytes ({}), expected at most one beat a "
                     "cycle",
                     key, bytes_per_cycle, dma.bus_bytes)});
  } else if (dma.bus_bytes % bytes_per_cycle != 0) {
    broken.push_back({{key, "dma.bus_bytes"},
                      fmt::format("{} ({}) does not divide dma.bus_bytes ({}), expected a power of "
                                  "two",
                                  key, bytes_per_cycle, dma.bus_bytes)});
  }
}

void check_transfers(const AcceleratorConfig& config, std::vector<BrokenRule>& broken) {
  const DmaConfig& dma = config.dma;
  if (dma.max_burst_bytes < dma.bus_bytes) {
    broken.push_back({{"dma.max_burst_bytes", "dma.bus_bytes"},
                      fmt::format("dma.max_burst_bytes ({}) is below dma.bus_bytes ({}), expected "
                                  "at least one beat",
                                  dma.max_burst_bytes, dma.bus_bytes)});
  }
  check_beats("dram.bytes_per_cycle", config.dram.bytes_per_cycle, dma, broken);
  if (config.dram.write_bytes_per_cycle > 0) {
    check_beats("dram.write_bytes_per_cycle", config.dram.write_bytes_per_cycle, dma, broken);
  }
}

void check_at_most(const std::string& key, std::uint32_t value, const std::string& limit_key,
                   std::uint32_t limit, const std::string& why, std::vector<BrokenRule>& broken) {
  if (value > limit) {
    broken.push_back({{key, limit_key},
                      fmt::format("{} ({}) is above {} ({}), expected at most {}", key, value,
                                  limit_key, limit, why)});
  }
}

bool is_tflite(const RequantConfig& requant) {
  return requant.mode == RequantMode::MultiplierShift && requant.variant == RequantVariant::Tflite;
}

/// A composable PE is a square of 2-bit multipliers, split in halves.
void check_composable(const char* key, std::uint32_t bits, std::vector<BrokenRule>& broken) {
  if (bits < 2 || (bits & (bits - 1)) != 0) {
    broken.push_back({{key, "array.pe"},
                      fmt::format("{} ({}) is no power of two, expected 2, 4, 8 or 16: array.pe "
                                  "(composable) is made of 2-bit multipliers",
                                  key, bits)});
  }
}

/// Loop instructions are of a square weight-stationary array of bytes, whose tiles are one load and
/// one compute command each (Gemmini's LoopMatmul and LoopConv).
void check_unroller(const AcceleratorConfig& config, std::vector<BrokenRule>& broken) {
  const ArrayConfig& array = config.array;
  const auto need = [&](bool holds, const char* key, const std::string& expected) {
    if (!holds) {
      broken.push_back(
          {{"sequencer.unroller", key},
           fmt::format("loops are not possible with this {}, expected {}", key, expected)});
    }
  };
  need(array.dataflow == Dataflow::WeightStationary, "array.dataflow", "weight_stationary");
  need(array.rows == array.cols, "array.cols", fmt::format("array.rows ({})", array.rows));
  need(array.pe == PeKind::Fixed, "array.pe", "fixed");
  need(array.activation_bits == 8, "array.activation_bits", "8");
  need(array.weight_bits == 8, "array.weight_bits", "8");
  need(array.accumulator_bits == 32, "array.accumulator_bits", "32");
  need(array.overflow == Overflow::Wrap, "array.overflow", "wrap");
  need(bias_bits(config) == 32, "accumulators.bias_bits", "32");
  need(array.max_compute_rows >= array.rows, "array.max_compute_rows", "array.rows or more");
  need(config.dma.max_rows >= array.rows, "dma.max_rows", "array.rows or more");
  need(config.scratchpad.organization == ScratchpadOrganization::Unified, "scratchpad.organization",
       "unified");
  need(config.compiler.fusion == Fusion::None, "compiler.fusion", "none");
  need(config.compiler.depthwise == DepthwiseMapping::Diagonal, "compiler.depthwise", "diagonal");
  need(!config.compiler.pack_taps, "compiler.pack_taps", "false");
}

/// The stages between the DMA units and the DRAM are counted by the keys that say how long that
/// way is without a crossbar.
void check_crossbar(const DmaConfig& dma, std::vector<BrokenRule>& broken) {
  const auto need = [&](std::uint32_t cycles, const char* key, std::uint32_t expected) {
    if (cycles != expected) {
      broken.push_back({{key, "dma.bus_queue"},
                        fmt::format("{} ({}) is not that of a crossbar (dma.bus_queue), expected "
                                    "{} or dma.bus_queue: 0",
                                    key, cycles, expected)});
    }
  };
  need(dma.bus_latency, "dma.bus_latency", 4);
  need(dma.data_latency, "dma.data_latency", 3);
  need(dma.release_latency, "dma.release_latency", 3);
  if (dma.page_bytes > 0 && dma.page_bytes < dma.max_burst_bytes) {
    broken.push_back({{"dma.page_bytes", "dma.max_burst_bytes"},
                      fmt::format("dma.page_bytes ({}) is below dma.max_burst_bytes ({}), expected "
                                  "as many at least or 0: a burst is of one page",
                                  dma.page_bytes, dma.max_burst_bytes)});
  }
}

void check_operand_queue(const ScratchpadConfig& scratchpad, std::vector<BrokenRule>& broken) {
  if (scratchpad.operand_queue > 0 && scratchpad.operand_queue < scratchpad.read_latency) {
    broken.push_back(
        {{"scratchpad.operand_queue", "scratchpad.read_latency"},
         fmt::format(
             "scratchpad.operand_queue ({}) is below scratchpad.read_latency ({}), expected "
             "as many at least or 0: operands of so many cycles are always on their way",
             scratchpad.operand_queue, scratchpad.read_latency)});
  }
}

// Where the roundings are fixed there is none for the LFSR to decide.
void check_rounding(const RequantConfig& requant, std::vector<BrokenRule>& broken) {
  const bool tflite = is_tflite(requant);
  if (requant.rounding == Rounding::Stochastic &&
      (tflite || requant.mode == RequantMode::FloatScale)) {
    broken.push_back(
        {{"requant.rounding", tflite ? "requant.variant" : "requant.mode"},
         fmt::format("requant.rounding (stochastic) is not possible with {}, whose "
                     "roundings are fixed, expected mode shift_only, or multiplier_shift with "
                     "variant single",
                     tflite ? "requant.variant (tflite)" : "requant.mode (float_scale)")});
  }
}

// Between the requantization unit and the scratchpad nothing shifts a row or cuts it.
void check_kept_blocks(const AcceleratorConfig& config, std::vector<BrokenRule>& broken) {
  const ArrayConfig& array = config.array;
  if (config.compiler.fusion == Fusion::Keep && array.rows != array.cols) {
    broken.push_back({{"compiler.fusion", "array.cols"},
                      fmt::format("keep with array.rows ({}) other than "
                                  "array.cols ({}), expected none: what is requantized at once, "
                                  "array.cols channels, is no scratchpad row of array.rows, and "
                                  "nothing between them shifts or cuts it",
                                  array.rows, array.cols)});
  }
}

// What toggles is counted in integers, and with the operands of all MACs.
void check_switching(const EnergyConfig& energy, std::vector<BrokenRule>& broken) {
  if (energy.switching_activity && energy.zero_gating) {
    broken.push_back({{"energy.switching_activity", "energy.zero_gating"},
                      "energy.switching_activity with energy.zero_gating: a gated operand would "
                      "not toggle, expected one of them"});
  }
}

// Floating point has psums of 32 bits, and one format at a time.
void check_number_format(const AcceleratorConfig& config, std::vector<BrokenRule>& broken) {
  const ArrayConfig& array = config.array;
  const EnergyConfig& energy = config.energy;
  if (energy.switching_activity && priced_format(config) != NumberFormat::Int) {
    broken.push_back({{"energy.switching_activity", "energy.number_format", "array.number_format"},
                      "energy.switching_activity counts bits of integers, expected "
                      "number_format int, of array and of energy"});
  }
  if (array.number_format == NumberFormat::Int) {
    return;
  }
  if (array.accumulator_bits != kFloatPsumBits) {
    broken.push_back({{"array.accumulator_bits", "array.number_format"},
                      fmt::format("array.accumulator_bits ({}) with a floating-point "
                                  "array.number_format, expected {}",
                                  array.accumulator_bits, kFloatPsumBits)});
  }
  if (array.pe != PeKind::Fixed) {
    broken.push_back({{"array.pe", "array.number_format"},
                      "array.pe (composable) is of integers, expected fixed with a floating-point "
                      "array.number_format"});
  }
  if (array.overflow != Overflow::Wrap) {
    broken.push_back({{"array.overflow", "array.number_format"},
                      "array.overflow (saturate) is of integers, expected wrap with a "
                      "floating-point array.number_format"});
  }
  if (energy.number_format != NumberFormat::Int && energy.number_format != array.number_format) {
    broken.push_back({{"energy.number_format", "array.number_format"},
                      "energy.number_format prices integers as another format, expected int or "
                      "array.number_format's own"});
  }
}

}  // namespace

std::uint32_t capacity_step_kib(std::uint32_t row_bytes, std::uint32_t banks) {
  const std::uint64_t one_row_each = std::uint64_t{row_bytes} * banks;
  return static_cast<std::uint32_t>(std::lcm(one_row_each, kBytesPerKib) / kBytesPerKib);
}

std::uint32_t fewest_weight_rows(const AcceleratorConfig& config) { return config.array.rows; }

std::uint32_t fewest_activation_rows(const AcceleratorConfig& config) {
  return config.scratchpad.organization == ScratchpadOrganization::Unified
             ? fewest_weight_rows(config) + 1
             : 2;
}

std::vector<BrokenRule> broken_rules(const AcceleratorConfig& config) {
  std::vector<BrokenRule> broken;
  check_memories(config, broken);
  check_transfers(config, broken);
  check_at_most("requant.lanes", config.requant.lanes, "array.cols", config.array.cols,
                "the values of an accumulator row", broken);
  check_at_most("vector.lanes", config.vector.lanes, "array.rows", config.array.rows,
                "the elements of a scratchpad row", broken);
  check_at_most("accumulators.bias_bits", config.accumulators.bias_bits, "array.accumulator_bits",
                config.array.accumulator_bits, "what a bias is added to", broken);
  check_at_most("vector.mac_lanes", config.vector.mac_lanes, "array.rows", config.array.rows,
                "the elements of a scratchpad row", broken);
  if (config.compiler.depthwise == DepthwiseMapping::Vector && config.vector.mac_lanes == 0) {
    broken.push_back({{"compiler.depthwise", "vector.mac_lanes"},
                      "compiler.depthwise (vector) needs multipliers in the vector unit, expected "
                      "vector.mac_lanes of 1 at least"});
  }
  check_rounding(config.requant, broken);
  if (config.array.pe == PeKind::Composable) {
    check_composable("array.activation_bits", config.array.activation_bits, broken);
    check_composable("array.weight_bits", config.array.weight_bits, broken);
  }
  if (is_tflite(config.requant) && config.array.accumulator_bits > kTfliteBits) {
    broken.push_back({{"array.accumulator_bits", "requant.variant"},
                      fmt::format("array.accumulator_bits ({}) is above {}, all that "
                                  "requant.variant (tflite) takes, expected variant single",
                                  config.array.accumulator_bits, kTfliteBits)});
  }
  check_kept_blocks(config, broken);
  check_switching(config.energy, broken);
  check_number_format(config, broken);
  const SequencerConfig& sequencer = config.sequencer;
  if (sequencer.unroller == Unroller::Loops) {
    check_unroller(config, broken);
    check_operand_queue(config.scratchpad, broken);
    if (config.dma.bus_queue > 0) {
      check_crossbar(config.dma, broken);
    }
  }
  const std::uint32_t entries =
      sequencer.load_entries + sequencer.execute_entries + sequencer.store_entries;
  if (entries > kMaxSequencerEntries) {
    broken.push_back(
        {{"sequencer.load_entries", "sequencer.execute_entries", "sequencer.store_entries"},
         fmt::format("load_entries ({}), execute_entries ({}) and store_entries ({}) are {}, "
                     "expected at most {} together",
                     sequencer.load_entries, sequencer.execute_entries, sequencer.store_entries,
                     entries, kMaxSequencerEntries)});
  }
  return broken;
}

std::vector<BrokenRule> unsupported(const AcceleratorConfig&) { return {}; }

}  // namespace systole

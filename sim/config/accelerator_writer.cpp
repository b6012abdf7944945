#include <fmt/format.h>

#include <utility>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/accelerator_keywords.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/config/yaml_quote.hpp"

namespace systole {
namespace {

/// Writes `key: value  # comment` lines, comments in one column.
class YamlWriter {
 public:
  void begin(const std::string& key) {
    text_ += indent() + key + ":\n";
    ++depth_;
  }
  void end() { --depth_; }

  void key(const std::string& key, const std::string& value, const std::string& comment) {
    text_ += fmt::format("{:<{}}  # {}\n", indent() + key + ": " + value, kCommentColumn, comment);
  }
  void key(const std::string& name, std::uint32_t value, const std::string& comment) {
    key(name, std::to_string(value), comment);
  }
  void key(const std::string& name, bool value, const std::string& comment) {
    key(name, std::string{value ? "true" : "false"}, comment);
  }
  template <typename E, std::size_t N>
  void key(const std::string& name, E value, const Choice<E> (&choices)[N]) {
    const OneOf all{choices};
    key(name, all.name_of(value), choice_list(all.names()));
  }

  std::string take() { return std::move(text_); }

 private:
  static constexpr std::size_t kCommentColumn = 34;
  std::string indent() const {
    const std::size_t columns = 2 * depth_;
    std::string spaces;
    spaces.resize(columns, ' ');
    return spaces;
  }

  std::string text_;
  std::size_t depth_ = 0;
};

void write_array(YamlWriter& out, const ArrayConfig& config) {
  out.begin("array");
  out.key("rows", config.rows, "PEs along the reduction (K)");
  out.key("cols", config.cols, "PEs along the output channels (N)");
  out.key("dataflow", config.dataflow, keywords::kDataflow);
  out.key("overlap", config.overlap, keywords::kOverlap);
  out.key("number_format", config.number_format, keywords::kNumberFormat);
  out.key("activation_bits", config.activation_bits, "bits");
  out.key("weight_bits", config.weight_bits, "bits");
  out.key("accumulator_bits", config.accumulator_bits, "bits");
  out.key("overflow", config.overflow, keywords::kOverflow);
  out.key("max_compute_rows", config.max_compute_rows, "ifmap rows of one compute command");
  out.key("extra_latency", config.extra_latency, "cycles beyond rows + cols - 1");
  out.key("min_step_rows", config.min_step_rows, "cycles that a compute takes at least");
  out.key("steps_in_flight", config.steps_in_flight, "steps inside the array at most");
  out.key("gather_rows", config.gather_rows, "scratchpad rows of one read for the array");
  out.key("pe", config.pe, keywords::kPeKind);
  out.key("os_drain", config.os_drain, "output stationary, overlap none: folds wait for the drain");
  out.end();
}

void write_banks(YamlWriter& out, std::uint32_t capacity_kib, std::uint32_t banks) {
  out.key("capacity_kib", capacity_kib, "KiB, all banks together");
  out.key("banks", banks, "banks");
}

void write_scratchpad(YamlWriter& out, const ScratchpadConfig& config) {
  out.begin("scratchpad");
  out.key("organization", config.organization, keywords::kOrganization);
  out.key("ports", config.ports, keywords::kPorts);
  out.key("read_latency", config.read_latency, "cycles from a bank's grant to the array's edge");
  out.key("interleave_rows", config.interleave_rows,
          "consecutive rows of one bank; 0: each bank is one part");
  out.key("operand_queue", config.operand_queue,
          "cycles of operands on the way to the array; 0: what it will take is read");
  if (config.organization == ScratchpadOrganization::Unified) {
    write_banks(out, config.activation.capacity_kib, config.activation.banks);
  } else {
    out.begin("activation");
    write_banks(out, config.activation.capacity_kib, config.activation.banks);
    out.end();
    out.begin("weight");
    write_banks(out, config.weight.capacity_kib, config.weight.banks);
    out.end();
  }
  out.end();
}

void write_dma(YamlWriter& out, const DmaConfig& config) {
  out.begin("dma");
  out.key("bus_bytes", config.bus_bytes, "bytes of one beat");
  out.key("max_burst_bytes", config.max_burst_bytes, "bytes of the largest burst");
  out.key("max_outstanding_reads", config.max_outstanding_reads, "bursts");
  out.key("max_outstanding_writes", config.max_outstanding_writes, "bursts");
  out.key("commands_in_flight", config.commands_in_flight,
          "loads between their first row and their completion");
  out.key("max_rows", config.max_rows, "rows of one load or store command");
  out.key("max_blocks", config.max_blocks, "scratchpad rows that one DRAM row may span");
  out.key("request_latency", config.request_latency, "cycles from a row's turn to its first burst");
  out.key("bus_latency", config.bus_latency, "cycles from a burst to its request on the bus");
  out.key("data_latency", config.data_latency, "cycles from a beat at the port to the row merger");
  out.key("release_latency", config.release_latency,
          "cycles from a burst's last beat until its slot is free");
  out.key("scratchpad_write_latency", config.scratchpad_write_latency,
          "cycles from the row merger into the scratchpad");
  out.key("accumulator_write_latency", config.accumulator_write_latency,
          "cycles from the row merger into the accumulators");
  out.key("bus_queue", config.bus_queue, "beats in each queue of the crossbar; 0: no crossbar");
  out.key("page_bytes", config.page_bytes, "bytes of a page of virtual memory; 0: none");
  out.end();
}

void write_units(YamlWriter& out, const AcceleratorConfig& config) {
  out.begin("sequencer");
  out.key("load_entries", config.sequencer.load_entries, "commands waiting or running");
  out.key("execute_entries", config.sequencer.execute_entries, "commands waiting or running");
  out.key("store_entries", config.sequencer.store_entries, "commands waiting or running");
  out.key("frontend_latency", config.sequencer.frontend_latency,
          "cycles from a command's acceptance to its allocation");
  out.key("command_gap", config.sequencer.command_gap,
          "cycles from a command to the next that the host offers");
  out.key("unroller", config.sequencer.unroller, keywords::kUnroller);
  out.end();
  out.begin("requant");
  out.key("mode", config.requant.mode, keywords::kRequantMode);
  out.key("variant", config.requant.variant, keywords::kRequantVariant);
  out.key("rounding", config.requant.rounding, keywords::kRounding);
  out.key("multiplier_bits", config.requant.multiplier_bits, "bits");
  out.key("seed", config.requant.seed, "of stochastic rounding");
  out.key("lanes", config.requant.lanes, "accumulator values a cycle");
  out.key("latency", config.requant.latency, "cycles from accumulator row to output row");
  out.key("pipeline_entries", config.requant.pipeline_entries,
          "blocks in the scaling pipeline at most");
  out.key("table_rows", config.requant.table_rows, "rows of array.cols channels' constants");
  out.end();
  out.begin("vector");
  out.key("lanes", config.vector.lanes, "elements a cycle");
  out.key("latency", config.vector.latency, "cycles from the last operand row to the result row");
  out.key("mac_lanes", config.vector.mac_lanes, "products a cycle; 0: no multipliers");
  out.end();
}

}  // namespace

std::string accelerator_to_yaml(const AcceleratorConfig& config) {
  YamlWriter out;
  out.key("name", quoted_yaml(config.name), "any text");
  out.key("clock_mhz", config.clock_mhz, "MHz");
  write_array(out, config.array);
  write_scratchpad(out, config.scratchpad);
  out.begin("accumulators");
  write_banks(out, config.accumulators.capacity_kib, config.accumulators.banks);
  out.key("read_latency", config.accumulators.read_latency,
          "cycles from a bank's grant to the requantization unit");
  out.key("bias_bits", config.accumulators.bias_bits,
          "bits of a bias in DRAM; 0: array.accumulator_bits");
  out.end();
  write_dma(out, config.dma);
  write_units(out, config);
  out.begin("dram");
  out.key("model", config.dram.model, keywords::kDramModel);
  out.key("latency_cycles", config.dram.latency_cycles, "cycles from request to first beat");
  out.key("bytes_per_cycle", config.dram.bytes_per_cycle, "bytes a cycle");
  out.key("write_bytes_per_cycle", config.dram.write_bytes_per_cycle,
          "bytes a cycle of writes; 0: as bytes_per_cycle");
  out.key("write_latency_cycles", config.dram.write_latency_cycles,
          "cycles from write data to acknowledgement; 0: as latency_cycles");
  out.key("preset", quoted_yaml(config.dram.preset), "of configs/dram, or a file; model banked");
  out.key("channels", config.dram.channels, "model banked; 0: as the preset has");
  out.key("path_latency_cycles", config.dram.path_latency_cycles,
          "interconnect and controller, there and back; model banked");
  out.end();
  out.begin("energy");
  out.key("table", quoted_yaml(config.energy.table), "file, relative to this one");
  out.key("node", OneOf{keywords::kEnergyNode}.name_of(config.energy.node),
          "process that the table's figures are scaled to");
  out.key("dram", quoted_yaml(config.energy.dram), "a standard of the table, or default");
  out.key("number_format", config.energy.number_format, keywords::kNumberFormat);
  out.key("zero_gating", config.energy.zero_gating, "MACs with a zero operand cost no arithmetic");
  out.key("switching_activity", config.energy.switching_activity,
          "the array's costs follow the bits that toggle");
  out.end();
  out.begin("compiler");
  out.key("objective", config.compiler.objective, keywords::kObjective);
  out.key("fusion", config.compiler.fusion, keywords::kFusion);
  out.key("buffers", config.compiler.buffers, "copies of a buffer at most");
  out.key("depthwise", config.compiler.depthwise, keywords::kDepthwise);
  out.key("pack_taps", config.compiler.pack_taps, "taps of a kernel row side by side");
  out.key("candidates", config.compiler.candidates, "tilings of a layer that are timed");
  out.end();
  return out.take();
}

}  // namespace systole

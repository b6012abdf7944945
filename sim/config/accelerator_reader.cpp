#include <algorithm>
#include <filesystem>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/accelerator_keywords.hpp"
#include "sim/config/accelerator_rules.hpp"
#include "sim/config/reader.hpp"
#include "sim/config/unreadable.hpp"

namespace systole {
namespace {

constexpr InRange kPes{1U, 1024U};
constexpr InRange kOperandBits{1U, 16U};
constexpr InRange kAccumulatorBits{8U, 64U};
constexpr InRange kCapacityKib{1U, 1048576U};
constexpr InRange kBanks{1U, 1024U};
constexpr InRange kEntries{1U, 1024U};
constexpr InRange kLanes{1U, 1024U};
constexpr InRange kRows{1U, 65536U};
constexpr InRange kPipeline{1U, 1024U};
constexpr InRange kDelay{0U, 1024U};

/// Bus and burst sizes: addresses are aligned to them.
void read_power_of_two(ConfigReader& node, const std::string& key, std::uint32_t& out,
                       InRange<std::uint32_t> range) {
  std::uint32_t value = out;
  node.optional(key, value, range);
  if ((value & (value - 1)) == 0) {
    out = value;
  } else {
    node.error(key, std::to_string(value) + " is no power of two, expected one in " +
                        std::to_string(range.lo) + ".." + std::to_string(range.hi));
  }
}

/// A floating-point format has a width of its own, whatever that of integers.
void read_operand_bits(ConfigReader& node, const std::string& key, NumberFormat format,
                       std::uint32_t& bits) {
  if (format == NumberFormat::Int) {
    node.optional(key, bits, kOperandBits);
    return;
  }
  std::uint32_t of_integers = 0;
  node.optional(key, of_integers, InRange{1U, 32U});
  bits = format_bits(format, 0);
}

ArrayConfig read_array(ConfigReader node) {
  ArrayConfig config;
  node.required("rows", config.rows, kPes);
  node.required("cols", config.cols, kPes);
  node.optional("dataflow", config.dataflow, OneOf{keywords::kDataflow});
  node.optional("overlap", config.overlap, OneOf{keywords::kOverlap});
  node.optional("number_format", config.number_format, OneOf{keywords::kNumberFormat});
  read_operand_bits(node, "activation_bits", config.number_format, config.activation_bits);
  read_operand_bits(node, "weight_bits", config.number_format, config.weight_bits);
  node.optional("accumulator_bits", config.accumulator_bits, kAccumulatorBits);
  node.optional("overflow", config.overflow, OneOf{keywords::kOverflow});
  node.optional("max_compute_rows", config.max_compute_rows, kRows);
  node.optional("extra_latency", config.extra_latency, InRange{0U, 1024U});
  node.optional("min_step_rows", config.min_step_rows, kPipeline);
  node.optional("steps_in_flight", config.steps_in_flight, kPipeline);
  node.optional("gather_rows", config.gather_rows, kPes);
  node.optional("pe", config.pe, OneOf{keywords::kPeKind});
  node.optional("os_drain", config.os_drain);
  node.reject_unknown();
  return config;
}

/// What the default capacity of a memory depends on.
struct RowsOf {
  std::uint32_t bytes;
  std::uint32_t fewest;
};

/// The default capacity: rounded down to whole rows in every bank, but no less than the
/// fewest rows that the rules ask for.
std::uint32_t default_capacity_kib(std::uint32_t standard_kib, RowsOf rows, std::uint32_t banks) {
  constexpr std::uint64_t kBytesPerKib = 1024;
  const std::uint64_t step = capacity_step_kib(rows.bytes, banks);
  const std::uint64_t fewest_bytes = std::uint64_t{rows.bytes} * rows.fewest;
  const std::uint64_t fewest_steps = (fewest_bytes - 1) / (step * kBytesPerKib) + 1;
  return static_cast<std::uint32_t>(step * std::max(fewest_steps, standard_kib / step));
}

/// capacity_kib and banks, of a scratchpad or of the accumulators.
template <typename Memory>
void read_memory(ConfigReader& node, Memory& config, RowsOf rows) {
  node.optional("banks", config.banks, kBanks);
  if (!node.optional("capacity_kib", config.capacity_kib, kCapacityKib)) {
    config.capacity_kib = default_capacity_kib(config.capacity_kib, rows, config.banks);
  }
}

void read_scratchpad_half(ConfigReader node, ScratchpadBankConfig& config, RowsOf rows) {
  read_memory(node, config, rows);
  node.reject_unknown();
}

/// Keys of the other organization are known words in the wrong place: say so.
void refuse_keys(ConfigReader& node, std::initializer_list<const char*> keys, const char* what) {
  for (const char* key : keys) {
    if (node.has(key)) {
      node.error(key, what);
    }
  }
}

/// Fills config.scratchpad; rows are as wide as config.array says.
void read_scratchpad(ConfigReader node, AcceleratorConfig& machine) {
  ScratchpadConfig& config = machine.scratchpad;
  const bool organized =
      !node.has("organization") || node.read(node.raw("organization"), "organization",
                                             config.organization, OneOf{keywords::kOrganization});
  node.optional("ports", config.ports, OneOf{keywords::kPorts});
  node.optional("read_latency", config.read_latency, InRange{1U, 64U});
  node.optional("interleave_rows", config.interleave_rows, InRange{0U, 65536U});
  node.optional("operand_queue", config.operand_queue, kDelay);
  if (!organized) {
    return;  // which keys belong here is not known
  }
  if (config.organization == ScratchpadOrganization::Unified) {
    refuse_keys(node, {"activation", "weight"},
                "belongs to organization split, expected capacity_kib and banks in scratchpad");
    read_memory(node, config.activation,
                {activation_row_bytes(machine), fewest_activation_rows(machine)});
  } else {
    refuse_keys(node, {"capacity_kib", "banks"},
                "belongs to organization unified, expected it in scratchpad.activation and "
                "scratchpad.weight");
    read_scratchpad_half(node.child_or_empty("activation"), config.activation,
                         {activation_row_bytes(machine), fewest_activation_rows(machine)});
    read_scratchpad_half(node.child_or_empty("weight"), config.weight,
                         {weight_row_bytes(machine), fewest_weight_rows(machine)});
  }
  node.reject_unknown();
}

void read_accumulators(ConfigReader node, AcceleratorConfig& machine) {
  read_memory(node, machine.accumulators, {accumulator_row_bytes(machine), kFewestAccumulatorRows});
  node.optional("read_latency", machine.accumulators.read_latency, kPipeline);
  node.optional("bias_bits", machine.accumulators.bias_bits, InRange{0U, 64U});
  node.reject_unknown();
}

DmaConfig read_dma(ConfigReader node) {
  DmaConfig config;
  read_power_of_two(node, "bus_bytes", config.bus_bytes, {1, 1024});
  config.max_burst_bytes = std::max(config.max_burst_bytes, config.bus_bytes);
  read_power_of_two(node, "max_burst_bytes", config.max_burst_bytes, {1, 4096});
  node.optional("max_outstanding_reads", config.max_outstanding_reads, kEntries);
  node.optional("max_outstanding_writes", config.max_outstanding_writes, kEntries);
  node.optional("commands_in_flight", config.commands_in_flight, kEntries);
  node.optional("max_rows", config.max_rows, kRows);
  node.optional("max_blocks", config.max_blocks, InRange{1U, 1024U});
  node.optional("request_latency", config.request_latency, kDelay);
  node.optional("bus_latency", config.bus_latency, kPipeline);
  node.optional("data_latency", config.data_latency, kDelay);
  node.optional("release_latency", config.release_latency, kPipeline);
  node.optional("scratchpad_write_latency", config.scratchpad_write_latency, kPipeline);
  node.optional("accumulator_write_latency", config.accumulator_write_latency, kPipeline);
  node.optional("bus_queue", config.bus_queue, kDelay);
  if (config.bus_queue == 1) {  // would take a beat every second cycle
    node.error("bus_queue", "1 is not possible, expected 0 (no crossbar) or 2..1024");
  }
  read_power_of_two(node, "page_bytes", config.page_bytes, {0, 1U << 30U});
  node.reject_unknown();
  return config;
}

SequencerConfig read_sequencer(ConfigReader node) {
  SequencerConfig config;
  node.optional("load_entries", config.load_entries, kEntries);
  // A preload holds its entry until the compute behind it has results.
  node.optional("execute_entries", config.execute_entries, InRange{2U, 1024U});
  node.optional("store_entries", config.store_entries, kEntries);
  node.optional("frontend_latency", config.frontend_latency, kDelay);
  node.optional("command_gap", config.command_gap, kPipeline);
  node.optional("unroller", config.unroller, OneOf{keywords::kUnroller});
  node.reject_unknown();
  return config;
}

RequantConfig read_requant(ConfigReader node, const ArrayConfig& array) {
  RequantConfig config;
  config.lanes = std::min(config.lanes, array.cols);
  node.optional("mode", config.mode, OneOf{keywords::kRequantMode});
  node.optional("variant", config.variant, OneOf{keywords::kRequantVariant});
  node.optional("rounding", config.rounding, OneOf{keywords::kRounding});
  node.optional("multiplier_bits", config.multiplier_bits, InRange{8U, 32U});
  node.optional("seed", config.seed, InRange{0U, 4294967295U});
  node.optional("lanes", config.lanes, kLanes);
  node.optional("latency", config.latency, kPipeline);
  node.optional("pipeline_entries", config.pipeline_entries, kPipeline);
  node.optional("table_rows", config.table_rows, kRows);
  node.reject_unknown();
  return config;
}

VectorConfig read_vector(ConfigReader node, const ArrayConfig& array) {
  VectorConfig config;
  config.lanes = std::min(config.lanes, array.rows);
  node.optional("lanes", config.lanes, kLanes);
  node.optional("latency", config.latency, kPipeline);
  node.optional("mac_lanes", config.mac_lanes, InRange{0U, 1024U});
  node.reject_unknown();
  return config;
}

/// A name of kDramPresets stays one; a file becomes one from the working directory.
void read_preset(ConfigReader& node, DramConfig& config, const ConfigFile& file) {
  namespace fs = std::filesystem;
  std::string preset = config.preset;
  if (!node.optional("preset", preset, NotEmpty{})) {
    return;
  }
  if (is_file_name(preset)) {
    config.preset =
        file.is_overridden(node.path("preset"))
            ? preset
            : (fs::path{file.name()}.parent_path() / preset).lexically_normal().string();
    return;
  }
  const std::vector<std::string> names{std::begin(keywords::kDramPresets),
                                       std::end(keywords::kDramPresets)};
  if (std::find(names.begin(), names.end(), preset) == names.end()) {
    node.error("preset", "expected " + choice_list(names) + ", or the name of a YAML file, found " +
                             systole::quoted(preset) + did_you_mean(preset, names));
    return;
  }
  config.preset = preset;
}

DramConfig read_dram(ConfigReader node, const DmaConfig& dma, const ConfigFile& file) {
  DramConfig config;
  config.bytes_per_cycle = dma.bus_bytes;
  node.optional("model", config.model, OneOf{keywords::kDramModel});
  node.optional("latency_cycles", config.latency_cycles, InRange{2U, 100000U});
  node.optional("bytes_per_cycle", config.bytes_per_cycle, InRange{1U, 1024U});
  node.optional("write_bytes_per_cycle", config.write_bytes_per_cycle, InRange{0U, 1024U});
  node.optional("write_latency_cycles", config.write_latency_cycles, InRange{0U, 100000U});
  if (config.write_latency_cycles == 1) {
    node.error("write_latency_cycles",
               "1 is not possible, expected 0 (latency_cycles) or 2..100000");
  }
  read_preset(node, config, file);
  read_power_of_two(node, "channels", config.channels, {0, 64});
  node.optional("path_latency_cycles", config.path_latency_cycles, InRange{0U, 100000U});
  node.reject_unknown();
  return config;
}

/// Where the table is, from the working directory.
EnergyConfig read_energy(ConfigReader node, const ConfigFile& file) {
  namespace fs = std::filesystem;
  EnergyConfig config;
  std::string table;
  node.optional("table", table, NotEmpty{});
  if (table.empty()) {
    config.table = (fs::path{SYSTOLE_SHIPPED_CONFIGS} / config.table).string();
  } else if (file.is_overridden(node.path("table"))) {
    config.table = table;
  } else {
    config.table = (fs::path{file.name()}.parent_path() / table).lexically_normal().string();
  }
  node.optional("node", config.node, OneOf{keywords::kEnergyNode});
  node.optional("dram", config.dram, NotEmpty{});
  node.optional("number_format", config.number_format, OneOf{keywords::kNumberFormat});
  node.optional("zero_gating", config.zero_gating);
  node.optional("switching_activity", config.switching_activity);
  node.reject_unknown();
  return config;
}

CompilerConfig read_compiler(ConfigReader node) {
  CompilerConfig config;
  node.optional("objective", config.objective, OneOf{keywords::kObjective});
  node.optional("fusion", config.fusion, OneOf{keywords::kFusion});
  node.optional("buffers", config.buffers, InRange{1U, 16U});
  node.optional("depthwise", config.depthwise, OneOf{keywords::kDepthwise});
  node.optional("pack_taps", config.pack_taps);
  node.optional("candidates", config.candidates, InRange{1U, 256U});
  node.reject_unknown();
  return config;
}

AcceleratorConfig read_accelerator(const ConfigFile& file) {
  ConfigReader root = file.root();
  AcceleratorConfig config;
  root.required("name", config.name, NotEmpty{});
  root.optional("clock_mhz", config.clock_mhz, InRange{1U, 100000U});
  config.array = read_array(root.child("array"));
  read_scratchpad(root.child_or_empty("scratchpad"), config);
  read_accumulators(root.child_or_empty("accumulators"), config);
  config.dma = read_dma(root.child_or_empty("dma"));
  config.sequencer = read_sequencer(root.child_or_empty("sequencer"));
  config.requant = read_requant(root.child_or_empty("requant"), config.array);
  config.vector = read_vector(root.child_or_empty("vector"), config.array);
  config.dram = read_dram(root.child_or_empty("dram"), config.dma, file);
  config.energy = read_energy(root.child_or_empty("energy"), file);
  config.compiler = read_compiler(root.child_or_empty("compiler"));
  root.reject_unknown();
  return config;
}

/// Files that the machine names and that cannot be read.
void check_named_files(ConfigFile& file, const AcceleratorConfig& config) {
  const auto check = [&](const char* key, const std::string& name) {
    if (const std::string why = why_unreadable(name); !why.empty()) {
      file.rule_error({key}, name + ": " + why);
    }
  };
  check("energy.table", config.energy.table);
  if (config.dram.model == DramModel::Banked) {
    check("dram.preset", dram_preset_file(config.dram));
  }
}

/// A text may be read where its files are not (that of a report, say); what is loaded shall run.
AcceleratorConfig checked_accelerator(ConfigFile file, bool with_files,
                                      const AcceleratorRules& others) {
  AcceleratorConfig config = read_accelerator(file);
  const bool is_read = file.ok();
  if (with_files) {
    check_named_files(file, config);
  }
  if (is_read) {  // else a rule might blame a value that was not read
    for (const auto& rule : broken_rules(config)) {
      file.rule_error(rule.keys, rule.what);
    }
    for (const auto& rule : unsupported(config)) {
      file.rule_error(rule.keys, rule.what);
    }
  }
  if (others && file.ok()) {
    for (const auto& rule : others(config)) {
      file.rule_error(rule.keys, rule.what);
    }
  }
  file.check();
  return config;
}

}  // namespace

/// Which values a key may have depends on two others: of their combinations one has to take it.
std::string refusal_of_value(const std::string& key, const std::string& value) {
  const std::string override_text = key + "=" + value;
  const std::string blamed = "--set " + override_text + ": " + key + ": ";
  std::string refusal;
  for (const auto& organization : keywords::kOrganization) {
    for (const auto& format : keywords::kNumberFormat) {
      try {
        const ConfigFile file =
            ConfigFile::parse("name: any\narray: {rows: 1, cols: 1}\n", "",
                              {"scratchpad.organization=" + std::string{organization.name},
                               "array.number_format=" + std::string{format.name}, override_text});
        read_accelerator(file);
        file.check();
        return "";
      } catch (const ConfigError& error) {
        for (const std::string& line : error.lines()) {
          if (refusal.empty() && line.rfind(blamed, 0) == 0) {
            refusal = line.substr(blamed.size());
          }
        }
      }
    }
  }
  return refusal;
}

bool is_file_name(const std::string& preset) {
  return preset.find('/') != std::string::npos || preset.find(".yaml") != std::string::npos;
}

std::string dram_preset_file(const DramConfig& config) {
  return is_file_name(config.preset)
             ? config.preset
             : std::string{SYSTOLE_SHIPPED_CONFIGS} + "/dram/" + config.preset + ".yaml";
}

AcceleratorConfig load_accelerator(const std::string& path,
                                   const std::vector<std::string>& overrides,
                                   const AcceleratorRules& others) {
  return checked_accelerator(ConfigFile::load(path, overrides), true, others);
}

AcceleratorConfig parse_accelerator(const std::string& text, const std::string& file,
                                    const std::vector<std::string>& overrides,
                                    const AcceleratorRules& others) {
  return checked_accelerator(ConfigFile::parse(text, file, overrides), false, others);
}

}  // namespace systole

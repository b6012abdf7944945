#include <fmt/format.h>

#include <filesystem>
#include <ostream>
#include <utility>

#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/inputs.hpp"
#include "sim/app/layer_choice.hpp"
#include "sim/app/mistakes.hpp"
#include "sim/app/terminal.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/engine/layer_clock.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/inspect.hpp"
#include "sim/program/residency.hpp"
#include "sim/program/without_loops.hpp"
#include "sim/report/table.hpp"
#include "sim/report/units.hpp"
#include "sim/report/utf8.hpp"
#include "sim/workload/workload.hpp"

namespace systole::app {
namespace {

std::string or_dash(std::int64_t value) {
  return value == 0 ? "-" : grouped(static_cast<std::uint64_t>(value));
}

void print(Table table, std::ostream& out) {
  const std::size_t columns = output_terminal_columns();
  if (columns != 0) {
    table.fit(columns);  // in a file nothing is left out
  }
  out << table.render(table.width(), /*color=*/false);
}

/// Bytes of the layer's constants in memory.
std::uint64_t constant_bytes(const Network& network, const Layer& layer,
                             const std::vector<bool>& run_time) {
  std::uint64_t bytes = 0;
  for (const TensorId input : layer.inputs) {
    const Tensor& tensor = network.tensor(input);
    bytes += run_time[input] ? 0 : packed_tensor_bytes(tensor.shape, tensor.format);
  }
  return bytes;
}

void show_workload(const ShowOptions& options, std::ostream& out) {
  const Network network = load_workload(options.workload, {/*shapes_only=*/true, options.topology});
  const std::vector<bool> run_time = run_time_tensors(network);
  Table table{network.name,
              {{"layer", "", Align::Left, 0, true},
               {"op", "", Align::Left},
               {"ifmap", "", Align::Left, 2},
               {"ofmap", "", Align::Left},
               {"M", ""},
               {"N", ""},
               {"K", ""},
               {"MACs", ""},
               {"constants", "bytes", Align::Right, 1}}};
  std::int64_t macs = 0;
  std::uint64_t bytes = 0;
  for (const auto& layer : network.layers) {
    const GemmShape gemm = gemm_shape(network, layer);
    const std::uint64_t constants = constant_bytes(network, layer, run_time);
    macs += gemm.macs;
    bytes += constants;
    const auto shape = [&](TensorId id) {
      return fmt::format("{}", fmt::join(network.tensor(id).shape, "x"));
    };
    table.add_row({layer.name, op_name(network, layer), shape(layer.inputs.at(0)),
                   shape(layer.output), or_dash(gemm.m), or_dash(gemm.n), or_dash(gemm.k),
                   or_dash(gemm.macs), or_dash(static_cast<std::int64_t>(constants))});
  }
  table.add_rule();
  table.add_row(
      {"total", "", "", "", "", "", "", or_dash(macs), or_dash(static_cast<std::int64_t>(bytes))});
  print(std::move(table), out);
}

/// The network as the accelerator runs it, and its compiler.
struct Lowering {
  explicit Lowering(const ShowOptions& options)
      : Lowering{
            both_of([&] { return load_machine(options.accelerator, options.overrides).config; },
                    [&] {
                      return load_workload(options.workload, {options.no_data, options.topology});
                    })} {}
  explicit Lowering(std::pair<AcceleratorConfig, Network> files)
      : config{std::move(files.first)},
        network{legalize(std::move(files.second), config).network},
        compiler{network, config, layer_clock(config)} {}

  /// With all commands, those of loops included.
  LayerProgram program(std::size_t layer) const {
    return without_loops(compiler.lower(layer), config);
  }

  AcceleratorConfig config;
  Network network;
  Compiler compiler;
};

/// Indices of the layers to show.
std::vector<std::size_t> selected_layers(const Network& network, const ShowOptions& options) {
  if (options.layer) {
    require_layer(network, *options.layer,
                  options.subject == Subject::Mapping ? "systole show mapping: --layer"
                                                      : "systole show program: --layer");
  }
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (!options.layer || *options.layer == network.layers[i].name) {
      indices.push_back(i);
    }
  }
  return indices;
}

std::string buffering(const LayerMapping& mapping) {
  std::vector<std::string> twice;
  for (const auto& [is_double, name] : {std::pair{mapping.double_buffered_ifmap, "ifmap"},
                                        std::pair{mapping.double_buffered_weights, "weights"},
                                        std::pair{mapping.double_buffered_accumulators, "psums"}}) {
    if (is_double) {
      twice.emplace_back(name);
    }
  }
  return twice.empty() ? "-" : fmt::format("{}", fmt::join(twice, ", "));
}

/// What is special in the way that the array is filled.
std::string packing(const LayerMapping& mapping) {
  if (mapping.vector_unit) {
    return "vector unit";
  }
  if (mapping.one_group_a_block) {
    return "a group at a time";
  }
  return mapping.packed_taps > 1 ? fmt::format("{} taps a row", mapping.packed_taps) : "-";
}

/// A line of time: full where the rows are filled, grey where they are read alone, a dot where they
/// hold what is read later.
std::string life_of(const Residence& part, std::uint64_t commands) {
  std::string line;
  for (std::uint64_t i = 0; i < kLifeParts; ++i) {
    const bool lives = part.first_command * kLifeParts / commands <= i &&
                       i <= part.last_command * kLifeParts / commands;
    const auto happens = [i](std::uint32_t parts) { return (parts >> i & 1U) != 0; };
    line += happens(part.written_in) ? "\u2588"
            : happens(part.read_in)  ? "\u2592"
            : lives                  ? "\u00b7"
                                     : " ";
  }
  return line;
}

/// Where everything of a layer lives, and from when to when.
void show_residences(const Lowering& lowering, std::size_t layer, std::ostream& out) {
  const LayerProgram program = lowering.program(layer);
  Table table{
      fmt::format("{}: what lives where, in {} commands", lowering.network.layers[layer].name,
                  grouped(program.commands.size())),
      {{"memory", "", Align::Left, 0, true},
       {"rows", "first to last", Align::Left},
       {"hold", "", Align::Left},
       {"written", "times a row"},
       {"from", "command"},
       {"to", "command"},
       {"commands, first to last", "\u2588 filled \u2592 read \u00b7 held", Align::Left, 1}}};
  for (const Residence& part : residences(program, lowering.config)) {
    table.add_row({local_memory_name(part.memory),
                   fmt::format("{} to {}", part.first_row, part.first_row + part.rows - 1),
                   stream_name(part.holds), fmt::format("{:.1f}", part.times_filled()),
                   grouped(part.first_command), grouped(part.last_command),
                   life_of(part, program.commands.size())});
  }
  for (const KeptReport& kept : lowering.compiler.kept()) {
    const KeptTensor& tensor = kept.tensor;
    if (tensor.lives_at(layer)) {
      table.add_row(
          {local_memory_name(LocalMemory::Scratchpad),
           fmt::format("{} to {}", tensor.first_row, tensor.first_row + tensor.rows() - 1),
           "stays: " + lowering.network.layers[tensor.producer].name, "", "", "",
           tensor.is_read_by(layer) ? "read here" : ""});
    }
  }
  print(std::move(table), out);
}

void show_mapping(const ShowOptions& options, std::ostream& out) {
  const Lowering lowering{options};
  Table table{fmt::format("{} on {}", lowering.network.name, lowering.config.name),
              {{"layer", "", Align::Left, 0, true},
               {"tile", "oh x ow x oc", Align::Left},
               {"ic", "slice"},
               {"packing", "", Align::Left, 5},
               {"tiles", ""},
               {"folds", ""},
               {"loops", "outermost first", Align::Left, 2},
               {"double-buffered", "", Align::Left, 6},
               {"scratchpad", "rows"},
               {"weights", "rows", Align::Right, 4},
               {"accumulators", "rows"},
               {"table", "rows", Align::Right, 3},
               {"must move", "from and to DRAM", Align::Right, 1}}};
  for (const std::size_t i : selected_layers(lowering.network, options)) {
    const LayerMapping& m = lowering.compiler.mapping(i);
    const auto rows = [](std::uint64_t n) { return or_dash(static_cast<std::int64_t>(n)); };
    table.add_row(
        {lowering.network.layers[i].name,
         m.tile_oc == 0 ? "-" : fmt::format("{} x {} x {}", m.tile_oh, m.tile_ow, m.tile_oc),
         or_dash(m.tile_ic), packing(m), or_dash(m.tiles), or_dash(m.folds),
         m.loop_order.empty() ? "-" : m.loop_order, buffering(m), rows(m.scratchpad_rows),
         rows(m.weight_rows), rows(m.accumulator_rows), rows(m.table_rows),
         human_bytes(m.compulsory_read_bytes() + m.compulsory_write_bytes(), true)});
  }
  print(std::move(table), out);
  if (options.layer) {
    for (const std::size_t i : selected_layers(lowering.network, options)) {
      show_residences(lowering, i, out);
    }
  }
}

void show_program(const ShowOptions& options, std::ostream& out) {
  const Lowering lowering{options};
  for (const std::size_t i : selected_layers(lowering.network, options)) {
    const LayerProgram program = lowering.program(i);
    out << fmt::format("# {}: {} commands\n", printable(lowering.network.layers[i].name),
                       grouped(program.commands.size()));
    for (const auto& command : program.commands) {
      out << describe(command) << '\n';
    }
  }
}

/// The files that it names, so that the machine can be written and read anywhere: in a file they
/// are relative to that.
AcceleratorConfig with_absolute_files(AcceleratorConfig config) {
  const auto absolute = [](const std::string& file) {
    return std::filesystem::absolute(file).lexically_normal().string();
  };
  config.energy.table = absolute(config.energy.table);
  if (is_file_name(config.dram.preset)) {
    config.dram.preset = absolute(config.dram.preset);
  }
  return config;
}

}  // namespace

int show_command(const ShowOptions& options, std::ostream& out) {
  switch (options.subject) {
    case Subject::Config:
      out << accelerator_to_yaml(
          with_absolute_files(load_machine(options.accelerator, options.overrides).config));
      break;
    case Subject::Workload:
      show_workload(options, out);
      break;
    case Subject::Mapping:
      show_mapping(options, out);
      break;
    case Subject::Program:
      show_program(options, out);
      break;
    case Subject::Array:
      show_array(options, out);
      break;
  }
  return ExitCode::AllRight;
}

}  // namespace systole::app

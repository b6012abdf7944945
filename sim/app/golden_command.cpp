#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <ostream>

#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/inputs.hpp"
#include "sim/app/mistakes.hpp"
#include "sim/app/output_files.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/engine/layer_clock.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/report/units.hpp"
#include "sim/report/utf8.hpp"
#include "sim/run/accumulation_order.hpp"
#include "sim/run/inputs.hpp"
#include "sim/workload/file_names.hpp"
#include "sim/workload/npy.hpp"

namespace systole::app {
namespace {

/// Every layer's output; the folder exists.
void dump(const Network& network, const std::vector<TensorData>& tensors,
          const std::string& folder) {
  const std::vector<std::string> files = layer_files(network);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const TensorId output = network.layers[i].output;
    const Tensor& tensor = network.tensor(output);
    write_npy((std::filesystem::path{folder} / files[i]).string(), tensors.at(output), tensor.shape,
              tensor.format);
  }
}

std::optional<AcceleratorConfig> machine_of(const GoldenOptions& options) {
  if (!options.accelerator) {
    return std::nullopt;
  }
  return load_machine(*options.accelerator, options.overrides).config;
}

}  // namespace

int golden_command(const GoldenOptions& options, std::ostream& out) {
  auto [machine, network] =
      both_of([&] { return machine_of(options); }, [&] { return load_network(options); });
  // Images are quantized for the network as it was given, for every accelerator alike.
  const LabelledInputs inputs = inputs_of(options, network);
  std::vector<LegalizationNote> notes;
  if (machine) {
    const AcceleratorConfig& config = *machine;
    Legalized legalized = legalize(network, config);
    network = std::move(legalized.network);
    notes = std::move(legalized.notes);
    if (config.array.overflow == Overflow::Saturate) {
      note_accumulation_order(Compiler{network, config, layer_clock(config)}, network);
    }
  }
  OutputFolders folders{
      "systole golden", {}, {{"--dump", options.dump, layer_files(network)}}, [&] {
        return joined({with_named_files("--accelerator", options.accelerator),
                       with_named_files("--workload", options.workload),
                       {{"--inputs", options.inputs}, {"--labels", options.labels}}});
      }};

  const std::uint64_t inferences = inference_count(network, inputs);
  std::uint64_t correct = 0;
  for (std::uint64_t i = 0; i < inferences; ++i) {
    const std::vector<TensorData> tensors = golden_tensors(network, inputs, i);
    correct += count_correct(network, tensors.at(network.outputs.at(0)), inputs, i);
    if (options.dump && i == 0) {
      dump(network, tensors, *options.dump);
    }
  }
  folders.keep();

  for (const auto& note : notes) {
    out << fmt::format("{}: {}\n", printable(note.layer), note.what);
  }
  out << fmt::format("{} on the golden model: {} inference{}{}", printable(network.name),
                     grouped(inferences), inferences == 1 ? "" : "s",
                     inputs.images ? "" : " of a pseudo-random input");
  if (!inputs.labels.empty()) {
    const std::size_t images = inputs.labels.size();
    out << fmt::format(", accuracy {} ({} of {})",
                       percent(static_cast<double>(correct), static_cast<double>(images)), correct,
                       images);
  }
  out << (options.dump ? fmt::format(", outputs in {}\n", *options.dump) : std::string{"\n"});
  return ExitCode::AllRight;
}

}  // namespace systole::app

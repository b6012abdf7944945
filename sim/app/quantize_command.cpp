#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/inputs.hpp"
#include "sim/app/mistakes.hpp"
#include "sim/app/progress.hpp"
#include "sim/app/terminal.hpp"
#include "sim/config/error_log.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/energy/interpolation.hpp"
#include "sim/energy/operation_energy.hpp"
#include "sim/files/atomic_file.hpp"
#include "sim/files/atomic_folder.hpp"
#include "sim/float_onnx/float_onnx.hpp"
#include "sim/quantize/float_trace.hpp"
#include "sim/quantize/fused_network.hpp"
#include "sim/quantize/quantization_report.hpp"
#include "sim/quantize/quantizer.hpp"
#include "sim/quantize/trace_writer.hpp"
#include "sim/report/utf8.hpp"
#include "sim/run/inputs.hpp"
#include "sim/workload/workload.hpp"

namespace systole::app {
namespace {

namespace fs = std::filesystem;
using namespace systole::quantize;

constexpr const char* kTrace = "net.yaml";

Scheme scheme_of(const QuantizeOptions& options) {
  return options.scheme ? load_scheme(*options.scheme, options.overrides)
                        : parse_scheme("name: default\n", "default scheme", options.overrides);
}

bool has_weights(const FloatNetwork& network, const std::string& layer) {
  return std::any_of(network.layers.begin(), network.layers.end(), [&](const FloatLayer& of) {
    return of.name == layer && weight_count(of.op) > 0;
  });
}

/// A name of the scheme that no layer has is a mistake, not a wish; so are weights that it has not.
void check_layer_names(const FusedNetwork& fused, const Scheme& scheme) {
  std::vector<std::string> names;
  for (const FloatValue& value : fused.network.values) {
    names.push_back(value.name);
  }
  std::vector<std::string> errors;
  for (const LayerBits& layer : scheme.layers) {
    if (std::find(names.begin(), names.end(), layer.name) == names.end()) {
      errors.push_back(layer.name_at + ": " + quoted(layer.name) +
                       " is no layer of the network, expected " + choice_list(names) +
                       did_you_mean(layer.name, names));
    } else if (layer.weights && !has_weights(fused.network, layer.name)) {
      errors.push_back(layer.weights_at + ": " + quoted(layer.name) +
                       " has no weights, expected activation_bits alone");
    }
  }
  if (!errors.empty()) {
    throw ConfigError{errors};
  }
}

FloatNetwork load_float_network(const std::string& path) {
  return workload_format(path) == WorkloadFormat::Onnx ? load_float_onnx(path)
                                                       : load_float_trace(path);
}

/// The images on which accuracy is counted: those of the command line, else the network file's, if
/// it has any.
FloatImages test_images(const QuantizeOptions& options, const FloatNetwork& network) {
  if (options.test) {
    return load_float_images(network, *options.test, options.test_labels.value_or(""));
  }
  return workload_format(options.network) == WorkloadFormat::Onnx
             ? FloatImages{}
             : load_float_test_images(network, options.network);
}

/// The workload as it was written, on the golden model.
std::int64_t count_integer_right(const std::string& trace) {
  const Network network = load_workload(trace);
  const LabelledInputs inputs = load_inputs(trace, network);
  std::uint64_t right = 0;
  for (std::uint64_t i = 0; i < inference_count(network, inputs); ++i) {
    const std::vector<TensorData> tensors = golden_tensors(network, inputs, i);
    right += count_correct(network, tensors.at(network.outputs.at(0)), inputs, i);
  }
  return static_cast<std::int64_t>(right);
}

/// By the table that machines have unless they name another.
BitCosts bit_costs() {
  EnergyConfig energy;
  energy.table = (fs::path{SYSTOLE_SHIPPED_CONFIGS} / energy.table).string();
  const EnergyTable table = load_energy_table(energy);
  constexpr double kAccumulatorBits = 32;
  BitCosts costs;
  costs.mac_pj = [table](std::uint8_t a, std::uint8_t b) {
    return multiplier_energy(table, a, b).pj + linear_in_width(table.adder, kAccumulatorBits).value;
  };
  costs.dram_pj_per_bit = table.dram.at(0).value.value / table.dram.at(0).bits;
  return costs;
}

void check_search(const QuantizeOptions& options, const Scheme& scheme) {
  if (scheme.search && scheme.search->max_accuracy_loss && !options.labels) {
    throw ConfigError{{scheme.search->max_accuracy_loss_at +
                       ": needs the labels of the calibration images, "
                       "expected --labels"}};
  }
}

/// "search: conv2 weights 4 bits, 24.3 dB at the output"
std::string step_text(const SearchStep& step) {
  return fmt::format("search: {} {} {} bits, {:.1f} dB at the output", step.tensor,
                     step.is_weights ? "weights" : "activations", step.bits, step.sqnr_db);
}

/// The scheme's widths, or those that its search finds, and the network with them. `show` is told
/// how far it is.
QuantizedNetwork quantize_calibrated(const FusedNetwork& fused, const Scheme& scheme,
                                     const FloatImages& calibration, QuantizationReport& report,
                                     const std::function<void(const std::string&)>& show) {
  BitsByName bits = bits_by_name(scheme);
  if (scheme.search) {
    SearchResult found = search_bits(fused, scheme, calibration, bit_costs(),
                                     [&](const SearchStep& step) { show(step_text(step)); });
    bits = std::move(found.bits);
    report.steps = std::move(found.steps);
    report.unmet = std::move(found.unmet);
  }
  return quantize_network(
      fused, scheme, bits, calibration,
      {true, nullptr, [&](const std::string& layer) { show("quantizing " + layer); }});
}

}  // namespace

int quantize_command(const QuantizeOptions& options, std::ostream& out, std::ostream& err) {
  Mistakes mistakes;
  auto read_scheme = mistakes.in([&] { return scheme_of(options); });
  auto read_network = mistakes.in([&] { return load_float_network(options.network); });
  for (const auto& file :
       {std::optional{options.calibrate}, options.labels, options.test, options.test_labels}) {
    mistakes.attempt([&] { require_readable(file); });
  }
  mistakes.check();
  const Scheme scheme = *std::move(read_scheme);
  const FloatNetwork network = *std::move(read_network);
  mistakes.attempt([&] { check_search(options, scheme); });
  auto fuse_network = mistakes.in([&] {
    FusedNetwork fused = fuse(network);
    check_layer_names(fused, scheme);
    return fused;
  });
  auto read_calibration = mistakes.in([&] {
    return load_float_images(network, options.calibrate, options.labels.value_or(""),
                             scheme.images);
  });
  auto read_test = mistakes.in([&] { return test_images(options, network); });
  mistakes.check();
  const FusedNetwork fused = *std::move(fuse_network);
  const FloatImages calibration = *std::move(read_calibration);
  const FloatImages test =
      read_test->count > 0 || calibration.labels.empty() ? *std::move(read_test) : calibration;

  AtomicFolder folder{options.output};
  std::unique_ptr<Progress> progress = progress_on_terminal(err);
  const auto show = [&](const std::string& line) {
    if (progress) {
      progress->show(line);
    }
  };

  QuantizationReport report;
  const QuantizedNetwork quantized = [&] {
    try {
      return quantize_calibrated(fused, scheme, calibration, report, show);
    } catch (const NotFinite& error) {
      throw ConfigError{{options.calibrate + error.what()}};
    }
  }();
  report.scheme = scheme;
  report.calibration_images = calibration.count;
  folder.filled_by([&](const std::string& path) {
    write_trace(quantized, test,
                "Written by systole quantize, scheme " + printable(scheme.name) + ".", path);
    const std::string trace = (fs::path{path} / kTrace).string();
    if (test.labels.empty()) {
      load_workload(trace);  // what is written can be read
    } else {
      report.accuracy = RightCounts{
          test.count, count_right(run_float(network, test.values, test.count), test.labels),
          count_integer_right(trace)};
    }
    write_file_atomically((fs::path{path} / "quantization.json").string(),
                          json_report(quantized, report).dump(2) + '\n');
  });
  progress.reset();
  folder.keep();

  const std::size_t columns = output_terminal_columns();
  out << text_report(quantized, report, columns == 0 ? std::nullopt : std::optional{columns})
      << "Written: " << (fs::path{options.output} / kTrace).string() << '\n';
  return ExitCode::AllRight;
}

}  // namespace systole::app

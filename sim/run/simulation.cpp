#include "sim/run/simulation.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "models/dram/request_observer.hpp"
#include "models/sequencer/command_observer.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/engine/layer_clock.hpp"
#include "sim/engine/machine_probe.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/report/data_needs.hpp"
#include "sim/run/accumulation_order.hpp"
#include "sim/run/accuracy_count.hpp"
#include "sim/run/engine_choice.hpp"
#include "sim/run/golden_values.hpp"
#include "sim/run/inputs.hpp"
#include "sim/run/layer_runner.hpp"
#include "sim/run/machine_tensors.hpp"
#include "sim/run/result_outline.hpp"
#include "sim/workload/file_names.hpp"
#include "sim/workload/npy.hpp"

namespace systole {
namespace {

/// One network on one machine: made legal, compiled, then run layer by layer, the golden model
/// beside it.
class Simulation {
 public:
  Simulation(const AcceleratorConfig& config, Network network, const LabelledInputs& inputs,
             const SimulationOptions& options)
      : config_{config},
        inputs_{inputs},
        options_{options},
        accuracy_{counts_accuracy() ? std::make_optional<AccuracyCount>(network, inputs)
                                    : std::nullopt},
        legalized_{legalize(std::move(network), config)},
        compiler_{network_, config, layer_clock(config, [this](auto n) { report_timed(n); })},
        engine_{make_engine(config, network_, options, [this](auto cycles) { report(cycles); })},
        outcome_{result_outline(config, legalized_, compiler_, inputs, options), {}},
        tensors_{network_, config, compiler_, *engine_},
        runner_{network_, config, compiler_, *engine_, tensors_, run_of_layers()} {
    note_accumulation_order(compiler_, legalized_.network);
    if (options.has_data()) {
      for (const DramSegment& segment : compiler_.dram_image()) {
        engine_->write_dram(segment.address, segment.bytes);
      }
    }
  }

  SimulationOutcome run() {
    const auto start = std::chrono::steady_clock::now();
    for (inference_ = 0; inference_ < outcome_.result.inferences; ++inference_) {
      infer();
      if (accuracy_) {
        accuracy_->add(inference_, network_, tensors_.read(network_.outputs.at(0)));
      }
    }
    if (accuracy_) {
      outcome_.result.accuracy = accuracy_->accuracy();
      outcome_.result.accuracy->psum_overflows = psum_overflows_;
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    outcome_.result.wall_seconds = wall.count();
    drop_layers_that_did_not_run();
    return std::move(outcome_);
  }

 private:
  bool counts_accuracy() const {
    return options_.has_data() && !inputs_.labels.empty() && options_.layers.empty();
  }

  LayerRunner::Run run_of_layers() {
    return {outcome_.result.inferences, options_.has_data(), options_.measured_layers,
            [this](std::uint64_t cycles) { report(cycles); }};
  }

  /// Runs every layer, the golden model beside it.
  void infer() {
    GoldenValues golden{network_};
    if (options_.has_data()) {
      load_inputs(golden);
    }
    layers_run_ = 0;
    for (layer_ = 0; layer_ < network_.layers.size(); ++layer_) {
      if (options_.runs(network_.layers[layer_].name)) {
        run_layer(golden);
        ++layers_run_;
      } else if (options_.has_data()) {  // the golden model stands in for the machine
        tensors_.write(network_.layers[layer_].output, golden.compute(layer_));
      }
      golden.drop_read(layer_);
    }
  }

  void load_inputs(GoldenValues& golden) {
    std::vector<TensorData> values = inference_inputs(network_, inputs_, inference_);
    for (std::size_t i = 0; i < network_.inputs.size(); ++i) {
      tensors_.write(network_.inputs[i], values[i]);
      golden.set(network_.inputs[i], std::move(values[i]));
    }
  }

  void run_layer(GoldenValues& golden) {
    const Layer& layer = network_.layers[layer_];
    tell_observers(layer.name);
    const LayerMeasurement measured = runner_.run(layer_, inference_);
    psum_overflows_ += measured.events[Event::PsumOverflows];
    if (inference_ == 0) {  // the others take the same
      record(measured);
    }
    if (options_.checked()) {
      check(layer, golden.compute(layer_));
    } else if (options_.has_data() && !options_.layers.empty()) {
      golden.set(layer.output, tensors_.read(layer.output));  // for layers that it stands in for
    }
    if (!options_.dump_dir.empty() && inference_ == 0) {
      dump(layer.output);
    }
  }

  void tell_observers(const std::string& layer) const {
    if (options_.dram_observers.requests != nullptr) {
      options_.dram_observers.requests->on_layer(layer);
    }
    if (options_.command_observer != nullptr) {
      options_.command_observer->on_layer(layer);
    }
    if (options_.probe != nullptr) {
      options_.probe->on_layer(layer);
    }
  }

  void record(const LayerMeasurement& measured) {
    LayerResult& layer = outcome_.result.layers[layer_];
    layer.cycles = measured.cycles;
    layer.compute_cycles = measured.compute_cycles;
    layer.events = measured.events;
    layer.ledger = measured.ledger;
    layer.bank_conflicts = measured.bank_conflicts;
    layer.peak_bytes_per_window = measured.peak_bytes_per_window;
    layer.traffic = conserved_traffic(runner_.traffic(layer_), measured.events, config_);
    layer.windows = measured.windows;
  }

  void check(const Layer& layer, const TensorData& expected) {
    std::optional<Mismatch> mismatch =
        compare(network_.tensor(layer.output).shape, expected, tensors_.read(layer.output));
    if (mismatch) {
      mismatch->inference = inference_;
      mismatch->layer = layer.name;
      outcome_.mismatches.push_back(*std::move(mismatch));
      outcome_.result.layers[layer_].check = Check::Fail;
    }
  }

  void dump(TensorId output) const {
    write_npy(options_.dump_dir + "/" + dump_files_[layer_], tensors_.read(output),
              network_.tensor(output).shape, network_.tensor(output).format);
  }

  std::size_t count_layers_to_run() const {
    const auto runs = [this](const Layer& layer) { return options_.runs(layer.name); };
    return static_cast<std::size_t>(
        std::count_if(network_.layers.begin(), network_.layers.end(), runs));
  }

  void drop_layers_that_did_not_run() {
    std::vector<LayerResult>& layers = outcome_.result.layers;
    layers.erase(
        std::remove_if(layers.begin(), layers.end(),
                       [this](const LayerResult& layer) { return !options_.runs(layer.name); }),
        layers.end());
  }

  void report_timed(std::uint64_t programs) const {
    if (options_.on_progress) {
      ProgressState state;
      state.timed = programs;
      options_.on_progress(state);
    }
  }

  void report(std::uint64_t cycles) const {
    if (options_.on_progress) {
      options_.on_progress({layers_run_, layers_to_run_, network_.layers[layer_].name, inference_,
                            outcome_.result.inferences, cycles});
    }
  }

  const AcceleratorConfig& config_;
  const LabelledInputs& inputs_;
  const SimulationOptions& options_;
  std::optional<AccuracyCount> accuracy_;
  Legalized legalized_;
  const Network& network_{legalized_.network};
  const Compiler compiler_;
  const std::unique_ptr<Engine> engine_;
  SimulationOutcome outcome_;
  MachineTensors tensors_;
  LayerRunner runner_;
  const std::vector<std::string> dump_files_{layer_files(network_)};
  const std::size_t layers_to_run_ = count_layers_to_run();
  std::uint64_t inference_ = 0;
  std::size_t layer_ = 0;             // that runs,
  std::size_t layers_run_ = 0;        // and how many the machine ran before it
  std::uint64_t psum_overflows_ = 0;  // of all inferences
};

}  // namespace

SimulationOutcome simulate(const AcceleratorConfig& config, Network network,
                           const LabelledInputs& inputs, const SimulationOptions& options) {
  check_data(config, options.data);
  return Simulation{config, std::move(network), inputs, options}.run();
}

}  // namespace systole

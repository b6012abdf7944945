#include "sim/run/simulation.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "models/dram/request_observer.hpp"
#include "models/golden/golden.hpp"
#include "models/rtl/verilated_array.hpp"
#include "models/sequencer/command_observer.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/engine/fast_engine.hpp"
#include "sim/engine/layer_clock.hpp"
#include "sim/engine/machine_probe.hpp"
#include "sim/engine/systemc_engine.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/network/packing.hpp"
#include "sim/report/data_needs.hpp"
#include "sim/run/accumulation_order.hpp"
#include "sim/run/dram_part.hpp"
#include "sim/run/inputs.hpp"
#include "sim/run/layer_measurer.hpp"
#include "sim/workload/file_names.hpp"
#include "sim/workload/npy.hpp"

namespace systole {
namespace {

std::vector<std::int64_t> index_of(const Shape& shape, std::size_t element) {
  std::vector<std::int64_t> index(shape.size());
  auto rest = static_cast<std::int64_t>(element);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = rest % shape[axis];
    rest /= shape[axis];
  }
  return index;
}

const char* engine_name(EngineKind engine) {
  switch (engine) {
    case EngineKind::Fast:
      return "fast";
    case EngineKind::Verilated:
      return "verilated";
    case EngineKind::Systemc:
      break;
  }
  return "systemc";
}

/// One network on one machine.
class Simulation {
 public:
  Simulation(const AcceleratorConfig& config, Network network, const LabelledInputs& inputs,
             const SimulationOptions& options)
      : options_{options},
        inputs_{inputs},
        original_{labelled() ? std::make_optional(network) : std::nullopt},
        legalized_{legalize(std::move(network), config)},
        network_{legalized_.network},
        compiler_{network_, config,
                  layer_clock(config, [this](std::uint64_t timed) { report_timed(timed); })},
        engine_{make_engine(config)},
        programs_(network_.layers.size()),
        measurer_{compiler_, outcome_.result.config, *engine_, network_.layers.size(),
                  options.measured_layers},
        first_(network_.layers.size()),
        traffic_(network_.layers.size()) {
    RunResult& result = outcome_.result;
    result.config = config;
    result.workload = network_.name;
    result.engine = engine_name(options.engine);
    result.data = options.data;
    result.inferences = has_data() ? inference_count(network_, inputs) : 1;
    result.images = images_of_inference(network_, inputs);
    result.notes = legalized_.notes;
    result.dram_part = dram_part(config, compiler_.dram_bytes());
    note_kept_tensors();
    result.layers.resize(network_.layers.size());
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      LayerResult& layer = result.layers[i];
      layer.name = network_.layers[i].name;
      layer.op = op_name(network_, network_.layers[i]);
      layer.where =
          compiler_.mapping(i).vector_unit ? Place::Vector : place_of(network_, network_.layers[i]);
      layer.gemm = gemm_shape(network_, network_.layers[i]);
      const LayerMapping& mapping = compiler_.mapping(i);
      const auto bits = [&](TensorId tensor) {
        return static_cast<std::uint32_t>(network_.tensor(tensor).format.bits);
      };
      layer.operands = {mapping.activation_bits, mapping.weight_bits, mapping.products_per_pe,
                        bits(network_.layers[i].inputs.at(0)), bits(network_.layers[i].output)};
      layer.compulsory_read_bytes = compiler_.mapping(i).compulsory_read_bytes();
      layer.compulsory_write_bytes = compiler_.mapping(i).compulsory_write_bytes();
      layer.compulsory_bytes = compiler_.mapping(i).compulsory_bytes;
      layer.check = checked() ? Check::Pass : Check::Skipped;
    }
    note_accumulation_order(compiler_, legalized_.network);
    if (has_data()) {
      for (const DramSegment& segment : compiler_.dram_image()) {
        engine_->write_dram(segment.address, segment.bytes);
      }
    }
  }

  SimulationOutcome run() {
    const auto start = std::chrono::steady_clock::now();
    Accuracy accuracy;
    for (inference_ = 0; inference_ < outcome_.result.inferences; ++inference_) {
      infer();
      if (labelled()) {
        accuracy.images += static_cast<std::uint64_t>(network_.tensor(network_.inputs[0]).shape[0]);
        accuracy.correct +=
            count_correct(network_, read(network_.outputs.at(0)), inputs_, inference_);
        accuracy.correct_original += correct_of_original();
      }
    }
    if (labelled()) {
      accuracy.psum_overflows = psum_overflows_;
      outcome_.result.accuracy = accuracy;
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    outcome_.result.wall_seconds = wall.count();
    std::vector<LayerResult>& layers = outcome_.result.layers;
    layers.erase(std::remove_if(layers.begin(), layers.end(),
                                [this](const LayerResult& layer) { return !runs(layer.name); }),
                 layers.end());
    return std::move(outcome_);
  }

 private:
  std::unique_ptr<Engine> make_engine(const AcceleratorConfig& config) {
    if (options_.engine == EngineKind::Fast) {
      auto engine = std::make_unique<FastEngine>(config, has_data(), options_.watchdog_cycles,
                                                 options_.dram_observers);
      engine->observe(options_.command_observer);
      return engine;
    }
    return std::make_unique<SystemcEngine>(config, engine_options());
  }

  SystemcEngineOptions engine_options() {
    SystemcEngineOptions engine;
    engine.watchdog_cycles = options_.watchdog_cycles;
    engine.dram_observers = options_.dram_observers;
    engine.command_observer = options_.command_observer;
    engine.probe = options_.probe;
    if (options_.probe != nullptr && options_.probe->looks_into_pes()) {
      engine.make_pes = make_transparent_pe_array;
    }
    engine.on_progress = [this](std::uint64_t cycles) { report(cycles); };
    if (options_.engine == EngineKind::Verilated) {
      engine.make_pes = make_verilated_array;
    }
    return engine;
  }

  void note_kept_tensors() {
    for (const KeptReport& report : compiler_.kept()) {
      const KeptTensor& tensor = report.tensor;
      KeptInScratchpad kept;
      kept.layer = network_.layers[tensor.producer].name;
      for (const std::size_t reader : tensor.readers) {
        kept.readers.push_back(network_.layers[reader].name);
      }
      kept.first_row = static_cast<std::uint64_t>(tensor.first_row);
      kept.rows = static_cast<std::uint64_t>(tensor.rows());
      kept.in_dram = tensor.in_dram;
      kept.not_read_bytes = report.not_read;
      kept.not_written_bytes = report.not_written;
      outcome_.result.kept.push_back(std::move(kept));
    }
  }

  bool has_data() const { return options_.data != DataSource::None; }
  bool labelled() const { return has_data() && !inputs_.labels.empty() && options_.layers.empty(); }
  bool checked() const { return options_.check && has_data(); }

  /// Runs every layer, the golden model beside it.
  void infer() {
    std::vector<TensorData> golden(network_.tensors.size());
    if (has_data()) {
      load_inputs(golden);
    }
    for (layer_ = 0; layer_ < network_.layers.size(); ++layer_) {
      const Layer& layer = network_.layers[layer_];
      if (!runs(layer.name)) {
        stand_in(layer, golden);
        continue;
      }
      if (options_.dram_observers.requests != nullptr) {
        options_.dram_observers.requests->on_layer(layer.name);
      }
      if (options_.command_observer != nullptr) {
        options_.command_observer->on_layer(layer.name);
      }
      if (options_.probe != nullptr) {
        options_.probe->on_layer(layer.name);
      }
      record(compiler_.is_in_place(layer_)   ? LayerMeasurement{}
             : runs_on_host(network_, layer) ? run_on_host(layer)
                                             : run_with_biases());
      if (checked()) {
        golden[layer.output] = golden_output(layer, golden);
        compare(layer, golden[layer.output]);
      } else if (has_data() && !options_.layers.empty()) {
        golden[layer.output] = read(layer.output);  // for layers that the machine does not run
      }
      if (!options_.dump_dir.empty() && inference_ == 0) {
        dump();
      }
      for (const TensorId id : layer.inputs) {
        if (last_readers_[id] == layer_) {
          golden[id] = TensorData{};  // all of a large network's would fill the memory
        }
      }
    }
  }

  bool runs(const std::string& layer) const {
    const std::vector<std::string>& chosen = options_.layers;
    return chosen.empty() || std::find(chosen.begin(), chosen.end(), layer) != chosen.end();
  }

  /// The golden model's output in place of the machine's.
  void stand_in(const Layer& layer, std::vector<TensorData>& golden) {
    if (!has_data()) {
      return;
    }
    golden[layer.output] = golden_output(layer, golden);
    const Tensor& output = network_.tensor(layer.output);
    write(layer.output, pack_tensor(golden[layer.output], output.shape, output.format));
  }

  /// Time once; bytes for each inference.
  LayerMeasurement measure_and_compute() {
    if (inference_ == 0) {
      const MeasuredLayer& layer = measurer_.measure(layer_);
      traffic_[layer_] = layer.traffic;
      first_[layer_] = layer.measured;
      report(first_[layer_].cycles);
    }
    LayerMeasurement measured = first_[layer_];
    if (has_data()) {
      measured.events += engine_->compute(measurer_.program(layer_));
    }
    if (inference_ + 1 == outcome_.result.inferences) {
      measurer_.drop_program(layer_);
    }
    return measured;
  }

  /// The host adds up weights that were computed, where the biases contain their sums.
  LayerMeasurement run_with_biases() {
    const std::optional<RunTimeBias> bias = compiler_.run_time_bias(layer_);
    if (bias && has_data()) {
      engine_->write_dram(bias->address,
                          compiler_.run_time_bias_bytes(layer_, read(bias->weights)));
    }
    LayerMeasurement measured = run_on_machine();
    if (bias) {
      measured.events.add(Event::HostReadBytes, compiler_.placement(bias->weights).bytes);
      measured.events.add(Event::HostWriteBytes, bias->bytes);
    }
    return measured;
  }

  /// Programs are kept for the inferences to come only: those of a large network fill the memory.
  LayerMeasurement run_on_machine() {
    if (engine_->measures_alone()) {
      return measure_and_compute();
    }
    std::optional<LayerProgram>& program = programs_[layer_];
    if (!program) {
      program = compiler_.lower(layer_);
      traffic_[layer_] = traffic_of(*program, outcome_.result.config);
    }
    if (inference_ > 0) {
      return engine_->run(*program);
    }
    LayerMeasurement measured = engine_->run(*program);
    if (outcome_.result.inferences == 1) {
      program.reset();
    } else {
      first_[layer_] = measured;
    }
    report(measured.cycles);
    return measured;
  }

  void load_inputs(std::vector<TensorData>& golden) {
    std::vector<TensorData> values = inference_inputs(network_, inputs_, inference_);
    for (std::size_t i = 0; i < network_.inputs.size(); ++i) {
      const TensorId input = network_.inputs[i];
      const Tensor& tensor = network_.tensor(input);
      write(input, pack_tensor(values[i], tensor.shape, tensor.format));
      golden[input] = std::move(values[i]);
    }
  }

  /// The golden code computes the layer, on the bytes that lie in the machine's DRAM. The machine
  /// stands still meanwhile.
  LayerMeasurement run_on_host(const Layer& layer) {
    LayerMeasurement measured;
    for (const TensorId id : layer.inputs) {
      measured.events.add(Event::HostReadBytes, compiler_.placement(id).bytes);
    }
    measured.events.add(Event::HostWriteBytes, compiler_.placement(layer.output).bytes);
    if (!has_data()) {
      return measured;
    }
    std::vector<TensorData> values;
    for (const TensorId id : layer.inputs) {
      values.push_back(read(id));
    }
    std::vector<const TensorData*> operands;
    operands.reserve(values.size());
    for (const TensorData& value : values) {
      operands.push_back(&value);
    }
    const TensorData result = golden::run_layer(network_, layer, operands);
    const Tensor& output = network_.tensor(layer.output);
    write(layer.output, pack_tensor(result, output.shape, output.format));
    return measured;
  }

  TensorData golden_output(const Layer& layer, const std::vector<TensorData>& golden) const {
    std::vector<const TensorData*> operands;
    for (const TensorId id : layer.inputs) {
      const Tensor& tensor = network_.tensor(id);
      operands.push_back(tensor.data ? &*tensor.data : &golden[id]);
    }
    return golden::run_layer(network_, layer, operands);
  }

  TensorData read(TensorId id) const {
    const Tensor& tensor = network_.tensor(id);
    if (const KeptTensor* kept = compiler_.only_in_scratchpad(id)) {
      return read_kept(*kept, tensor.format);
    }
    const TensorPlacement& at = compiler_.placement(id);
    std::vector<std::uint8_t> bytes;
    bytes.reserve(at.bytes);
    at.for_each_run([&](std::uint64_t address, std::uint64_t, std::uint64_t size) {
      const std::vector<std::uint8_t> run = engine_->read_dram(address, size);
      bytes.insert(bytes.end(), run.begin(), run.end());
    });
    return unpack_tensor(bytes, tensor.shape, tensor.format);
  }

  void write(TensorId id, const std::vector<std::uint8_t>& bytes) {
    compiler_.placement(id).for_each_run(
        [&](std::uint64_t address, std::uint64_t first, std::uint64_t size) {
          const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(first);
          engine_->write_dram(address, {from, from + static_cast<std::ptrdiff_t>(size)});
        });
  }

  /// From its rows of the scratchpad, pixel after pixel.
  TensorData read_kept(const KeptTensor& kept, ElementFormat format) const {
    const std::uint32_t lanes = outcome_.result.config.array.rows;
    const std::size_t row_bytes = activation_row_bytes(outcome_.result.config);
    const std::vector<std::uint8_t> rows = engine_->read_scratchpad(
        static_cast<std::uint32_t>(kept.first_row), static_cast<std::uint32_t>(kept.rows()));
    TensorData data;
    data.reserve(static_cast<std::size_t>(kept.pixels() * kept.channels));
    for (std::int64_t pixel = 0; pixel < kept.pixels(); ++pixel) {
      for (std::int64_t c = 0; c < kept.channels; ++c) {
        const std::int64_t row =
            kept.row_of(pixel) - kept.first_row + c / lanes * kept.slice_pitch();
        data.push_back(unpack_element(rows.data() + static_cast<std::size_t>(row) * row_bytes,
                                      static_cast<std::uint64_t>(c % lanes), format));
      }
    }
    return data;
  }

  void compare(const Layer& layer, const TensorData& expected) {
    const TensorData got = read(layer.output);
    if (got == expected) {
      return;
    }
    Mismatch mismatch;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (expected[i] == got[i]) {
        continue;
      }
      if (mismatch.mismatches == 0) {
        mismatch.index = index_of(network_.tensor(layer.output).shape, i);
        mismatch.expected = expected[i];
        mismatch.got = got[i];
      }
      ++mismatch.mismatches;
    }
    if (mismatch.mismatches > 0) {
      mismatch.inference = inference_;
      mismatch.layer = layer.name;
      outcome_.mismatches.push_back(mismatch);
      outcome_.result.layers[layer_].check = Check::Fail;
    }
  }

  /// Timing does not depend on data: every inference must take the cycles of the first.
  void record(const LayerMeasurement& measured) {
    psum_overflows_ += measured.events[Event::PsumOverflows];
    LayerResult& layer = outcome_.result.layers[layer_];
    if (inference_ > 0) {
      try {
        check_same_timing(first_[layer_], measured);
      } catch (const std::logic_error& difference) {
        throw std::logic_error{"layer '" + layer.name + "', inference " +
                               std::to_string(inference_) + ", " + difference.what()};
      }
      return;
    }
    layer.cycles = measured.cycles;
    layer.compute_cycles = measured.compute_cycles;
    layer.events = measured.events;
    layer.ledger = measured.ledger;
    layer.bank_conflicts = measured.bank_conflicts;
    layer.peak_bytes_per_window = measured.peak_bytes_per_window;
    layer.traffic = conserved_traffic(traffic_[layer_], measured.events, outcome_.result.config);
    layer.windows = measured.windows;
  }

  /// The output of this layer.
  void dump() const {
    const TensorId output = network_.layers[layer_].output;
    write_npy(options_.dump_dir + "/" + dump_files_[layer_], read(output),
              network_.tensor(output).shape, network_.tensor(output).format);
  }

  std::uint64_t correct_of_original() const {
    const std::vector<TensorData> values = golden_tensors(*original_, inputs_, inference_);
    return count_correct(*original_, values[original_->outputs.at(0)], inputs_, inference_);
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
      options_.on_progress({layer_, network_.layers.size(), network_.layers[layer_].name,
                            inference_, outcome_.result.inferences, cycles});
    }
  }

  const SimulationOptions& options_;
  const LabelledInputs& inputs_;
  const std::optional<Network> original_;  // where its accuracy is asked for
  Legalized legalized_;
  const Network& network_;
  const Compiler compiler_;
  const std::unique_ptr<Engine> engine_;
  SimulationOutcome outcome_;
  std::vector<std::optional<LayerProgram>> programs_;  // by layer
  LayerMeasurer measurer_;
  std::vector<LayerMeasurement> first_;  // of the first inference
  std::vector<CommandTraffic> traffic_;  // by layer
  const std::vector<std::string> dump_files_{layer_files(network_)};
  const std::vector<std::size_t> last_readers_{last_readers(network_)};  // by tensor
  std::uint64_t inference_ = 0;
  std::uint64_t psum_overflows_ = 0;  // of all inferences
  std::size_t layer_ = 0;
};

}  // namespace

SimulationOutcome simulate(const AcceleratorConfig& config, Network network,
                           const LabelledInputs& inputs, const SimulationOptions& options) {
  check_data(config, options.data);
  return Simulation{config, std::move(network), inputs, options}.run();
}

}  // namespace systole

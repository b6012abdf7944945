#include "sim/run/layer_runner.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "models/golden/golden.hpp"

namespace systole {

LayerRunner::LayerRunner(const Network& network, const AcceleratorConfig& config,
                         const Compiler& compiler, Engine& engine, MachineTensors& tensors, Run run)
    : network_{network},
      config_{config},
      compiler_{compiler},
      engine_{engine},
      tensors_{tensors},
      run_{std::move(run)},
      programs_(network.layers.size()),
      measurer_{compiler, config, engine, network.layers.size(), run_.shared},
      first_(network.layers.size()),
      traffic_(network.layers.size()) {}

LayerMeasurement LayerRunner::run(std::size_t layer, std::uint64_t inference) {
  const Layer& of = network_.layers[layer];
  LayerMeasurement measured = compiler_.is_in_place(layer) ? LayerMeasurement{}
                              : runs_on_host(network_, of) ? run_on_host(of)
                                                           : run_with_biases(layer, inference);
  if (inference > 0) {
    check_like_first(layer, inference, measured);
  }
  return measured;
}

/// The host adds up weights that were computed, where the biases contain their sums.
LayerMeasurement LayerRunner::run_with_biases(std::size_t layer, std::uint64_t inference) {
  const std::optional<RunTimeBias> bias = compiler_.run_time_bias(layer);
  if (bias && run_.has_data) {
    engine_.write_dram(bias->address,
                       compiler_.run_time_bias_bytes(layer, tensors_.read(bias->weights)));
  }
  LayerMeasurement measured = engine_.measures_alone() ? measure_and_compute(layer, inference)
                                                       : run_on_machine(layer, inference);
  if (bias) {
    measured.events.add(Event::HostReadBytes, compiler_.placement(bias->weights).bytes);
    measured.events.add(Event::HostWriteBytes, bias->bytes);
  }
  return measured;
}

/// Time once; bytes for each inference.
LayerMeasurement LayerRunner::measure_and_compute(std::size_t layer, std::uint64_t inference) {
  if (inference == 0) {
    const MeasuredLayer& known = measurer_.measure(layer);
    traffic_[layer] = known.traffic;
    first_[layer] = known.measured;
    run_.on_measured(known.measured.cycles);
  }
  LayerMeasurement measured = first_[layer];
  if (run_.has_data) {
    measured.events += engine_.compute(measurer_.program(layer));
  }
  if (is_last(inference)) {
    measurer_.drop_program(layer);
  }
  return measured;
}

/// Programs are kept for the inferences to come only: those of a large network fill the memory.
LayerMeasurement LayerRunner::run_on_machine(std::size_t layer, std::uint64_t inference) {
  std::optional<LayerProgram>& program = programs_[layer];
  if (!program) {
    program = compiler_.lower(layer);
    traffic_[layer] = traffic_of(*program, config_);
  }
  LayerMeasurement measured = engine_.run(*program);
  if (is_last(inference)) {
    program.reset();
  } else if (inference == 0) {
    first_[layer] = measured;
  }
  if (inference == 0) {
    run_.on_measured(measured.cycles);
  }
  return measured;
}

/// The golden code computes the layer, on the bytes that lie in the machine's DRAM. The machine
/// stands still meanwhile.
LayerMeasurement LayerRunner::run_on_host(const Layer& layer) {
  LayerMeasurement measured;
  for (const TensorId id : layer.inputs) {
    measured.events.add(Event::HostReadBytes, compiler_.placement(id).bytes);
  }
  measured.events.add(Event::HostWriteBytes, compiler_.placement(layer.output).bytes);
  if (!run_.has_data) {
    return measured;
  }
  std::vector<TensorData> values;
  for (const TensorId id : layer.inputs) {
    values.push_back(tensors_.read(id));
  }
  std::vector<const TensorData*> operands;
  operands.reserve(values.size());
  for (const TensorData& value : values) {
    operands.push_back(&value);
  }
  tensors_.write(layer.output, golden::run_layer(network_, layer, operands));
  return measured;
}

void LayerRunner::check_like_first(std::size_t layer, std::uint64_t inference,
                                   const LayerMeasurement& measured) const {
  try {
    check_same_timing(first_[layer], measured);
  } catch (const std::logic_error& difference) {
    throw std::logic_error{"layer '" + network_.layers[layer].name + "', inference " +
                           std::to_string(inference) + ", " + difference.what()};
  }
}

}  // namespace systole

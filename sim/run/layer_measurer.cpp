#include "sim/run/layer_measurer.hpp"

#include <utility>

namespace systole {

LayerMeasurer::LayerMeasurer(const Compiler& compiler, const AcceleratorConfig& config,
                             Engine& engine, std::size_t layers, MeasuredLayers* shared)
    : compiler_{compiler},
      config_{config},
      engine_{engine},
      shared_{shared},
      programs_(layers),
      layers_(layers) {}

const PackedProgram& LayerMeasurer::program(std::size_t layer) {
  std::optional<PackedProgram>& program = programs_[layer];
  if (!program) {
    program = compiler_.lower_packed(layer);
  }
  return *program;
}

const MeasuredLayer& LayerMeasurer::measure(std::size_t layer) {
  Measured& measured = layers_[layer];
  std::vector<std::uint64_t> likeness = compiler_.likeness(layer, engine_.dram_places());
  if (likeness.empty()) {
    measured = find_or_measure(layer);
    return *measured;
  }
  Measured& known = known_[std::move(likeness)];
  if (known == nullptr) {
    known = find_or_measure(layer);
  }
  measured = known;
  return *measured;
}

LayerMeasurer::Measured LayerMeasurer::find_or_measure(std::size_t layer) {
  const MeasuredLayers::Key key = key_among_runs(layer);
  if (!key.empty()) {
    if (Measured known = shared_->find(key)) {
      return known;
    }
  }
  const PackedProgram& of = program(layer);
  auto measured = std::make_shared<const MeasuredLayer>(
      MeasuredLayer{engine_.measure(of), traffic_of(of, config_)});
  if (!key.empty()) {
    shared_->add(key, measured);
  }
  return measured;
}

/// What decides the layer's figures among all runs that share theirs; empty: it is not shared.
MeasuredLayers::Key LayerMeasurer::key_among_runs(std::size_t layer) {
  if (shared_ == nullptr) {
    return {};
  }
  MeasuredLayers::Key key = compiler_.likeness_of_plan(layer, engine_.dram_places());
  if (!key.empty()) {
    const bool needs_array = compiler_.needs_array(layer);
    std::optional<std::uint64_t>& machine = machine_[needs_array ? 1 : 0];
    if (!machine) {
      machine = shared_->number_of(config_, needs_array);
    }
    key.push_back(*machine);
  }
  return key;
}

}  // namespace systole

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/engine/engine.hpp"
#include "sim/network/network.hpp"
#include "sim/program/traffic.hpp"
#include "sim/run/layer_measurer.hpp"
#include "sim/run/machine_tensors.hpp"
#include "sim/stats/layer_measurement.hpp"

namespace systole {

/// Runs a network's layers, each where it belongs: on the machine, on the host, or nowhere when
/// its inputs were written in its place. It needs all that it is given for as long as it lives.
class LayerRunner {
 public:
  struct Run {
    std::uint64_t inferences = 1;
    bool has_data = true;
    MeasuredLayers* shared = nullptr;                       ///< null: no run shares its layers
    std::function<void(std::uint64_t cycles)> on_measured;  ///< of a layer on the machine
  };
  LayerRunner(const Network& network, const AcceleratorConfig& config, const Compiler& compiler,
              Engine& engine, MachineTensors& tensors, Run run);

  /// Layers in order, inference after inference. Timing does not depend on data: throws
  /// std::logic_error if an inference takes other cycles than the first.
  LayerMeasurement run(std::size_t layer, std::uint64_t inference);

  /// What the layer's commands move.
  const CommandTraffic& traffic(std::size_t layer) const { return traffic_[layer]; }

 private:
  LayerMeasurement run_with_biases(std::size_t layer, std::uint64_t inference);
  LayerMeasurement run_on_machine(std::size_t layer, std::uint64_t inference);
  LayerMeasurement measure_and_compute(std::size_t layer, std::uint64_t inference);
  LayerMeasurement run_on_host(const Layer& layer);
  void check_like_first(std::size_t layer, std::uint64_t inference,
                        const LayerMeasurement& measured) const;
  bool is_last(std::uint64_t inference) const { return inference + 1 == run_.inferences; }

  const Network& network_;
  const AcceleratorConfig& config_;
  const Compiler& compiler_;
  Engine& engine_;
  MachineTensors& tensors_;
  const Run run_;
  std::vector<std::optional<LayerProgram>> programs_;  // by layer
  LayerMeasurer measurer_;
  std::vector<LayerMeasurement> first_;  // by layer: of the first inference
  std::vector<CommandTraffic> traffic_;  // by layer
};

}  // namespace systole

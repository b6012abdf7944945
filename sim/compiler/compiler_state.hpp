#pragma once

#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/compiler/concat_places.hpp"
#include "sim/compiler/conv_lowering.hpp"
#include "sim/compiler/conv_plan.hpp"
#include "sim/compiler/dram_map.hpp"
#include "sim/compiler/dram_pitches.hpp"
#include "sim/compiler/fusion.hpp"
#include "sim/compiler/layer_plan.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/program/traffic.hpp"

namespace systole {

/// Scratchpad rows for the buffers of a layer; kept tensors have the others.
inline MachineLimits limited(const MachineLimits& machine, const FreeRows& free) {
  MachineLimits limits = machine;
  limits.scratchpad_first = free.first;
  limits.scratchpad_rows = free.rows;
  return limits;
}

/// What a layer's program moves and, with a clock, takes.
struct Cost {
  Traffic traffic;
  std::uint64_t moved = 0;  ///< bytes of DRAM, of whole bursts, if they are the objective
  std::uint64_t cycles = 0;
};

/// A compiled network: how each layer is cut (layer_cuts.cpp), what stays in the scratchpad
/// (keeping.cpp), and where everything lies.
struct Compiler::State {
  State(const Network& net, const AcceleratorConfig& accelerator, LayerClock layer_clock)
      : network{net},
        config{accelerator},
        clock{counts_bytes() ? LayerClock{} : std::move(layer_clock)},
        machine{config},
        dram{net},
        run_time{run_time_tensors(net)},
        // The loops of the hardware have one address for a tensor, and its pixels side by side.
        parts{accelerator.sequencer.unroller == Unroller::None
                  ? concat_parts(net)
                  : std::vector<std::optional<ConcatPart>>(net.tensors.size())},
        origin(net.tensors.size()),
        addresses(net.layers.size()),
        plans(net.layers.size()),
        costs(net.layers.size()) {
    std::iota(origin.begin(), origin.end(), TensorId{0});
  }

  void plan(std::size_t index);
  std::vector<Plan> cut(std::size_t index) const;
  Plan best_of(std::size_t index, std::vector<Plan> candidates) const;
  std::vector<Plan> cut_convolution(std::size_t index, ConvLayer layer) const;
  std::optional<std::vector<std::uint64_t>> likeness_of_cut(std::size_t index) const;
  void remember_choice(std::size_t index);
  std::vector<Plan> cut_depthwise(std::size_t index, const ConvLayer& layer) const;
  std::optional<Plan> cut_loops(std::size_t index, const ConvLayer& layer) const;
  std::vector<Plan> cut_pool(std::size_t index, PoolLayer layer) const;
  Plan cut_add(std::size_t index) const;
  DramPitches pitches(const Layer& layer) const;
  void place_conv(std::size_t index, const ConvLayer& layer, std::uint64_t blocks,
                  std::uint64_t weight_bytes);
  void place_depthwise(std::size_t index, const ConvLayer& layer);
  void fuse();
  bool keep(const KeptTensor& tensor);
  void place_longer_weights(std::size_t index, const Plan& plan);
  const KeptTensor* kept_ifmap(TensorId tensor, std::size_t layer) const;
  const KeptTensor* kept_ofmap(std::size_t layer) const;
  Cost cost(std::size_t index, const Plan& plan) const;
  LayerRegisters registers(std::size_t index, const Plan& plan) const {
    LayerRegisters of =
        layer_registers(network, network.layers[index], plan, addresses[index].ofmap);
    const KeptTensor* ofmap = kept_ofmap(index);
    of.ends_in_scratchpad = ofmap != nullptr && !ofmap->in_dram;
    return of;
  }
  PackedCommands commands(std::size_t index, const Plan& plan) const;
  WeightImage blocks_of(const Cut& cut) const;
  void append_image(const Cut& cut, const ConvAddresses& at, std::vector<DramSegment>& image) const;

  bool counts_bytes() const { return config.compiler.objective == Objective::Traffic; }

  const Network& network;
  const AcceleratorConfig config;
  const LayerClock clock;       ///< empty: cycles do not count
  const MachineLimits machine;  ///< refers to `config`
  DramMap dram;
  const std::vector<bool> run_time;  ///< by tensor: given or computed, not a constant
  const std::vector<std::optional<ConcatPart>> parts;  ///< by tensor
  std::vector<TensorId> origin;                        ///< by tensor: the one whose bytes it names
  std::vector<ConvAddresses> addresses;                ///< by layer; of convolutions
  std::vector<Plan> plans;                             ///< by layer
  std::vector<std::optional<Cost>> costs;              ///< of the plans, where they were asked for
  std::vector<KeptTensor> kept;
  std::vector<KeptReport> reports;
  std::map<std::vector<std::uint64_t>, ConvChoice> choices;  ///< by likeness
};

}  // namespace systole

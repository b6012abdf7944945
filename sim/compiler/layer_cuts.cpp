#include <algorithm>
#include <optional>
#include <utility>

#include "sim/compiler/compiler_state.hpp"
#include "sim/compiler/conv_plan.hpp"
#include "sim/compiler/likeness.hpp"
#include "sim/compiler/supported.hpp"

namespace systole {

/// Cuts a layer beside the tensors that are kept now, in compiler.candidates ways at most, the best
/// by its estimate first. All of them need the same room in DRAM. Throws MappingError.
std::vector<Plan> Compiler::State::cut(std::size_t index) const {
  const Layer& layer = network.layers[index];
  const KeptTensor* ifmap = kept_ifmap(layer.inputs.at(0), index);
  if (const std::optional<ConvLayer> conv =
          as_conv(network, layer, run_time, pitches(layer), ifmap)) {
    if (runs_in_vector_unit(*conv, config)) {
      return cut_depthwise(index, *conv);
    }
    const std::optional<Plan> loops = cut_loops(index, *conv);
    return loops ? std::vector<Plan>{*loops} : cut_convolution(index, *conv);
  }
  if (const std::optional<PoolLayer> pool = as_pool(network, layer, pitches(layer))) {
    return cut_pool(index, *pool);
  }
  return {std::holds_alternative<Add>(layer.op) ? cut_add(index) : Plan{}};
}

/// By what their programs do: the fewest cycles, or bytes that DRAM moves if that is the objective;
/// of equals the first. Their tensors have their places.
Plan Compiler::State::best_of(std::size_t index, std::vector<Plan> candidates) const {
  if (candidates.size() == 1 || (!counts_bytes() && !clock)) {
    return std::move(candidates.front());
  }
  std::size_t best = 0;
  std::uint64_t least = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Cost its = cost(index, candidates[i]);
    const std::uint64_t measured = counts_bytes() ? its.moved : its.cycles;
    if (i == 0 || measured < least) {
      best = i;
      least = measured;
    }
  }
  return std::move(candidates[best]);
}

std::vector<Plan> Compiler::State::cut_convolution(std::size_t index, ConvLayer layer) const {
  // Weights that another layer computes lie as that layer wrote them, one product in a row.
  const std::uint32_t products =
      layer.weight_is_activation
          ? 1
          : products_per_pe(config.array, layer.ifmap_format.bits, layer.weight_format.bits);
  const FreeRows rows = free_rows(kept, index, machine.scratchpad_rows);
  const MachineLimits limits = limited(MachineLimits{config, products}, rows);
  layer.one_group_a_block = runs_by_groups(layer, config);
  check_supported(layer, network, limits);
  if (const KeptTensor* ofmap = kept_ofmap(index)) {
    layer.kept_ofmap = *ofmap;
  }
  // The search is long: layers alike are cut as the first of them was.
  const std::optional<std::vector<std::uint64_t>> like = likeness_of_cut(index);
  const auto known = like ? choices.find(*like) : choices.end();
  std::vector<ConvPlan> cuts = known == choices.end()
                                   ? cut_conv(layer, limits)
                                   : std::vector{cut_conv(layer, limits, known->second)};
  std::vector<Plan> candidates;
  for (ConvPlan& plan : cuts) {
    LayerMapping mapping = describe_mapping(plan.layer, plan.image, limits, plan.tiling);
    mapping.compulsory(Operand::Ifmap) *= layer.kept_ifmap ? 0U : 1U;
    mapping.compulsory(Operand::Ofmap) *= layer.stores_ofmap() ? 1U : 0U;
    candidates.push_back({std::move(plan), rows, mapping});
  }
  return candidates;
}

/// Of convolutions that are cut alike; none: like no other. Where bytes are counted, that depends
/// on how operands lie in bursts.
std::optional<std::vector<std::uint64_t>> Compiler::State::likeness_of_cut(
    std::size_t index) const {
  const Layer& layer = network.layers[index];
  const bool lie_alike =
      dram.alignment() >= config.dma.max_burst_bytes && pitches(layer).ifmap == 0;
  std::optional<std::vector<std::uint64_t>> like = kept.empty() && (lie_alike || !counts_bytes())
                                                       ? systole::likeness(network, layer, run_time)
                                                       : std::nullopt;
  if (like) {
    const DramPitches apart = pitches(layer);
    like->insert(like->end(), {apart.ifmap, apart.ofmap});
  }
  return like;
}

void Compiler::State::remember_choice(std::size_t index) {
  const auto* plan = std::get_if<ConvPlan>(&plans[index].cut);
  std::optional<std::vector<std::uint64_t>> like =
      plan != nullptr ? likeness_of_cut(index) : std::nullopt;
  if (like) {
    choices.emplace(std::move(*like), ConvChoice{plan->layer.packed.has_value(), plan->tiling});
  }
}

std::vector<Plan> Compiler::State::cut_depthwise(std::size_t index, const ConvLayer& layer) const {
  check_supported_depthwise(layer, network, machine);
  const FreeRows rows = free_rows(kept, index, machine.scratchpad_rows);
  const MachineLimits limits = limited(machine, rows);
  std::vector<Plan> candidates;
  for (const DepthwiseTiling& tiling : choose_depthwise_tilings(layer, limits, layer.pinned)) {
    candidates.push_back(
        {DepthwisePlan{layer, tiling}, rows, describe_mapping(layer, limits, tiling)});
  }
  return candidates;
}

/// None: the host sends the layer's commands, as where the layer pins what the loops do not do.
std::optional<Plan> Compiler::State::cut_loops(std::size_t index, const ConvLayer& layer) const {
  const bool pinned = layer.pinned.depthwise || layer.pinned.pack_taps;
  if (config.sequencer.unroller == Unroller::None || pinned) {
    return std::nullopt;
  }
  const MachineLimits limits{config};
  check_supported(layer, network, limits);
  const std::optional<LoopedLayer> looped = as_loops(network, network.layers[index], layer, config);
  if (!looped) {
    return std::nullopt;
  }
  const LayerMapping mapping = describe_mapping(layer, *looped, config);
  return Plan{LoopPlan{layer, *looped}, {}, mapping};
}

std::vector<Plan> Compiler::State::cut_pool(std::size_t index, PoolLayer layer) const {
  check_supported(layer, network.layers[index].mapping, network, machine);
  const FreeRows rows = free_rows(kept, index, machine.scratchpad_rows);
  const MachineLimits limits = limited(machine, rows);
  if (const KeptTensor* ifmap = kept_ifmap(layer.ifmap, index)) {
    layer.kept_ifmap = *ifmap;
  }
  if (const KeptTensor* ofmap = kept_ofmap(index)) {
    layer.kept_ofmap = *ofmap;
  }
  std::vector<Plan> candidates;
  for (const PoolTiling& tiling :
       choose_pool_tilings(layer, limits, network.layers[index].mapping)) {
    LayerMapping mapping = describe_mapping(layer, limits, tiling);
    mapping.compulsory(Operand::Ifmap) *= layer.kept_ifmap ? 0U : 1U;
    mapping.compulsory(Operand::Ofmap) *= layer.stores_ofmap() ? 1U : 0U;
    candidates.push_back({PoolPlan{layer, tiling}, rows, mapping});
  }
  return candidates;
}

Plan Compiler::State::cut_add(std::size_t index) const {
  const Layer& layer = network.layers[index];
  check_supported_add(layer, network, machine);
  const FreeRows rows = free_rows(kept, index, machine.scratchpad_rows);
  const MachineLimits limits = limited(machine, rows);
  const Tensor& sum = network.tensor(layer.output);
  KeptAdd add;
  for (std::size_t i = 0; i < add.operands.size(); ++i) {
    if (const KeptTensor* operand = kept_ifmap(layer.inputs.at(i), index)) {
      add.operands[i] = *operand;
    }
  }
  if (const KeptTensor* ofmap = kept_ofmap(index)) {
    add.sum = *ofmap;
  }
  if (!add.operands[0] && !add.operands[1] && !add.sum) {
    const AddTiling tiling =
        choose_add_tiling(packed_tensor_bytes(sum.shape, sum.format), sum.format.bits, limits);
    return {AddPlan{tiling}, rows, describe_mapping(limits, tiling)};
  }
  add.channels = sum.shape.empty() ? 1 : sum.shape.back();
  add.pixels = sum.elements() / std::max<std::int64_t>(1, add.channels);
  add.bits = sum.format.bits;
  const KeptAddTiling tiling = choose_kept_add_tiling(add, limits);
  const LayerMapping mapping = describe_mapping(add, limits, tiling);
  return {KeptAddPlan{std::move(add), tiling}, rows, mapping};
}

}  // namespace systole

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/compiler/compiler_state.hpp"
#include "sim/compiler/conv_plan.hpp"
#include "sim/compiler/likeness.hpp"
#include "sim/compiler/supported.hpp"

namespace systole {

/// Cuts a layer beside the tensors that are kept now; throws MappingError.
Plan Compiler::State::cut(std::size_t index) const {
  const Layer& layer = network.layers[index];
  const KeptTensor* ifmap = kept_ifmap(layer.inputs.at(0), index);
  if (const std::optional<ConvLayer> conv =
          as_conv(network, layer, run_time, pitches(layer), ifmap)) {
    if (runs_in_vector_unit(*conv, config)) {
      return cut_depthwise(index, *conv);
    }
    const std::optional<Plan> loops = cut_loops(index, *conv);
    return loops ? *loops : cut_convolution(index, *conv);
  }
  if (const std::optional<PoolLayer> pool = as_pool(network, layer, pitches(layer))) {
    return cut_pool(index, *pool);
  }
  return std::holds_alternative<Add>(layer.op) ? cut_add(index) : Plan{};
}

Plan Compiler::State::cut_convolution(std::size_t index, ConvLayer layer) const {
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
  ConvPlan plan = cut_as_alike(index, layer, limits);
  LayerMapping mapping = describe_mapping(plan.layer, plan.image, limits, plan.tiling);
  mapping.compulsory(Operand::Ifmap) *= layer.kept_ifmap ? 0U : 1U;
  mapping.compulsory(Operand::Ofmap) *= layer.stores_ofmap() ? 1U : 0U;
  return {std::move(plan), rows, mapping};
}

/// The search is long: layers alike are cut as the first of them was.
ConvPlan Compiler::State::cut_as_alike(std::size_t index, const ConvLayer& layer,
                                       const MachineLimits& limits) const {
  const Layer& of = network.layers[index];
  std::optional<std::vector<std::uint64_t>> like =
      kept.empty() ? systole::likeness(network, of, run_time) : std::nullopt;
  if (!like) {
    return cut_conv(layer, limits);
  }
  like->insert(like->end(), {layer.pixel_pitch, layer.ofmap_pitch});
  const auto known = choices.find(*like);
  if (known != choices.end()) {
    return cut_conv(layer, limits, known->second);
  }
  ConvPlan plan = cut_conv(layer, limits);
  choices.emplace(std::move(*like), ConvChoice{plan.layer.packed.has_value(), plan.tiling});
  return plan;
}

Plan Compiler::State::cut_depthwise(std::size_t index, ConvLayer layer) const {
  check_supported_depthwise(layer, network, machine);
  const FreeRows rows = free_rows(kept, index, machine.scratchpad_rows);
  const MachineLimits limits = limited(machine, rows);
  const DepthwiseTiling tiling = choose_depthwise_tiling(layer, limits, layer.pinned);
  const LayerMapping mapping = describe_mapping(layer, limits, tiling);
  return {DepthwisePlan{std::move(layer), tiling}, rows, mapping};
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

Plan Compiler::State::cut_pool(std::size_t index, PoolLayer layer) const {
  check_supported(layer, network, machine);
  const FreeRows rows = free_rows(kept, index, machine.scratchpad_rows);
  const MachineLimits limits = limited(machine, rows);
  if (const KeptTensor* ifmap = kept_ifmap(layer.ifmap, index)) {
    layer.kept_ifmap = *ifmap;
  }
  if (const KeptTensor* ofmap = kept_ofmap(index)) {
    layer.kept_ofmap = *ofmap;
  }
  const PoolTiling tiling = choose_pool_tiling(layer, limits, network.layers[index].mapping);
  LayerMapping mapping = describe_mapping(layer, limits, tiling);
  mapping.compulsory(Operand::Ifmap) *= layer.kept_ifmap ? 0U : 1U;
  mapping.compulsory(Operand::Ofmap) *= layer.stores_ofmap() ? 1U : 0U;
  return {PoolPlan{std::move(layer), tiling}, rows, mapping};
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

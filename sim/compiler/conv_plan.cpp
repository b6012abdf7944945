#include "sim/compiler/conv_plan.hpp"

#include <optional>
#include <utility>

#include "sim/compiler/conv_cost.hpp"
#include "sim/compiler/memory_fit.hpp"
#include "sim/compiler/supported.hpp"

namespace systole {
namespace {

using ConvPlans = std::vector<ConvPlan>;

ConvPlans cut_as_it_is(const ConvLayer& layer, const MachineLimits& machine) {
  ConvPlan plan;
  plan.layer = layer;
  plan.products_per_pe = machine.products_per_pe;
  plan.image = weight_image(layer, machine);
  ConvPlans plans;
  for (const ConvTiling& tiling : choose_tilings(layer, plan.image, machine, layer.pinned)) {
    plan.tiling = tiling;
    plans.push_back(plan);
  }
  return plans;
}

std::optional<ConvPlans> cut_if_it_fits(const ConvLayer& layer, const MachineLimits& machine) {
  try {
    return cut_as_it_is(layer, machine);
  } catch (const MappingError&) {
    return std::nullopt;
  }
}

ConvCost cost_of(const ConvPlan& plan, const MachineLimits& machine) {
  const ConvTiling& tiling = plan.tiling;
  const PixelTiles pixels = pixel_tiles(plan.layer, machine, tiling.tile_oh, tiling.tile_ow);
  const ChannelTiles channels = channel_tiles(plan.layer, plan.image, machine, tiling.blocks,
                                              tiling.tile_ic, tiling.tile_taps);
  return ConvCostModel{plan.layer, plan.image, machine, pixels, channels}.cost(tiling);
}

}  // namespace

ConvPlans cut_conv(const ConvLayer& layer, const MachineLimits& machine) {
  const bool chosen = machine.config.compiler.pack_taps && layer.pinned.tile_ic == 0;
  std::optional<ConvLayer> packed;
  if (layer.pinned.pack_taps.value_or(chosen)) {
    packed = with_packed_taps(layer);
  }
  if (layer.pinned.pack_taps.value_or(false)) {
    check_supported_packing(packed.has_value());
    return cut_as_it_is(*packed, machine);
  }
  if (!packed) {
    return cut_as_it_is(layer, machine);
  }
  std::optional<ConvPlans> better = cut_if_it_fits(*packed, machine);
  std::optional<ConvPlans> plain = cut_if_it_fits(layer, machine);
  const Objective objective = machine.config.compiler.objective;
  if (!better || (plain && !cost_of(better->front(), machine)
                                .better_than(cost_of(plain->front(), machine), objective))) {
    return plain ? *std::move(plain) : cut_as_it_is(layer, machine);
  }
  return *std::move(better);
}

ConvPlan cut_conv(const ConvLayer& layer, const MachineLimits& machine, const ConvChoice& choice) {
  ConvPlan plan;
  plan.layer = choice.packed ? *with_packed_taps(layer) : layer;
  plan.products_per_pe = machine.products_per_pe;
  plan.image = weight_image(plan.layer, machine);
  plan.tiling = choice.tiling;
  return plan;
}

}  // namespace systole

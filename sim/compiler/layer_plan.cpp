#include "sim/compiler/layer_plan.hpp"

namespace systole {

const ConvLayer* array_layer(const Cut& cut) {
  if (const auto* conv = std::get_if<ConvPlan>(&cut)) {
    return &conv->layer;
  }
  const auto* loops = std::get_if<LoopPlan>(&cut);
  return loops == nullptr ? nullptr : &loops->layer;
}

namespace {

/// Shapes only: any constants take the same time.
void set_any_constants(Requantizer& requant) {
  if (requant.entries() == 0) {
    requant.multiplier = {0};
    requant.exponent = {0};
    requant.scale = {0};
  }
}

}  // namespace

LayerRegisters layer_registers(const Network& network, const Layer& layer, const Plan& plan,
                               std::uint64_t ofmap) {
  LayerRegisters registers;
  if (runs_on_host(network, layer)) {
    return registers;
  }
  registers.ifmap = network.tensor(layer.inputs.at(0)).format;
  registers.ofmap = network.tensor(layer.output).format;
  if (const ConvLayer* conv = array_layer(plan.cut)) {
    registers.weight = conv->weight_format;
    registers.products_per_pe = plan.mapping.products_per_pe;
    registers.requant = *conv->requant;
    set_any_constants(registers.requant);
    registers.ofmap_place = {ofmap, to_u64(conv->out_c), conv->ofmap_format.bits,
                             conv->ofmap_pitch};
  } else if (const auto* depthwise = std::get_if<DepthwisePlan>(&plan.cut)) {
    registers.weight = depthwise->layer.weight_format;
    registers.requant = *depthwise->layer.requant;
    set_any_constants(registers.requant);
  } else if (const auto* pool = std::get_if<PoolPlan>(&plan.cut)) {
    registers.pool_clamp_min = pool->layer.clamp_min;
    registers.pool_clamp_max = pool->layer.clamp_max;
  } else if (const auto* add = std::get_if<Add>(&layer.op)) {
    registers.add = *add;
    set_any_constants(registers.add.output);
  }
  return registers;
}

}  // namespace systole

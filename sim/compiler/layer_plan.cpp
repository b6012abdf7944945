#include "sim/compiler/layer_plan.hpp"

namespace systole {

const ConvLayer* array_layer(const Cut& cut) {
  if (const auto* conv = std::get_if<ConvPlan>(&cut)) {
    return &conv->layer;
  }
  const auto* loops = std::get_if<LoopPlan>(&cut);
  return loops == nullptr ? nullptr : &loops->layer;
}

}  // namespace systole

#include "sim/run/accumulation_order.hpp"

#include "sim/legalize/requant_rule.hpp"

namespace systole {

void note_accumulation_order(const Compiler& compiler, Network& network) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    Requantizer* const requant = requantizer(network.layers[i]);
    if (requant != nullptr && requant->accumulator.overflow == Overflow::Saturate) {
      requant->accumulator.order = compiler.accumulation_order(i);
      requant->accumulator.order_channels = compiler.accumulation_channels(i);
      requant->accumulator.products_at_once = compiler.mapping(i).products_per_pe;
    }
  }
}

}  // namespace systole

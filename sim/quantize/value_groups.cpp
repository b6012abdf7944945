#include "sim/quantize/value_groups.hpp"

#include <algorithm>
#include <numeric>
#include <variant>

namespace systole::quantize {
namespace {

/// Values that layers of some kind join, by value the least one of its set.
template <typename Joins>
std::vector<ValueId> groups_of(const FloatNetwork& network, const Joins& joins) {
  std::vector<ValueId> group(network.values.size());
  std::iota(group.begin(), group.end(), ValueId{0});
  for (const FloatLayer& layer : network.layers) {
    if (joins(layer.op)) {
      for (const ValueId input : layer.inputs) {
        const ValueId a = group[input];
        const ValueId b = group[layer.output];
        std::replace(group.begin(), group.end(), std::max(a, b), std::min(a, b));
      }
    }
  }
  return group;
}

}  // namespace

bool keeps_format(const FloatOp& op) {
  return !(std::holds_alternative<FloatConv2d>(op) ||
           std::holds_alternative<FloatFullyConnected>(op) || std::holds_alternative<FloatAdd>(op));
}

std::vector<ValueId> format_groups(const FloatNetwork& network) {
  return groups_of(network, keeps_format);
}

std::vector<ValueId> type_groups(const FloatNetwork& network) {
  return groups_of(network, [](const FloatOp& op) {
    return keeps_format(op) || std::holds_alternative<FloatAdd>(op);
  });
}

}  // namespace systole::quantize

#include "sim/workload/layer_order.hpp"

#include <algorithm>
#include <functional>
#include <queue>

namespace systole {
namespace {

/// Walks from each waiting layer to one that it waits for. Every waiting layer waits for a
/// waiting layer, so a walk ends in a cycle, or in a walk before it.
std::vector<std::vector<std::size_t>> find_cycles(
    const std::vector<std::vector<std::size_t>>& producers, const std::vector<bool>& placed) {
  std::vector<std::vector<std::size_t>> cycles;
  std::vector<std::size_t> walk_of(producers.size(), 0);  // 0: not walked
  for (std::size_t start = 0; start < producers.size(); ++start) {
    std::vector<std::size_t> walk;
    std::size_t at = start;
    while (!placed[at] && walk_of[at] == 0) {
      walk_of[at] = start + 1;
      walk.push_back(at);
      at = *std::find_if(producers[at].begin(), producers[at].end(),
                         [&](std::size_t producer) { return !placed[producer]; });
    }
    if (!walk.empty() && walk_of[at] == start + 1) {
      cycles.emplace_back(std::find(walk.begin(), walk.end(), at), walk.end());
    }
  }
  return cycles;
}

}  // namespace

LayerOrder order_layers(const std::vector<std::vector<std::size_t>>& producers) {
  LayerOrder result;
  std::vector<std::vector<std::size_t>> consumers(producers.size());
  std::vector<std::size_t> waits_for(producers.size());
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < producers.size(); ++i) {
    waits_for[i] = producers[i].size();
    for (const std::size_t producer : producers[i]) {
      consumers[producer].push_back(i);
    }
    if (waits_for[i] == 0) {
      ready.push(i);
    }
  }
  std::vector<bool> placed(producers.size(), false);
  while (!ready.empty()) {
    const std::size_t layer = ready.top();
    ready.pop();
    placed[layer] = true;
    result.order.push_back(layer);
    for (const std::size_t consumer : consumers[layer]) {
      if (--waits_for[consumer] == 0) {
        ready.push(consumer);
      }
    }
  }
  result.cycles = find_cycles(producers, placed);
  return result;
}

}  // namespace systole

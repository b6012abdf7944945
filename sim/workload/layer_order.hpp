#pragma once

#include <cstddef>
#include <vector>

namespace systole {

/// An order in which layers can run, and what stands in its way.
struct LayerOrder {
  std::vector<std::size_t> order;                ///< indices; layers behind a cycle are left out
  std::vector<std::vector<std::size_t>> cycles;  ///< each reads the next, the last reads the first
};

/// `producers[i]` are the layers that layer i reads. A layer comes as early as its place in the
/// list and its producers allow, so a list that can run as it stands stays as it is.
LayerOrder order_layers(const std::vector<std::vector<std::size_t>>& producers);

}  // namespace systole

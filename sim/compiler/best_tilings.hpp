#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "sim/config/accelerator_config.hpp"

namespace systole {

/// The best compiler.candidates tilings of a search by their estimated costs, best first; of equals
/// the first comes first.
template <typename Tiling, typename Cost>
class BestTilings {
 public:
  explicit BestTilings(const CompilerConfig& config)
      : objective_{config.objective}, most_{config.candidates} {}

  bool empty() const { return all_.empty(); }
  /// Whether a tiling of that cost would be one of them; a search need not look at others.
  bool would_take(const Cost& cost) const {
    return all_.size() < most_ || cost.better_than(all_.back().first, objective_);
  }
  /// Takes it if it is one of them.
  void add(const Tiling& tiling, const Cost& cost) {
    const auto behind = std::find_if(all_.begin(), all_.end(), [&](const auto& other) {
      return cost.better_than(other.first, objective_);
    });
    all_.insert(behind, {cost, tiling});
    if (all_.size() > most_) {
      all_.pop_back();
    }
  }
  std::vector<Tiling> take() const {
    std::vector<Tiling> tilings;
    for (const auto& [cost, tiling] : all_) {
      tilings.push_back(tiling);
    }
    return tilings;
  }

 private:
  const Objective objective_;
  const std::size_t most_;
  std::vector<std::pair<Cost, Tiling>> all_;
};

}  // namespace systole

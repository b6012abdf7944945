#include "sim/functional/kept_weights.hpp"

#include <algorithm>

namespace systole {

void KeptWeights::start(std::uint32_t folds) {
  fold_at_.clear();
  kept_.assign(folds, {});
  most_k_ = 0;
  first_ = ~0U;
  end_ = 0;
}

void KeptWeights::keep(std::uint32_t fold, const PreloadCommand& preload) {
  Kept& kept = kept_[fold];
  if (kept.row != kNone && fold_at_[kept.row] == fold) {
    fold_at_[kept.row] = kNone;
  }
  kept = {};
  if (preload.products_per_pe != 1) {
    return;
  }
  const std::uint32_t row = preload.weights.row;
  if (row >= fold_at_.size()) {
    fold_at_.resize(std::size_t{2} * (row + 1), kNone);
  }
  if (fold_at_[row] != kNone) {
    kept_[fold_at_[row]].row = kNone;  // forget() finds one only
  }
  kept = {preload.weights.memory, row, preload.k, preload.n};
  fold_at_[row] = fold;
  most_k_ = std::max(most_k_, preload.k);
  first_ = std::min(first_, row);
  end_ = std::max(end_, row + preload.k);
}

/// Of folds that start at these rows or reach them from before.
void KeptWeights::forget_rows(LocalMemory memory, std::uint32_t first, std::uint32_t rows) {
  const std::size_t end = std::min<std::size_t>(std::size_t{first} + rows, fold_at_.size());
  for (std::size_t row = first - std::min(first, most_k_); row < end; ++row) {
    const std::uint32_t fold = fold_at_[row];
    if (fold != kNone && kept_[fold].memory == memory && row + kept_[fold].k > first) {
      kept_[fold].row = kNone;
      fold_at_[row] = kNone;
    }
  }
}

}  // namespace systole

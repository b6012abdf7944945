#include "sim/functional/kept_weights.hpp"

#include <hwy/base.h>

#include <algorithm>
#include <utility>

namespace systole {

void KeptWeights::start(std::uint32_t folds) {
  kept_.resize(folds);
  oldest_ = 0;
  clear();
}

void KeptWeights::clear() {
  begins_.clear();
  fold_at_.clear();
  std::fill(kept_.begin(), kept_.end(), Kept{});
  ++changes_;
  most_k_ = 0;
  first_ = ~0U;
  end_ = 0;
}

void KeptWeights::forget_fold(std::uint32_t fold) {
  const std::uint32_t row = std::exchange(kept_[fold].row, kNone);
  begins_[row / kWordRows] &= ~(std::uint64_t{1} << row % kWordRows);
  ++changes_;
}

void KeptWeights::keep(std::uint32_t fold, const PreloadCommand& preload) {
  if (kept_[fold].row != kNone) {
    forget_fold(fold);
  }
  if (preload.products_per_pe != 1) {
    return;
  }
  const std::uint32_t row = preload.weights.row;
  if (row >= fold_at_.size()) {
    begins_.resize(row / kWordRows * 2 + 1, 0);
    fold_at_.resize(begins_.size() * kWordRows, kNone);
  }
  if (begins_at(row)) {
    forget_fold(fold_at_[row]);  // forget() finds one only
  }
  kept_[fold] = {preload.weights.memory, row, preload.k, preload.n};
  fold_at_[row] = fold;
  begins_[row / kWordRows] |= std::uint64_t{1} << row % kWordRows;
  ++changes_;
  most_k_ = std::max(most_k_, preload.k);
  first_ = std::min(first_, row);
  end_ = std::max(end_, row + preload.k);
}

/// Of folds that start at these rows or reach them from before.
void KeptWeights::forget_rows(LocalMemory memory, std::uint32_t first, std::uint32_t rows) {
  const std::size_t end = std::min<std::size_t>(std::size_t{first} + rows, fold_at_.size());
  for (std::size_t row = first - std::min(first, most_k_); row < end; ++row) {
    const std::uint64_t rest = begins_[row / kWordRows] >> row % kWordRows;
    if (rest == 0) {
      row |= kWordRows - 1;  // none in this word
      continue;
    }
    row += hwy::Num0BitsBelowLS1Bit_Nonzero64(rest);
    if (row >= end) {
      return;
    }
    const std::uint32_t fold = fold_at_[row];
    if (kept_[fold].memory == memory && row + kept_[fold].k > first) {
      forget_fold(fold);
    }
  }
}

}  // namespace systole

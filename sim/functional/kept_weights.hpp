#pragma once

#include <cstdint>
#include <vector>

#include "sim/program/command.hpp"

namespace systole {

/// Which of the weights in a local memory were taken as which fold, so that they are not taken
/// again before their rows change.
class KeptWeights {
 public:
  /// Forgets all. There will be so many folds, numbered from 0.
  void start(std::uint32_t folds);

  void forget_all() {
    if (first_ < end_) {
      start(static_cast<std::uint32_t>(kept_.size()));
    }
  }

  static constexpr std::uint32_t kNone = ~0U;  // an optional would cost what all else here does

  /// Whether the fold's are those `k` x `n` weights, of one product for each row.
  bool are(std::uint32_t fold, LocalAddress weights, std::uint32_t k, std::uint32_t n) const {
    if (fold >= kept_.size()) {
      return false;
    }
    const Kept& kept = kept_[fold];
    return ((kept.row ^ weights.row) | (kept.k ^ k) | (kept.n ^ n)) == 0 &&
           kept.memory == weights.memory;
  }

  /// The fold of such weights, or kNone.
  std::uint32_t find(LocalAddress weights, std::uint32_t k, std::uint32_t n) const {
    if (weights.row >= fold_at_.size() || fold_at_[weights.row] == kNone) {
      return kNone;
    }
    const std::uint32_t fold = fold_at_[weights.row];
    return are(fold, weights, k, n) ? fold : kNone;
  }

  /// Those of the preload become those of the fold, if they are of one product for each row. What
  /// it was before is forgotten.
  void keep(std::uint32_t fold, const PreloadCommand& preload);

  /// Rows of a memory that change.
  void forget(LocalMemory memory, std::uint32_t first, std::uint32_t rows) {
    if (first < end_ && std::uint64_t{first} + rows > first_) {
      forget_rows(memory, first, rows);
    }
  }

 private:
  struct Kept {
    LocalMemory memory = LocalMemory::Scratchpad;
    std::uint32_t row = kNone;
    std::uint32_t k = 0, n = 0;
  };

  void forget_rows(LocalMemory memory, std::uint32_t first, std::uint32_t rows);

  std::vector<std::uint32_t> fold_at_;  // by first row, of whatever memory came last
  std::vector<Kept> kept_;              // by fold
  std::uint32_t most_k_ = 0;
  std::uint32_t first_ = ~0U, end_ = 0;  // rows of all
};

}  // namespace systole

#pragma once

#include <cstdint>
#include <vector>

#include "sim/program/command.hpp"

namespace systole {

/// Which of the weights in a local memory were taken as which fold, so that they are not taken
/// again before their rows change. Folds are taken in turn.
class KeptWeights {
 public:
  /// Forgets all. There will be so many folds, numbered from 0.
  void start(std::uint32_t folds);

  void forget_all() {
    if (first_ < end_) {
      clear();
    }
  }

  /// The fold that weights are taken as now: the one that was taken longest ago.
  std::uint32_t take() {
    const std::uint32_t fold = oldest_;
    oldest_ = fold + 1 == kept_.size() ? 0 : fold + 1;
    ++takes_;
    return fold;
  }
  std::uint32_t oldest() const { return oldest_; }
  /// When a fold was: the later the larger.
  std::int64_t taken_at(std::uint32_t fold) const {
    const std::int64_t ahead = std::int64_t{fold} - oldest_;
    return takes_ + ahead - (ahead < 0 ? 0 : static_cast<std::int64_t>(kept_.size()));
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

  /// How often what is kept has changed: the same number, the same folds.
  std::uint64_t changes() const { return changes_; }

  /// The fold of such weights, or kNone.
  std::uint32_t find(LocalAddress weights, std::uint32_t k, std::uint32_t n) const {
    if (weights.row >= fold_at_.size() || !begins_at(weights.row)) {
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

  static constexpr std::uint32_t kWordRows = 64;

  void clear();
  void forget_rows(LocalMemory memory, std::uint32_t first, std::uint32_t rows);
  bool begins_at(std::uint32_t row) const {
    return (begins_[row / kWordRows] >> row % kWordRows & 1U) != 0;
  }
  void forget_fold(std::uint32_t fold);

  std::vector<std::uint64_t> begins_;   // bits: rows at which a fold that is kept begins
  std::vector<std::uint32_t> fold_at_;  // which, of whatever memory came last
  std::vector<Kept> kept_;              // by fold
  std::uint64_t changes_ = 0;
  std::uint32_t oldest_ = 0;
  std::int64_t takes_ = 0;
  std::uint32_t most_k_ = 0;
  std::uint32_t first_ = ~0U, end_ = 0;  // rows of all
};

}  // namespace systole

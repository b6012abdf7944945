#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "sim/functional/fold_groups.hpp"
#include "sim/functional/fold_product.hpp"
#include "sim/functional/kept_weights.hpp"
#include "sim/functional/local_memories.hpp"
#include "sim/functional/row_span.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// Groups of folds that came, or of which some computes came, and wait to be multiplied at once.
///
/// The weights were taken when they came. The scratchpad rows of the ifmap vectors must not change,
/// nor the psums be touched, before multiply(): before_read() and before_write() see to it. Groups
/// that wait have psums of their own, so their order does not matter.
class WaitingFolds {
 public:
  WaitingFolds(LocalMemories& memories, FoldProduct& product, const KeptWeights& kept,
               bool saturate);

  /// The ifmap's elements in the program to come, whose groups are others.
  void start(ElementType ifmap);

  /// Whether compute `from` of the group may come now: it is the first, or the one before it was
  /// the last that came.
  bool comes(FoldGroup& group, std::uint32_t from);
  /// The computes up to `end` do, then. For each fold that begins, `keep` takes its weights, which
  /// were kept as a number at the group's turn before, and tells the number that they are kept as.
  template <typename Keep>
  void add(FoldGroup& group, std::uint32_t end, Keep keep);
  /// The same if the weights of the group are kept as they were at its turn before.
  void add_kept(FoldGroup& group, std::uint32_t end) {
    group.come = end;
    wait(group, group.oldest);
  }
  /// Other preloads and computes come.
  void interrupt() { last_ = nullptr; }

  /// Whether computes may wait for weights that were taken when the fold was, or before.
  bool waits_for(std::uint32_t fold) const { return oldest_ <= kept_.taken_at(fold); }

  /// Nothing waits any more.
  void multiply();

  /// What must not wait for a command that reads or writes the rows, waits no more.
  void before_read(LocalMemory memory, std::uint32_t first, std::uint32_t rows) {
    if (memory == LocalMemory::Accumulators) {
      touch_psums({first, std::int64_t{first} + rows});
    }
  }
  void before_write(LocalMemory memory, std::uint32_t first, std::uint32_t rows) {
    before_read(memory, first, rows);
    const RowSpan written{first, std::int64_t{first} + rows};
    if (memory == LocalMemory::Scratchpad && reads_.overlaps(written)) {
      multiply_readers(written);
    }
  }

  /// Products so far, with whatever operands; starts again.
  std::uint64_t take_products();

 private:
  void touch_psums(RowSpan touched) {
    if (psums_.overlaps(touched)) {
      multiply_adders(touched);
    }
  }
  void multiply_adders(RowSpan touched);
  void multiply_readers(RowSpan written);
  /// For weights that were taken then or later.
  void wait(FoldGroup& group, std::int64_t taken) {
    oldest_ = std::min(oldest_, taken);
    if (!group.waits) {
      begin_to_wait(group);
    }
  }
  void begin_to_wait(FoldGroup& group);
  template <typename Condition>
  void multiply_if(Condition condition);
  void multiply(FoldGroup& group);
  void multiply_part(FoldGroup& group, std::uint32_t end);

  FoldProduct& product_;
  const KeptWeights& kept_;
  const bool saturate_;
  const std::ptrdiff_t psum_pitch_;
  ElementType ifmap_ = ElementType::Int8;

  std::vector<FoldGroup*> groups_;  // some of whose computes wait
  RowSpan reads_, psums_;           // of all these
  FoldGroup* last_ = nullptr;       // whose compute came last, if no other did
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::int64_t oldest_ = kNever;  // when the first of the weights that they wait for were taken
  std::vector<FoldChain> chains_;
  std::vector<std::int32_t> offsets_;
  std::uint64_t products_ = 0;
};

template <typename Keep>
void WaitingFolds::add(FoldGroup& group, std::uint32_t end, Keep keep) {
  if (group.come == 0) {
    group.oldest = kNever;
  }
  const std::uint32_t computes = group.computes_of_fold();
  for (std::uint32_t fold = group.come / computes; group.come < end; ++fold) {
    std::uint32_t& kept = group.kept[group.place_in_kept(fold)];
    if (group.come == fold * computes) {
      kept = keep(group.folds[fold], kept);
      group.oldest = std::min(group.oldest, kept_.taken_at(kept));
    }
    group.come = std::min(end, (fold + 1) * computes);
    wait(group, kept_.taken_at(kept));
  }
}

}  // namespace systole

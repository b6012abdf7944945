#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/functional/fold_groups.hpp"
#include "sim/functional/fold_product.hpp"
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
  WaitingFolds(LocalMemories& memories, FoldProduct& product, bool saturate);

  /// The ifmap's elements in the program to come, whose groups are others.
  void start(ElementType ifmap);

  /// Whether compute `from` of the group may come now: it is the first, or the one before it was
  /// the last that came.
  bool comes(FoldGroup& group, std::uint32_t from);
  /// The computes up to `end` do, then. For each fold that begins, `keep` takes its weights, which
  /// were kept as a number at the group's turn before, and tells the number that they are kept as.
  template <typename Keep>
  void add(FoldGroup& group, std::uint32_t end, Keep keep);
  /// Other preloads and computes come.
  void interrupt() { last_ = nullptr; }

  /// Whether computes with those weights wait.
  bool waits_for(std::uint32_t kept) const { return waits_for_[kept] == round_; }

  /// Nothing waits any more.
  void multiply();
  /// The same; weights are kept as other numbers from now on, below this.
  void renumber(std::uint32_t end) {
    multiply();
    waits_for_.assign(end, 0);
  }

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
  void wait(FoldGroup& group);
  template <typename Condition>
  void multiply_if(Condition condition);
  void multiply(FoldGroup& group);
  void multiply_part(FoldGroup& group, std::uint32_t end);

  FoldProduct& product_;
  const bool saturate_;
  const std::ptrdiff_t psum_pitch_;
  ElementType ifmap_ = ElementType::Int8;

  std::vector<FoldGroup*> groups_;        // some of whose computes wait
  RowSpan reads_, psums_;                 // of all these
  FoldGroup* last_ = nullptr;             // whose compute came last, if no other did
  std::uint64_t round_ = 1;               // of having nothing that waits
  std::vector<std::uint64_t> waits_for_;  // by kept weights: the last round in which computes did
  std::vector<FoldChain> chains_;
  std::vector<std::int32_t> offsets_;
  std::uint64_t products_ = 0;
};

template <typename Keep>
void WaitingFolds::add(FoldGroup& group, std::uint32_t end, Keep keep) {
  const std::uint32_t computes = group.computes_of_fold();
  const std::vector<std::uint32_t>& rows = group.grid->rows_before;
  for (FoldGroup::Next& next = group.next; group.come < end;) {
    const Fold& fold = group.folds[next.fold];
    const std::uint32_t first = group.come - next.first;
    std::uint32_t& kept = group.kept[next.block * group.slices.size() + next.slice];
    if (first == 0) {
      kept = keep(fold, kept);
    }
    const std::uint32_t come = std::min(end - next.first, computes);
    products_ += std::uint64_t{fold.products} * (rows[come] - rows[first]);
    waits_for_[kept] = round_;
    group.come = next.first + come;
    if (!group.waits) {
      wait(group);
    }
    if (come == computes) {
      next.advance(computes, group.blocks.size());
    }
  }
}

}  // namespace systole

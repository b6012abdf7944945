#include "sim/functional/waiting_folds.hpp"

#include <algorithm>
#include <utility>

#include "sim/network/ceil_div.hpp"

namespace systole {
namespace {

/// Whether slices that wait do: not all of the group may have come.
bool reads(const FoldGroup& group, RowSpan written) {
  const std::size_t computes = group.computes_of_fold() * group.blocks.size();
  const std::size_t end = ceil_div(group.come, computes);
  for (std::size_t slice = group.done / computes; slice < end; ++slice) {
    if (group.grid->reads.moved(group.slices[slice].rows).overlaps(written)) {
      return true;
    }
  }
  return false;
}

}  // namespace

WaitingFolds::WaitingFolds(LocalMemories& memories, FoldProduct& product, const KeptWeights& kept,
                           bool saturate)
    : product_{product},
      kept_{kept},
      saturate_{saturate},
      psum_pitch_{static_cast<std::ptrdiff_t>(memories.psum_pitch())} {}

void WaitingFolds::start(ElementType ifmap) {
  ifmap_ = ifmap;
  groups_.clear();
  reads_ = psums_ = {};
  last_ = nullptr;
}

bool WaitingFolds::comes(FoldGroup& group, std::uint32_t from) {
  if (from > 0) {
    return last_ == &group && group.come == from;
  }
  touch_psums(group.psums);  // its own too, if some of it waits
  group.come = group.done = 0;
  last_ = &group;
  return true;
}

/// It is among groups_ now.
void WaitingFolds::begin_to_wait(FoldGroup& group) {
  group.waits = true;
  groups_.push_back(&group);
  reads_.cover(group.reads);
  psums_.cover(group.psums);
}

template <typename Condition>
void WaitingFolds::multiply_if(Condition condition) {
  reads_ = psums_ = {};
  std::size_t kept = 0;
  for (FoldGroup* const group : groups_) {
    if (condition(*group)) {
      multiply(*group);
      group->waits = false;
    } else {
      reads_.cover(group->reads);
      psums_.cover(group->psums);
      groups_[kept++] = group;
    }
  }
  groups_.resize(kept);
  if (kept == 0) {
    oldest_ = kNever;
  }
}

void WaitingFolds::multiply_adders(RowSpan touched) {
  multiply_if([&](const FoldGroup& group) { return group.psums.overlaps(touched); });
}

void WaitingFolds::multiply_readers(RowSpan written) {
  multiply_if([&](const FoldGroup& group) { return reads(group, written); });
}

void WaitingFolds::multiply() {
  multiply_if([](const FoldGroup&) { return true; });
}

/// The computes of the group that wait: the rest of a fold, of a slice, slices, and what there is
/// of the last.
void WaitingFolds::multiply(FoldGroup& group) {
  const auto computes = group.computes_of_fold();
  const auto blocks = static_cast<std::uint32_t>(group.blocks.size());
  const auto up_to = [&](std::uint32_t end) {
    if (group.done < std::min(end, group.come)) {
      multiply_part(group, std::min(end, group.come));
    }
  };
  up_to(round_up(group.done, computes));
  up_to(std::min(round_up(group.done, computes * blocks), group.come / computes * computes));
  up_to(group.come / (computes * blocks) * computes * blocks);
  up_to(group.come / computes * computes);
  up_to(group.come);
}

/// Up to compute `end`: of one fold, of folds of one slice, or of whole slices.
void WaitingFolds::multiply_part(FoldGroup& group, std::uint32_t end) {
  const std::uint32_t computes = group.computes_of_fold();
  const std::size_t blocks = group.blocks.size();
  const std::size_t first_fold = group.done / computes;
  const std::size_t folds = ceil_div(end, computes) - first_fold;
  const std::size_t first_slice = first_fold / blocks;
  const std::size_t first_block = first_fold % blocks;
  offsets_.clear();
  for (std::size_t i = 0; i < std::max<std::size_t>(folds / blocks, 1); ++i) {
    offsets_.push_back(group.slices[first_slice + i].offset);
  }
  chains_.clear();
  for (std::size_t i = 0; i < std::min(folds, blocks); ++i) {
    const FoldGroup::Block& block = group.blocks[first_block + i];
    chains_.push_back({group.kept.data() + (first_block + i) * group.slices.size() + first_slice,
                       static_cast<std::ptrdiff_t>(block.rows) * psum_pitch_,
                       first_slice > 0 || block.accumulate});
  }
  const FoldRows& rows = group.grid->rows;
  const std::uint32_t first = group.grid->rows_before[group.done % computes];
  const std::uint32_t last = (end - 1) % computes;
  const std::uint32_t count = group.grid->rows_before[last + 1] - first;
  product_.multiply({chains_.data(), chains_.size(), offsets_.data(), offsets_.size()},
                    {rows.ifmap() + first, count, ifmap_}, group.k,
                    {rows.psums() + first, saturate_});
  products_ +=
      count * (group.products_before[first_fold + folds] - group.products_before[first_fold]);
  group.done = end;
}

std::uint64_t WaitingFolds::take_products() { return std::exchange(products_, 0); }

}  // namespace systole

#include "sim/functional/waiting_folds.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

namespace systole {

WaitingFolds::WaitingFolds(LocalMemories& memories, FoldProduct& product, bool saturate)
    : memories_{memories},
      product_{product},
      saturate_{saturate},
      scratchpad_row_bytes_{memories.row_bytes(LocalMemory::Scratchpad)},
      scratchpad_rows_{memories.row_count(LocalMemory::Scratchpad)},
      accumulator_rows_{memories.row_count(LocalMemory::Accumulators)},
      rows_{memories} {}

void WaitingFolds::next_weights(std::uint32_t k, ElementType weights) {
  if (cut_ || position_ < grid_.size() || !product_.keeps_beside(k, weights, ifmap_)) {
    multiply();
  }
  cut_ = false;
  position_ = 0;
  begun_ = kUnknown;
}

void WaitingFolds::add(const ComputeCommand& compute, const PreloadCommand& destination,
                       const IfmapPart& part) {
  if (passes_ == 1 && position_ > 0 && joins_grid(compute, destination, part)) {
    return append(compute, destination);
  }
  if (!grid_.empty() && position_ == 0 && begins_pass(compute, destination, part)) {
    return;
  }
  multiply();
  pass_ = compute;
  pass_destination_ = destination;
  begin_grid(destination, part);
  append(compute, destination);
}

void WaitingFolds::begin_grid(const PreloadCommand& destination, const IfmapPart& part) {
  part_ = part;
  grid_number_ = kUnknown;
  begun_ = kUnknown;
  push(new_chain(0, destination.accumulate), 0, 0, std::uint64_t{pass_.k} * destination.n);
}

bool WaitingFolds::joins_grid(const ComputeCommand& compute, const PreloadCommand& destination,
                              const IfmapPart& part) const {
  return part.row == part_.row && part.lane == part_.lane && compute.k == pass_.k &&
         destination.accumulate == pass_destination_.accumulate &&
         destination.n == pass_destination_.n && destination.acc_row >= grid_psums_.end;
}

void WaitingFolds::append(const ComputeCommand& compute, const PreloadCommand& destination) {
  const std::uint32_t before = rows_.count();
  rows_.add_pixels(compute, part_);
  rows_.add_psums(destination.acc_row, compute.rows());
  grid_.push_back({compute, destination.acc_row, before});
  position_ = grid_.size();
  k_ = std::max(k_, compute.k);
  const std::int64_t first = std::int64_t{compute.ifmap_row} + part_.row;
  grid_reads_.cover({first, first + last_pixel_row(compute) + 1});
  grid_psums_.cover({destination.acc_row, std::int64_t{destination.acc_row} + compute.rows()});
  reads_ = grid_reads_;
  psums_ = grid_psums_;
}

/// The fold in the array goes on where all of the one before it have passed.
bool WaitingFolds::begins_pass(const ComputeCommand& compute, const PreloadCommand& destination,
                               const IfmapPart& part) {
  const Waiting& like = grid_[0];
  if (!same_pixels(compute, like.compute)) {
    return false;
  }
  const std::int64_t ifmap = std::int64_t{compute.ifmap_row} - like.compute.ifmap_row;
  const std::int64_t psum_rows = std::int64_t{destination.acc_row} - like.acc_row;
  if (!goes_on(ifmap + part.row - part_.row, std::int64_t{part.lane} - part_.lane, psum_rows,
               destination.accumulate, std::uint64_t{compute.k} * destination.n)) {
    return false;
  }
  pass_ = compute;
  pass_destination_ = destination;
  pass_rows_ = static_cast<std::uint32_t>(ifmap);
  pass_psums_ = static_cast<std::uint32_t>(psum_rows);
  position_ = 1;
  k_ = std::max(k_, compute.k);
  return true;
}

bool WaitingFolds::begins(const FoldPass& pass, const PassGrid& grid, std::uint32_t fold,
                          std::uint32_t count) {
  if (!is_between_folds()) {
    return false;
  }
  if (grid_number_ != pass.grid) {
    if (grid_number_ != kUnknown || !is_grid(grid)) {
      return false;
    }
    grid_number_ = pass.grid;
  }
  const Waiting& like = grid_[0];
  fold_ = fold;
  k_ = std::max(k_, pass.k);
  if (!goes_on(std::int64_t{pass.ifmap_row} - like.compute.ifmap_row - part_.row,
               std::int64_t{pass.lane} - part_.lane, std::int64_t{pass.acc_row} - like.acc_row,
               pass.accumulate, std::uint64_t{pass.k} * pass.n)) {
    return false;
  }
  begun_ = pass.number;
  position_ = count;
  if (count < grid_.size()) {
    pass_ = *pass.compute;
    pass_destination_ = *pass.preload;
    pass_rows_ = pass_.ifmap_row - like.compute.ifmap_row;
    pass_psums_ = pass.acc_row - like.acc_row;
  }
  return true;
}

bool WaitingFolds::is_grid(const PassGrid& grid) const {
  return std::equal(grid_.begin(), grid_.end(), grid.begin(), grid.end(),
                    [&](const Waiting& a, const PassCompute& b) {
                      return same_pixels(a.compute, b.compute) &&
                             a.compute.ifmap_row - grid_[0].compute.ifmap_row == b.ifmap_rows &&
                             a.acc_row - grid_[0].acc_row == b.acc_rows;
                    });
}

/// Puts the fold at the end of the chain that it adds to, if it may wait there. Its computes lie so
/// far from the grid's.
bool WaitingFolds::goes_on(std::int64_t ifmap_rows, std::int64_t lanes, std::int64_t psum_rows,
                           bool accumulate, std::uint64_t products) {
  const Rows reads = grid_reads_.moved(ifmap_rows);
  const Rows psums = grid_psums_.moved(psum_rows);
  const std::int64_t offset = ifmap_rows * scratchpad_row_bytes_ + lanes;
  // Beyond the end: not all of the grid's computes will come.
  if (reads.first < 0 || reads.end > scratchpad_rows_ || psums.first < 0 ||
      psums.end > accumulator_rows_ ||
      std::abs(offset) > std::numeric_limits<std::int32_t>::max()) {
    return false;
  }
  Chain* const chain = chain_at(psum_rows, accumulate);
  if (chain == nullptr) {
    return false;
  }
  push(*chain, ifmap_rows, static_cast<std::int32_t>(offset), products);
  reads_.first = std::min(reads_.first, reads.first);
  reads_.end = std::max(reads_.end, reads.end);
  return true;
}

/// The fold goes to the end of the chain.
inline void WaitingFolds::push(Chain& chain, std::int64_t ifmap_rows, std::int32_t offset,
                               std::uint64_t products) {
  if (chain.steps.empty()) {
    chain.ifmap = {ifmap_rows, ifmap_rows};
  }
  FoldStep& step = chain.steps.emplace_back();
  step.fold = fold_;
  step.ifmap_offset = offset;
  chain.products += products;
  chain.ifmap.cover(ifmap_rows);
  pass_chain_ = static_cast<std::size_t>(&chain - chains_.data());
  ++passes_;
  if (fold_ >= waits_for_.size()) {
    waits_for_.resize(std::size_t{2} * (fold_ + 1));
  }
  waits_for_[fold_] = round_;
}

/// The one that adds to these psums, or a new one. Null if some of them are another's, or if sums
/// that wait would be replaced.
WaitingFolds::Chain* WaitingFolds::chain_at(std::int64_t psum_rows, bool accumulate) {
  const std::size_t next = pass_chain_ + 1 < chain_count_ ? pass_chain_ + 1 : 0;
  if (chains_[next].psum_rows == psum_rows) {  // most often
    return accumulate ? &chains_[next] : nullptr;
  }
  for (std::size_t i = 0; i < chain_count_; ++i) {
    Chain& chain = chains_[i];
    if (chain.psum_rows == psum_rows) {
      return accumulate ? &chain : nullptr;
    }
    if (std::abs(chain.psum_rows - psum_rows) < grid_psums_.size()) {
      return nullptr;
    }
  }
  return &new_chain(psum_rows, accumulate);
}

WaitingFolds::Chain& WaitingFolds::new_chain(std::int64_t psum_rows, bool accumulate) {
  if (chain_count_ == chains_.size()) {
    chains_.emplace_back();
  }
  Chain& chain = chains_[chain_count_++];
  chain.psum_rows = psum_rows;
  chain.accumulate = accumulate;
  chain.steps.clear();
  chain.products = 0;
  psums_.cover(psums_of(chain));
  return chain;
}

FoldChain WaitingFolds::view(const Chain& chain) const {
  const auto pitch = static_cast<std::ptrdiff_t>(memories_.psum_pitch());
  return {chain.steps.data(), chain.steps.size(), chain.psum_rows * pitch, chain.accumulate};
}

/// Those folds that all of the grid's computes have passed, then the last if it is not one of them.
/// Its weights stay.
void WaitingFolds::multiply() {
  cut_ = cut_ || position_ > 0;
  if (grid_.empty()) {
    return;
  }
  const bool in_part = position_ > 0 && position_ < grid_.size();
  FoldStep last_step;
  if (in_part) {
    Chain& last = chains_[pass_chain_];
    last_step = last.steps.back();
    last.steps.pop_back();
    last.products -= std::uint64_t{pass_.k} * pass_destination_.n;
  }
  std::for_each_n(chains_.begin(), chain_count_, [](Chain& chain) { chain.chosen = true; });
  multiply_chains();
  if (in_part) {
    const std::uint32_t rows = grid_[position_].rows_before;
    FoldChain chain = view(chains_[pass_chain_]);
    chain.accumulate = chain.accumulate || chain.count > 0;
    chain.steps = &last_step;
    chain.count = 1;
    product_.multiply({&chain, 1}, {rows_.ifmap(), rows, ifmap_}, k_, {rows_.psums(), saturate_});
    multiplied_ += std::uint64_t{pass_.k} * pass_destination_.n * rows;
  }
  forget_chosen();
}

/// The same for some chains, and all if a fold is in the middle of one of them or of the grid.
void WaitingFolds::multiply_chosen() {
  const bool complete = position_ == 0 || position_ == grid_.size();
  if (passes_ == 1 || (!complete && chains_[pass_chain_].chosen)) {
    return multiply();
  }
  multiply_chains();
  forget_chosen();
}

/// Neighbours that read the same ifmap vectors together.
void WaitingFolds::multiply_chains() {
  views_.clear();
  for (std::size_t i = 0; i < chain_count_; ++i) {
    if (chains_[i].chosen && !chains_[i].steps.empty()) {
      views_.push_back(view(chains_[i]));
      multiplied_ += chains_[i].products * rows_.count();
    }
  }
  const auto alike = [](const FoldChain& a, const FoldChain& b) {
    return std::equal(
        a.steps, a.steps + a.count, b.steps, b.steps + b.count,
        [](const FoldStep& s, const FoldStep& t) { return s.ifmap_offset == t.ifmap_offset; });
  };
  for (std::size_t first = 0, end = 0; first < views_.size(); first = end) {
    for (end = first + 1; end < views_.size() && alike(views_[first], views_[end]);) {
      ++end;
    }
    product_.multiply({views_.data() + first, end - first}, {rows_.ifmap(), rows_.count(), ifmap_},
                      k_, {rows_.psums(), saturate_});
  }
}

/// The others stay in their order.
void WaitingFolds::forget_chosen() {
  const auto chosen = [](const Chain& chain) { return chain.chosen; };
  const auto end = chains_.begin() + static_cast<std::ptrdiff_t>(chain_count_);
  if (std::all_of(chains_.begin(), end, chosen)) {
    cut_ = cut_ || position_ > 0;
    ++round_;
    grid_.clear();
    rows_.clear();
    reads_ = psums_ = grid_reads_ = grid_psums_ = {};
    chain_count_ = 0;
    passes_ = 0;
    position_ = 0;
    k_ = 0;
    return;
  }
  std::size_t kept = 0;
  reads_ = psums_ = {};
  for (std::size_t i = 0; i < chain_count_; ++i) {
    if (chains_[i].chosen) {
      continue;
    }
    reads_.cover(reads_of(chains_[i]));
    psums_.cover(psums_of(chains_[i]));
    pass_chain_ = i == pass_chain_ ? kept : pass_chain_;
    std::swap(chains_[kept++], chains_[i]);
  }
  chain_count_ = kept;
}

std::uint64_t WaitingFolds::take_products() { return std::exchange(multiplied_, 0); }

}  // namespace systole

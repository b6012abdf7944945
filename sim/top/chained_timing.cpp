// What of MemoizedTiming is only for banked DRAMs: steps by what the DRAM does.

#include <algorithm>
#include <utility>

#include "sim/top/memoized_timing.hpp"

namespace systole {
namespace {

// Where a program repeats nothing, chains would grow with it: beyond so many times what is kept
// from one program to the next, none are added.
constexpr std::size_t kMostOfProgram = 256;

}  // namespace

MemoizedTiming::Chained& MemoizedTiming::chained_of(State& state) {
  describe_place(state);
  const auto seen = seen_chains_.find(here_);
  if (seen != seen_chains_.end()) {
    return *seen->second;
  }
  describe_segment(state);
  auto known = std::find_if(state.chains.begin(), state.chains.end(),
                            [this](const Chained& chained) { return chained.key == segment_.key; });
  if (known == state.chains.end()) {
    state.chains.push_front({segment_.key, {}, {}});
    known = state.chains.begin();
    bytes_ += sizeof *known + known->key.size() * sizeof(std::uint32_t);
  }
  seen_chains_.emplace(here_, &*known);
  return *known;
}

/// As step_of(). The last segment ends when the DRAM is idle, which is no item of a chain: it is
/// computed each time.
MemoizedTiming::Step& MemoizedTiming::chained_step_of(State& state, Cycle now,
                                                      std::uint64_t patience) {
  Chained& chained = chained_of(state);
  const bool is_last = segment_.end() == size();
  if (is_last) {
    chained.chain = {};
    chained.ends.clear();
  }
  if (const auto end = follower_->follow(chained.chain, now)) {
    ++remembered_;
    machine_state_ = nullptr;
    return *chained.ends[*end];
  }
  std::vector<DramItem> items = follower_->followed();
  const std::size_t known = items.size();
  if (follower_->unknown()) {
    items.push_back(*follower_->unknown());
  }
  chained_->begin_segment(now, std::move(items), known);
  Step& step = compute_step(state, now, patience);
  if (bytes_ / kMostOfProgram >= max_bytes_) {
    return step;
  }
  DramItem end;
  end.at = step.cycles;
  chained_->recorded().push_back(end);
  bytes_ += chained_->recorded().size() * sizeof(DramItem);
  follower_->attach({chained_->recorded(), {}, chained.ends.size()});
  chained.ends.push_back(&step);
  return step;
}

}  // namespace systole

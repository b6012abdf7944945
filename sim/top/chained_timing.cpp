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

/// With the segment that has been described.
MemoizedTiming::Chained& MemoizedTiming::chained_of(State& state) {
  const auto known =
      std::find_if(state.chains.begin(), state.chains.end(),
                   [this](const Chained& chained) { return chained.key == key_of_segment_; });
  if (known != state.chains.end()) {
    return *known;
  }
  Chained& chained = state.chains.emplace_front();
  chained.key = key_of_segment_;
  bytes_ += sizeof chained + chained.key.size() * sizeof chained.key.front();
  return chained;
}

/// As step_of(). The last segment ends when the DRAM is idle, which is no item of a chain: it is
/// computed each time.
MemoizedTiming::Step& MemoizedTiming::chained_step_of(const Place& place, Way& way, Cycle now,
                                                      std::uint64_t patience) {
  Chained& chained = *way.chained;
  if (way.is_last) {
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
  Step& step = place.state->steps.emplace_front(compute_step(place, now, patience));
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

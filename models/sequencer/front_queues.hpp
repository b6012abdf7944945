#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/program/command.hpp"

namespace systole {

/// What the host sends to an unroller of `Loop` instructions, on its way there: each item is
/// offered `gap` cycles after the one before was taken, and passes `kStages` queues of two, one a
/// cycle each. A queue has room in the cycle after it gave an item away (Chisel's Queue without
/// pipe). The last queue is the unroller's own.
template <typename Loop, std::size_t kStages>
class FrontQueues {
 public:
  /// A configuration command, a loop, or one of the register writes before it, if neither.
  struct Item {
    const Command* command = nullptr;
    const Loop* loop = nullptr;
    std::uint64_t visible = 0;  // first cycle in which it can be taken
  };

  void start(const std::vector<Command>& configuration, const std::vector<Loop>& loops,
             std::size_t register_writes) {
    program_.clear();
    for (const Command& command : configuration) {
      program_.push_back({&command, nullptr, 0});
    }
    for (const Loop& loop : loops) {
      program_.insert(program_.end(), register_writes, Item{});
      program_.push_back({nullptr, &loop, 0});
    }
    next_offer_ = 0;
  }

  bool empty() const {
    return program_.empty() &&
           std::all_of(queues_.begin(), queues_.end(), [](const auto& q) { return q.empty(); });
  }

  /// The next item for the unroller in cycle `now`; null if there is none.
  const Item* front(std::uint64_t now) const {
    const auto& own = queues_.back();
    return own.empty() || own.front().visible > now ? nullptr : &own.front();
  }
  void pop() {
    queues_.back().pop_front();
    ++taken_;
  }

  /// The rest of cycle `now`, when the unroller has taken what it takes.
  void move(std::uint64_t now, std::uint64_t gap) {
    bool room = queues_.back().size() + taken_ < kDepth;
    taken_ = 0;
    for (std::size_t stage = kStages - 1; stage > 0; --stage) {
      auto& from = queues_[stage - 1];
      const bool has_room = from.size() < kDepth;
      if (room && !from.empty() && from.front().visible <= now) {
        push(stage, from.front(), now);
        from.pop_front();
      }
      room = has_room;
    }
    if (room && !program_.empty() && now >= next_offer_) {
      next_offer_ = now + gap;
      push(0, program_.front(), now);
      program_.pop_front();
    }
  }

 private:
  static constexpr std::size_t kDepth = 2;

  void push(std::size_t stage, Item item, std::uint64_t now) {
    item.visible = now + 1;
    queues_[stage].push_back(item);
  }

  std::deque<Item> program_;  // not yet accepted
  std::array<std::deque<Item>, kStages> queues_;
  std::size_t taken_ = 0;         // of the last one, in this cycle
  std::uint64_t next_offer_ = 0;  // first cycle in which the host offers the next item
};

}  // namespace systole

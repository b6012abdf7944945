#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/timing/state_archive.hpp"

namespace systole {

/// Completions of one source on their way to the sequencer, by the cycle in which it sees them. A
/// recurrence may know one ahead of its time.
class CompletionQueue {
 public:
  void push(Cycle visible, std::uint32_t entry) {
    std::size_t at = items_.size();
    items_.push_back({visible, entry});
    while (at > head_ && items_[at - 1].visible > visible) {
      items_[at] = items_[at - 1];
      --at;
    }
    items_[at] = {visible, entry};
  }

  Cycle next() const { return head_ == items_.size() ? kNever : items_[head_].visible; }

  std::uint32_t pop() {
    const std::uint32_t entry = items_[head_++].entry;
    if (head_ == items_.size()) {
      items_.clear();
      head_ = 0;
    }
    return entry;
  }

  /// `each` archives what stands for an entry.
  template <typename Each>
  void archive(StateArchive& archive, Each each) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
    archive.list(items_, [&](Item& item) {
      archive.due(item.visible);
      each(item.entry);
    });
  }

 private:
  struct Item {
    Cycle visible = 0;
    std::uint32_t entry = 0;
  };
  std::vector<Item> items_;
  std::size_t head_ = 0;
};

}  // namespace systole

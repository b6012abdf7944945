#pragma once

#include <cstdint>
#include <vector>

namespace systole {

/// The copies of one buffer in a local memory, replaced in turn.
class BufferSlots {
 public:
  struct Slot {
    std::int64_t base = 0;         ///< first row
    std::int64_t key = -1;         ///< what it holds
    std::size_t last_execute = 0;  ///< items that must stand before its content is replaced
    std::size_t last_store = 0;
    std::size_t first_load = 0;      ///< loads before those that bring its content
    std::vector<std::size_t> ready;  ///< loads that bring it, part by part
  };

  explicit BufferSlots(const std::vector<std::int64_t>& bases) {
    for (const std::int64_t base : bases) {
      slots_.emplace_back().base = base;
    }
  }

  /// The slot with content `key`; if there is none, `is_new` is set and the oldest content is given
  /// up.
  Slot& find_or_replace(std::int64_t key, bool& is_new) {
    is_new = false;
    for (Slot& slot : slots_) {
      if (slot.key == key) {
        return slot;
      }
    }
    is_new = true;
    Slot& slot = slots_[next_];
    next_ = (next_ + 1) % slots_.size();
    slot.key = key;
    slot.ready.clear();
    return slot;
  }

 private:
  std::vector<Slot> slots_;
  std::size_t next_ = 0;
};

/// First rows of the copies of a buffer of `rows` rows in [0, capacity), which `others` rows of
/// another buffer share, for `parts` copies of either at most. Each copy starts in a part of the
/// memory of its own where that leaves room, so that it lies in other banks than the one before.
inline std::vector<std::int64_t> slot_bases(std::int64_t slots, std::int64_t rows,
                                            std::int64_t capacity, std::int64_t others = 0,
                                            std::int64_t parts = 2) {
  const std::int64_t part = capacity / parts;
  const std::int64_t spread = parts == 2 ? capacity - part : part;
  const std::int64_t step = rows + others <= part ? spread : rows;
  std::vector<std::int64_t> bases;
  for (std::int64_t slot = 0; slot < slots; ++slot) {
    bases.push_back(slot * step);
  }
  return bases;
}

}  // namespace systole

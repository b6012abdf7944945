#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/timing/state_archive.hpp"

namespace systole {

/// The cycles in which something happened for the last times, or will happen, in their order.
class LatestCycles {
 public:
  static constexpr std::size_t kKept = 32;

  void push(Cycle cycle) { cycles_[count_++ % kKept] = cycle; }
  /// The n-th latest, the latest being the first; 0 if that is not kept.
  Cycle latest(std::size_t n) const { return n > kKept ? 0 : cycles_[(count_ - n) % kKept]; }

  /// Those to come; the others are all the same.
  void archive(StateArchive& archive) {
    std::uint8_t to_come = 0;
    while (!archive.reading() && to_come < kKept && latest(to_come + 1U) > archive.now()) {
      ++to_come;
    }
    archive.value(to_come);
    if (archive.reading()) {
      cycles_.fill(0);
    }
    for (std::size_t n = to_come; n > 0; --n) {
      Cycle cycle = archive.reading() ? 0 : latest(n);
      archive.cycle(cycle);
      if (archive.reading()) {
        push(cycle);
      }
    }
  }

 private:
  std::array<Cycle, kKept> cycles_{};
  std::size_t count_ = 0;
};

}  // namespace systole

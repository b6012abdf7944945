#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace systole {

/// When local rows go through the scaler and the pixel repeater on their way to the scratchpad: the
/// scaler holds one row, three more stand behind it, and the repeater writes each row `repeats`
/// times, one a cycle. (Gemmini's VectorScalarMultiplier and PixelRepeater.)
class PixelRepeater {
 public:
  /// A row that the merger sends in cycle `sent`; `copies` of it, one behind the other. Returns the
  /// cycle in which the first copy comes to the repeater: written from the next one on, if no stage
  /// is left out.
  std::uint64_t take(std::uint64_t sent, std::uint32_t copies, std::uint32_t repeats) {
    std::uint64_t first = 0;
    std::uint64_t earliest = sent + 1;
    for (std::uint32_t copy = 0; copy < copies; ++copy) {
      left_scaler_ = std::max(earliest, came_[oldest_] + 1);
      const std::uint64_t come = std::max(left_scaler_ + 1, repeater_free_);
      first = copy == 0 ? come : first;
      came_[oldest_] = come;
      oldest_ = (oldest_ + 1) % came_.size();
      repeater_free_ = come + repeats;
      earliest = left_scaler_ + 1;
    }
    return first;
  }

  /// First cycle in which the merger can send the next row.
  std::uint64_t free() const { return left_scaler_; }

 private:
  std::uint64_t left_scaler_ = 0;
  std::uint64_t repeater_free_ = 0;
  std::array<std::uint64_t, 3> came_{};  // cycles in which the last rows came to the repeater
  std::size_t oldest_ = 0;
};

}  // namespace systole

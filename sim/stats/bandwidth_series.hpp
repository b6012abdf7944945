#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/stats/bandwidth_window.hpp"

namespace systole {

/// Bytes of a layer by windows of kBandwidthWindow cycles from its start on.
class BandwidthSeries {
 public:
  struct Window {
    std::uint64_t read_bytes = 0;
    std::uint64_t write_bytes = 0;
    std::uint64_t bytes() const { return read_bytes + write_bytes; }
    bool operator==(const Window& o) const {
      return read_bytes == o.read_bytes && write_bytes == o.write_bytes;
    }
  };

  /// Bytes that move in a cycle of the layer.
  void add(std::uint64_t cycle, bool write, std::uint64_t bytes) {
    const std::uint64_t window = cycle / kBandwidthWindow;
    if (window >= windows_.size()) {
      windows_.resize(window + 1);
    }
    (write ? windows_[window].write_bytes : windows_[window].read_bytes) += bytes;
  }
  /// Bytes that move evenly in the cycles [first, first + cycles).
  void add(std::uint64_t first, std::uint64_t cycles, bool write, std::uint64_t bytes) {
    if (first / kBandwidthWindow == (first + cycles - 1) / kBandwidthWindow) {
      add(first, write, bytes);
      return;
    }
    std::uint64_t moved = 0;
    for (std::uint64_t at = first; at < first + cycles;) {
      const std::uint64_t end =
          std::min(first + cycles, (at / kBandwidthWindow + 1) * kBandwidthWindow);
      const std::uint64_t moved_by_end = bytes * (end - first) / cycles;
      add(at, write, moved_by_end - moved);
      moved = moved_by_end;
      at = end;
    }
  }
  void clear() { windows_.clear(); }

  /// Those behind the last traffic are left out.
  const std::vector<Window>& windows() const { return windows_; }
  std::uint64_t peak_bytes() const {
    std::uint64_t peak = 0;
    for (const Window& window : windows_) {
      peak = std::max(peak, window.bytes());
    }
    return peak;
  }

 private:
  std::vector<Window> windows_;
};

}  // namespace systole

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

  void add(std::uint64_t cycle_of_layer, bool write, std::uint64_t bytes) {
    const std::uint64_t window = cycle_of_layer / kBandwidthWindow;
    if (window >= windows_.size()) {
      windows_.resize(window + 1);
    }
    (write ? windows_[window].write_bytes : windows_[window].read_bytes) += bytes;
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

#pragma once

#include <cstdint>

#include "sim/network/network.hpp"

namespace systole::golden {

/// Where a window's taps fall on an ifmap [N,H,W,C].
class WindowWalk {
 public:
  /// Throws Refusal unless `ofmap` is the [N,OH,OW,C] that sliding gives.
  WindowWalk(const Window& window, const Shape& ifmap, const Shape& ofmap);

  /// Offset in the ifmap of the first channel of tap (kh, kw) for output pixel (n, oh, ow);
  /// -1 where the tap lies in the padding.
  std::int64_t pixel(std::int64_t n, std::int64_t oh, std::int64_t ow, std::int64_t kh,
                     std::int64_t kw) const {
    const std::int64_t h = oh * window_.stride_h - window_.pad_top + kh * window_.dilation_h;
    const std::int64_t w = ow * window_.stride_w - window_.pad_left + kw * window_.dilation_w;
    const bool inside = h >= 0 && h < height_ && w >= 0 && w < width_;
    return inside ? ((n * height_ + h) * width_ + w) * channels_ : -1;
  }

 private:
  Window window_;
  std::int64_t height_, width_, channels_;
};

}  // namespace systole::golden

#include "models/golden/window.hpp"

#include <string>

#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

std::int64_t positions(std::int64_t padded, std::int64_t kernel, std::int64_t stride,
                       std::int64_t dilation) {
  if (kernel < 1 || stride < 1 || dilation < 1) {
    throw Refusal{"window: kernel, stride and dilation must be at least 1"};
  }
  const std::int64_t span = (kernel - 1) * dilation + 1;
  return padded < span ? 0 : (padded - span) / stride + 1;
}

}  // namespace

WindowWalk::WindowWalk(const Window& window, const Shape& ifmap, const Shape& ofmap)
    : window_{window} {
  if (ifmap.size() != 4 || ofmap.size() != 4) {
    throw Refusal{"window: ifmap and ofmap must have the shape [N,H,W,C]"};
  }
  height_ = ifmap[1];
  width_ = ifmap[2];
  channels_ = ifmap[3];
  const std::int64_t rows = positions(height_ + window.pad_top + window.pad_bottom, window.kernel_h,
                                      window.stride_h, window.dilation_h);
  const std::int64_t columns = positions(width_ + window.pad_left + window.pad_right,
                                         window.kernel_w, window.stride_w, window.dilation_w);
  if (ofmap[0] != ifmap[0] || ofmap[1] != rows || ofmap[2] != columns) {
    throw Refusal{"window: the ofmap is " + std::to_string(ofmap[0]) + " x " +
                  std::to_string(ofmap[1]) + " x " + std::to_string(ofmap[2]) + ", sliding gives " +
                  std::to_string(ifmap[0]) + " x " + std::to_string(rows) + " x " +
                  std::to_string(columns)};
  }
}

}  // namespace systole::golden

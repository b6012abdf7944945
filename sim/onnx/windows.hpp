#pragma once

#include "sim/network/network.hpp"
#include "sim/onnx/node.hpp"

namespace systole::onnx {

/// A window as the attributes of Conv and of the pooling operators give it.
struct WindowAttributes {
  std::vector<std::int64_t> kernel;  ///< empty: the weights'
  std::vector<std::int64_t> stride, dilation, pads;
  std::string auto_pad;
  bool ceil_mode = false;
};
WindowAttributes window_attributes(const Node& node);

/// A window on an image, and how often it fits.
struct PlacedWindow {
  Window window;
  std::int64_t out_h = 1, out_w = 1;
  std::int64_t beyond_h = 0, beyond_w = 0;  ///< of the window's padding, what ceil_mode added
};

/// The kernel_shape of a convolution, where it is given, is that of its weights. Throws NodeError.
void expect_kernel(const WindowAttributes& attributes, std::int64_t kernel_h,
                   std::int64_t kernel_w);

/// For an ifmap [N,C,H,W]. Throws NodeError for what makes no sense.
PlacedWindow place_window(const WindowAttributes& attributes, const Shape& ifmap,
                          std::int64_t kernel_h, std::int64_t kernel_w);

/// For pooling, where the kernel is an attribute.
PlacedWindow place_window(const WindowAttributes& attributes, const Shape& ifmap);

}  // namespace systole::onnx

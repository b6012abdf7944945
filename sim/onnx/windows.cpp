#include "sim/onnx/windows.hpp"

#include <algorithm>

#include "sim/network/ceil_div.hpp"
#include "sim/onnx/constant.hpp"

namespace systole::onnx {
namespace {

constexpr std::int64_t kMaxStep = 1 << 16;

std::vector<std::int64_t> checked_list(const char* name, std::vector<std::int64_t> values,
                                       std::size_t count, std::int64_t least) {
  if (values.size() != count) {
    throw NodeError{std::string{"has "} + std::to_string(values.size()) + " " + name +
                    ", expected " + std::to_string(count) + ": images of two dimensions"};
  }
  for (const std::int64_t value : values) {
    if (value < least || value > kMaxStep) {
      throw NodeError{std::string{"has "} + name + " of " + std::to_string(value) + ", expected " +
                      std::to_string(least) + "..65536"};
    }
  }
  return values;
}

// One axis.
struct Axis {
  std::int64_t before = 0, after = 0, out = 0;
  std::int64_t beyond = 0;  // of `after`
};

Axis place_axis(const WindowAttributes& attributes, std::int64_t in, std::int64_t kernel,
                std::size_t axis) {
  const std::int64_t stride = attributes.stride[axis];
  const std::int64_t span = (kernel - 1) * attributes.dilation[axis] + 1;
  Axis result;
  if (attributes.auto_pad == "SAME_UPPER" || attributes.auto_pad == "SAME_LOWER") {
    result.out = ceil_div(in, stride);
    const std::int64_t total = std::max<std::int64_t>((result.out - 1) * stride + span - in, 0);
    result.before = attributes.auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
    result.after = total - result.before;
    return result;
  }
  if (attributes.auto_pad == "NOTSET") {
    result.before = attributes.pads[axis];
    result.after = attributes.pads[axis + 2];
  } else if (attributes.auto_pad != "VALID") {
    throw NodeError{"has the auto_pad '" + printable_name(attributes.auto_pad) +
                    "', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER"};
  }
  const std::int64_t room = in + result.before + result.after - span;
  if (room < 0) {
    throw NodeError{"has a window of " + std::to_string(span) + " on an image of " +
                    std::to_string(in + result.before + result.after) + ", padding included"};
  }
  result.out = room / stride + 1;
  if (attributes.ceil_mode && room % stride != 0 && result.out * stride < in + result.before) {
    ++result.out;  // a last window that begins inside and ends outside
    const std::int64_t after = (result.out - 1) * stride + span - in - result.before;
    result.beyond = after - result.after;
    result.after = after;
  }
  return result;
}

}  // namespace

WindowAttributes window_attributes(const Node& node) {
  WindowAttributes result;
  result.kernel = node.integers("kernel_shape").value_or(std::vector<std::int64_t>{});
  result.stride = checked_list(
      "strides", node.integers("strides").value_or(std::vector<std::int64_t>{1, 1}), 2, 1);
  result.dilation = checked_list(
      "dilations", node.integers("dilations").value_or(std::vector<std::int64_t>{1, 1}), 2, 1);
  result.pads = checked_list(
      "pads", node.integers("pads").value_or(std::vector<std::int64_t>{0, 0, 0, 0}), 4, 0);
  result.auto_pad = node.text("auto_pad", "NOTSET");
  const bool pads =
      std::any_of(result.pads.begin(), result.pads.end(), [](auto n) { return n > 0; });
  if (pads && result.auto_pad != "NOTSET") {
    throw NodeError{"has pads beside the auto_pad '" + printable_name(result.auto_pad) +
                    "', expected one of the two"};
  }
  result.ceil_mode = node.integer("ceil_mode", 0) != 0;
  return result;
}

void expect_kernel(const WindowAttributes& attributes, std::int64_t kernel_h,
                   std::int64_t kernel_w) {
  const std::vector<std::int64_t> kernel{kernel_h, kernel_w};
  if (!attributes.kernel.empty() && attributes.kernel != kernel) {
    throw NodeError{"has a kernel_shape of " + shape_text(attributes.kernel) + ", and weights of " +
                    shape_text(kernel)};
  }
}

PlacedWindow place_window(const WindowAttributes& attributes, const Shape& ifmap,
                          std::int64_t kernel_h, std::int64_t kernel_w) {
  if (ifmap.size() != 4) {
    throw NodeError{"has an input of " + shape_text(ifmap) + ", expected 4 dimensions: N, C, H, W"};
  }
  checked_list("kernel sizes", {kernel_h, kernel_w}, 2, 1);
  const Axis h = place_axis(attributes, ifmap[2], kernel_h, 0);
  const Axis w = place_axis(attributes, ifmap[3], kernel_w, 1);
  PlacedWindow result;
  Window& window = result.window;
  window.kernel_h = kernel_h;
  window.kernel_w = kernel_w;
  window.stride_h = attributes.stride[0];
  window.stride_w = attributes.stride[1];
  window.dilation_h = kernel_h == 1 ? 1 : attributes.dilation[0];  // of one element: without effect
  window.dilation_w = kernel_w == 1 ? 1 : attributes.dilation[1];
  window.pad_top = h.before;
  window.pad_bottom = h.after;
  window.pad_left = w.before;
  window.pad_right = w.after;
  result.out_h = h.out;
  result.out_w = w.out;
  result.beyond_h = h.beyond;
  result.beyond_w = w.beyond;
  return result;
}

PlacedWindow place_window(const WindowAttributes& attributes, const Shape& ifmap) {
  const std::vector<std::int64_t> kernel = checked_list("kernel sizes", attributes.kernel, 2, 1);
  return place_window(attributes, ifmap, kernel[0], kernel[1]);
}

}  // namespace systole::onnx

#include "sim/tflite/windows.hpp"

#include <algorithm>

#include "sim/network/ceil_div.hpp"

namespace systole::tflite {
namespace {

constexpr std::int64_t kMaxStep = 1 << 16;

void expect_steps(const WindowSteps& steps) {
  for (const std::int64_t step :
       {steps.stride_h, steps.stride_w, steps.dilation_h, steps.dilation_w}) {
    if (step < 1 || step > kMaxStep) {
      throw NodeError{"has a stride or dilation of " + std::to_string(step) +
                      ", expected 1..65536"};
    }
  }
}

PaddingAmount padding_of(file::Padding padding, std::int64_t in, std::int64_t out,
                         std::int64_t kernel, std::int64_t stride, std::int64_t dilation) {
  const std::int64_t span = (kernel - 1) * dilation + 1;
  const bool same = padding == file::Padding::SAME;
  if (!same && padding != file::Padding::VALID) {
    throw NodeError{"has the padding " + std::to_string(static_cast<int>(padding)) +
                    ", expected SAME or VALID"};
  }
  const std::int64_t expected = same        ? ceil_div(in, stride)
                                : in < span ? 0
                                            : (in - span) / stride + 1;
  if (out != expected) {
    throw NodeError{"has an output of " + std::to_string(out) + " windows, sliding gives " +
                    std::to_string(expected)};
  }
  return same ? same_padding(in, out, kernel, stride, dilation) : PaddingAmount{};
}

}  // namespace

PaddingAmount same_padding(std::int64_t in, std::int64_t out, std::int64_t kernel,
                           std::int64_t stride, std::int64_t dilation) {
  const std::int64_t total =
      std::max<std::int64_t>((out - 1) * stride + (kernel - 1) * dilation + 1 - in, 0);
  return {total / 2, total - total / 2};
}

Window window_over(const Shape& ifmap, const Shape& ofmap, std::int64_t kernel_h,
                   std::int64_t kernel_w, const WindowSteps& steps, file::Padding padding) {
  expect_rank("ifmap", ifmap, 4);
  expect_rank("output", ofmap, 4);
  expect_steps(steps);
  if (ifmap[0] != ofmap[0]) {
    throw NodeError{"has " + std::to_string(ofmap[0]) + " images in its output, expected " +
                    std::to_string(ifmap[0]) + " as in its input"};
  }
  const PaddingAmount vertical =
      padding_of(padding, ifmap[1], ofmap[1], kernel_h, steps.stride_h, steps.dilation_h);
  const PaddingAmount horizontal =
      padding_of(padding, ifmap[2], ofmap[2], kernel_w, steps.stride_w, steps.dilation_w);
  Window window;
  window.kernel_h = kernel_h;
  window.kernel_w = kernel_w;
  window.stride_h = steps.stride_h;
  window.stride_w = steps.stride_w;
  window.dilation_h = steps.dilation_h;
  window.dilation_w = steps.dilation_w;
  window.pad_top = vertical.before;
  window.pad_bottom = vertical.after;
  window.pad_left = horizontal.before;
  window.pad_right = horizontal.after;
  return window;
}

std::size_t axis_of(std::int64_t axis, const Shape& shape) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  if (axis < -rank || axis >= rank) {
    throw NodeError{"has the axis " + std::to_string(axis) + " of " + shape_text(shape)};
  }
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

std::int64_t only_integer(const Node& node, std::size_t i) {
  const std::vector<std::int64_t> values = node.integers(i);
  if (values.size() != 1) {
    throw NodeError{"has " + std::to_string(values.size()) + " axes, expected one"};
  }
  return values.front();
}

void expect_rank(const char* what, const Shape& shape, std::size_t rank) {
  if (shape.size() != rank) {
    throw NodeError{std::string{what} + " has the shape " + shape_text(shape) + ", expected " +
                    std::to_string(rank) + " dimensions"};
  }
}

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t size : shape) {
    text += (text.empty() ? "" : " x ") + std::to_string(size);
  }
  return text.empty() ? "scalar" : text;
}

void expect_output_shape(const Node& node, const Shape& expected) {
  if (node.out().shape != expected) {
    throw NodeError{"has an output of " + shape_text(node.out().shape) + ", its operator gives " +
                    shape_text(expected)};
  }
}

}  // namespace systole::tflite

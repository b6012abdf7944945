#pragma once

#include "sim/network/network.hpp"
#include "sim/tflite/node.hpp"

namespace systole::tflite {

/// Strides and dilations of a window; 1 where an operator has none.
struct WindowSteps {
  std::int64_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
};

/// A window [kernel_h, kernel_w] over an ifmap, padded for the output of that padding scheme
/// ([N,H,W,C] shapes). Throws NodeError if the output's height or width is another.
Window window_over(const Shape& ifmap, const Shape& ofmap, std::int64_t kernel_h,
                   std::int64_t kernel_w, const WindowSteps& steps, file::Padding padding);

/// The padding before and after that `out` windows need (SAME); the odd one goes after.
struct PaddingAmount {
  std::int64_t before = 0, after = 0;
};
PaddingAmount same_padding(std::int64_t in, std::int64_t out, std::int64_t kernel,
                           std::int64_t stride, std::int64_t dilation);

/// Axes are counted from the back if negative.
std::size_t axis_of(std::int64_t axis, const Shape& shape);
/// The one integer of input i: an axis, say.
std::int64_t only_integer(const Node& node, std::size_t i);

/// Throws NodeError unless the shape has so many dimensions.
void expect_rank(const char* what, const Shape& shape, std::size_t rank);

/// "1 x 3 x 3 x 8"
std::string shape_text(const Shape& shape);
void expect_output_shape(const Node& node, const Shape& expected);

}  // namespace systole::tflite

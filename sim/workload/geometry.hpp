#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/network/network.hpp"

namespace systole {

/// Elements of a shape, or nothing when a size is below 1 or there are over kMaxTensorElements.
std::optional<std::int64_t> checked_elements(const Shape& shape);

/// "[1, 8, 8, 1]".
std::string shape_text(const Shape& shape);

/// Rows (or columns) that a kernel spans, those between dilated taps included.
constexpr std::int64_t kernel_span(std::int64_t kernel, std::int64_t dilation) {
  return (kernel - 1) * dilation + 1;
}

/// Sets the padding of an image of h x w as TensorFlow's SAME does: as many outputs as the
/// input has strides, and of an odd number of rows to add, the larger half goes after.
void pad_same(Window& window, std::int64_t h, std::int64_t w);

/// Output rows and columns, nothing where the kernel is larger than the padded image.
struct OutputSize {
  std::optional<std::int64_t> h, w;
};
OutputSize output_size(const Window& window, std::int64_t h, std::int64_t w);

}  // namespace systole

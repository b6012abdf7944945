#include "sim/workload/geometry.hpp"

#include <algorithm>

#include "sim/network/ceil_div.hpp"
#include "sim/workload/npy.hpp"

namespace systole {
namespace {

void pad_same_along(std::int64_t size, std::int64_t span, std::int64_t stride, std::int64_t& before,
                    std::int64_t& after) {
  const std::int64_t outputs = ceil_div(size, stride);
  const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + span - size, 0);
  before = total / 2;
  after = total - before;
}

std::optional<std::int64_t> outputs_along(std::int64_t padded, std::int64_t span,
                                          std::int64_t stride) {
  return span > padded ? std::nullopt : std::optional{(padded - span) / stride + 1};
}

}  // namespace

std::optional<std::int64_t> checked_elements(const Shape& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    if (size < 1 || elements > kMaxTensorElements / size) {
      return std::nullopt;
    }
    elements *= size;
  }
  return elements;
}

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t size : shape) {
    text += (text.empty() ? "" : ", ") + std::to_string(size);
  }
  return "[" + text + "]";
}

void pad_same(Window& window, std::int64_t h, std::int64_t w) {
  pad_same_along(h, kernel_span(window.kernel_h, window.dilation_h), window.stride_h,
                 window.pad_top, window.pad_bottom);
  pad_same_along(w, kernel_span(window.kernel_w, window.dilation_w), window.stride_w,
                 window.pad_left, window.pad_right);
}

OutputSize output_size(const Window& window, std::int64_t h, std::int64_t w) {
  return {outputs_along(h + window.pad_top + window.pad_bottom,
                        kernel_span(window.kernel_h, window.dilation_h), window.stride_h),
          outputs_along(w + window.pad_left + window.pad_right,
                        kernel_span(window.kernel_w, window.dilation_w), window.stride_w)};
}

}  // namespace systole

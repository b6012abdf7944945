#include <algorithm>

#include "models/golden/operators.hpp"
#include "models/golden/window.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

// Calls `reduce` with the values of each output element's taps inside the image, in order.
template <typename Reduce>
TensorData pool(const Window& window, const Operand& ifmap, const Shape& ofmap,
                const Reduce& reduce) {
  const WindowWalk walk{window, ifmap.tensor.shape, ofmap};
  if (ofmap[3] != ifmap.tensor.shape[3]) {
    throw Refusal{"pool: ifmap and ofmap differ in channels"};
  }
  TensorData result;
  result.reserve(static_cast<std::size_t>(element_count(ofmap)));
  std::vector<std::int64_t> pixels;
  std::vector<std::int32_t> taps;
  for (std::int64_t n = 0; n < ofmap[0]; ++n) {
    for (std::int64_t oh = 0; oh < ofmap[1]; ++oh) {
      for (std::int64_t ow = 0; ow < ofmap[2]; ++ow) {
        pixels.clear();
        for (std::int64_t kh = 0; kh < window.kernel_h; ++kh) {
          for (std::int64_t kw = 0; kw < window.kernel_w; ++kw) {
            pixels.push_back(walk.pixel(n, oh, ow, kh, kw));
          }
        }
        pixels.erase(std::remove(pixels.begin(), pixels.end(), -1), pixels.end());
        if (pixels.empty()) {
          throw Refusal{"pool: a window lies wholly in the padding"};
        }
        taps.resize(pixels.size());
        for (std::int64_t channel = 0; channel < ofmap[3]; ++channel) {
          std::transform(pixels.begin(), pixels.end(), taps.begin(), [&](std::int64_t pixel) {
            return ifmap.data[static_cast<std::size_t>(pixel + channel)];
          });
          result.push_back(reduce(taps));
        }
      }
    }
  }
  return result;
}

void check_clamp(std::int32_t clamp_min, std::int32_t clamp_max) {
  if (clamp_min > clamp_max) {
    throw Refusal{"pool: clamp_min is above clamp_max"};
  }
}

}  // namespace

TensorData max_pool(const MaxPool& op, const Operand& ifmap, const Shape& ofmap) {
  check_clamp(op.clamp_min, op.clamp_max);
  return pool(op.window, ifmap, ofmap, [&](const std::vector<std::int32_t>& taps) {
    return std::clamp(*std::max_element(taps.begin(), taps.end()), op.clamp_min, op.clamp_max);
  });
}

TensorData average_pool(const AveragePool& op, const Operand& ifmap, const Shape& ofmap) {
  check_clamp(op.clamp_min, op.clamp_max);
  return pool(op.window, ifmap, ofmap, [&](const std::vector<std::int32_t>& taps) {
    const auto count = static_cast<std::int64_t>(taps.size());
    std::int64_t sum = 0;
    for (const std::int32_t tap : taps) {
      sum += tap;
    }
    // Half away from zero, by C's division towards zero, as TensorFlow Lite's reference kernel.
    const std::int64_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(mean, op.clamp_min, op.clamp_max));
  });
}

}  // namespace systole::golden

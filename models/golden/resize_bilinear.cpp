// Resizing as TensorFlow Lite's reference kernels do it (internal/reference/resize_bilinear.h).
// ResizeBilinearInteger, of signed ones: positions and weights in steps of 2^-10, results rounded
// once, half away from zero. ResizeBilinear, of unsigned ones: all in binary32, a half added at the
// end and the fraction dropped.

#include <algorithm>
#include <cmath>

#include "models/golden/operators.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

constexpr std::int64_t kOne = 1 << 10;

// The two pixels of one dimension around an output pixel, and how much of the second.
struct Neighbours {
  std::int64_t lower = 0, upper = 0;
  std::int64_t lower_weight = 0, upper_weight = 0;
};

class Axis {
 public:
  Axis(std::int64_t in, std::int64_t out, const ResizeBilinear& op)
      : in_{in}, half_pixel_{op.half_pixel_centers} {
    const bool between_corners = op.align_corners && out > 1;
    const std::int64_t from = between_corners ? in - 1 : in;
    const std::int64_t to = between_corners ? out - 1 : out;
    step_ = (kOne * from + to / 2) / to;
    // A step that is rounded up too far leads out of the image; the kernel does not look.
    if (position(out - 1) / kOne > in - 1) {
      throw Refusal{"resize_bilinear: so large an output has no exact positions"};
    }
  }

  Neighbours at(std::int64_t out) const {
    const std::int64_t scaled = position(out);
    Neighbours near;
    near.lower = std::max<std::int64_t>(scaled / kOne, 0);
    near.upper = std::min((scaled + kOne - 1) / kOne, in_ - 1);
    near.upper_weight = scaled - kOne * near.lower;
    near.lower_weight = kOne - near.upper_weight;
    return near;
  }

 private:
  std::int64_t position(std::int64_t out) const {
    return out * step_ + (half_pixel_ ? step_ / 2 - kOne / 2 : 0);
  }

  std::int64_t in_;
  std::int64_t step_;
  bool half_pixel_;
};

// The same for unsigned ones, in binary32.
struct RealNeighbours {
  std::int64_t lower = 0, upper = 0;
  float upper_weight = 0;
};

RealNeighbours real_neighbours(std::int64_t out, std::int64_t in_size, std::int64_t out_size,
                               const ResizeBilinear& op) {
  const bool between_corners = op.align_corners && out_size > 1;
  const float scale = between_corners
                          ? static_cast<float>(in_size - 1) / static_cast<float>(out_size - 1)
                          : static_cast<float>(in_size) / static_cast<float>(out_size);
  const auto index = static_cast<float>(out);
  const float at = op.half_pixel_centers ? (index + 0.5F) * scale - 0.5F : index * scale;
  RealNeighbours near;
  near.lower = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(at)), 0, in_size - 1);
  near.upper = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(at)), 0, in_size - 1);
  near.upper_weight = at - static_cast<float>(near.lower);
  return near;
}

TensorData resize_unsigned(const ResizeBilinear& op, const Operand& input, const Shape& ofmap) {
  const Shape& in = input.tensor.shape;
  TensorData result;
  result.reserve(static_cast<std::size_t>(element_count(ofmap)));
  for (std::int64_t n = 0; n < ofmap[0]; ++n) {
    for (std::int64_t oh = 0; oh < ofmap[1]; ++oh) {
      const RealNeighbours y = real_neighbours(oh, in[1], ofmap[1], op);
      for (std::int64_t ow = 0; ow < ofmap[2]; ++ow) {
        const RealNeighbours x = real_neighbours(ow, in[2], ofmap[2], op);
        for (std::int64_t c = 0; c < in[3]; ++c) {
          const auto value = [&](std::int64_t h, std::int64_t w) {
            const std::int64_t index = ((n * in[1] + h) * in[2] + w) * in[3] + c;
            return static_cast<float>(input.data[static_cast<std::size_t>(index)]);
          };
          const float sum = value(y.lower, x.lower) * (1 - y.upper_weight) * (1 - x.upper_weight) +
                            value(y.upper, x.lower) * y.upper_weight * (1 - x.upper_weight) +
                            value(y.lower, x.upper) * (1 - y.upper_weight) * x.upper_weight +
                            value(y.upper, x.upper) * y.upper_weight * x.upper_weight + 0.5F;
          result.push_back(std::clamp(static_cast<std::int32_t>(sum),
                                      static_cast<std::int32_t>(input.tensor.format.min()),
                                      static_cast<std::int32_t>(input.tensor.format.max())));
        }
      }
    }
  }
  return result;
}

}  // namespace

TensorData resize_bilinear(const ResizeBilinear& op, const Operand& input, const Shape& ofmap) {
  const Shape& in = input.tensor.shape;
  if (in.size() != 4 || ofmap.size() != 4 || in[0] != ofmap[0] || in[3] != ofmap[3]) {
    throw Refusal{"resize_bilinear: shapes must be [N,H,W,C] with the same N and C"};
  }
  if (!input.tensor.format.is_signed) {
    return resize_unsigned(op, input, ofmap);
  }
  const Axis rows{in[1], ofmap[1], op};
  const Axis columns{in[2], ofmap[2], op};
  TensorData result;
  result.reserve(static_cast<std::size_t>(element_count(ofmap)));
  for (std::int64_t n = 0; n < ofmap[0]; ++n) {
    for (std::int64_t oh = 0; oh < ofmap[1]; ++oh) {
      const Neighbours y = rows.at(oh);
      for (std::int64_t ow = 0; ow < ofmap[2]; ++ow) {
        const Neighbours x = columns.at(ow);
        for (std::int64_t c = 0; c < in[3]; ++c) {
          const auto value = [&](std::int64_t h, std::int64_t w) {
            const std::int64_t index = ((n * in[1] + h) * in[2] + w) * in[3] + c;
            return std::int64_t{input.data[static_cast<std::size_t>(index)]};
          };
          const std::int64_t sum = value(y.lower, x.lower) * y.lower_weight * x.lower_weight +
                                   value(y.upper, x.lower) * y.upper_weight * x.lower_weight +
                                   value(y.lower, x.upper) * y.lower_weight * x.upper_weight +
                                   value(y.upper, x.upper) * y.upper_weight * x.upper_weight;
          const std::int64_t half = kOne * kOne / 2;
          result.push_back(
              static_cast<std::int32_t>((sum + (sum > 0 ? half : -half)) / (kOne * kOne)));
        }
      }
    }
  }
  return result;
}

}  // namespace systole::golden

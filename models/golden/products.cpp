// Convolution, fully connected and matrix product: each output is one dot product of
// operands that have had their zero points taken off, so padding is simply zero.

#include <algorithm>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "models/golden/operators.hpp"
#include "models/golden/requantize.hpp"
#include "models/golden/row_products.hpp"
#include "models/golden/saturating_sum.hpp"
#include "models/golden/window.hpp"
#include "models/golden/wrap.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

void require(bool holds, const char* what) {
  if (!holds) {
    throw Refusal{what};
  }
}

std::size_t extent(std::int64_t value) { return static_cast<std::size_t>(value); }

// Values less their zero point.
std::vector<std::int32_t> centred(const Operand& operand) {
  std::vector<std::int32_t> values(operand.data.size());
  std::transform(operand.data.begin(), operand.data.end(), values.begin(),
                 [&](std::int32_t q) { return subtract_wrapping(q, operand.tensor.zero_point); });
  return values;
}

bool fits_16_bits(const Operand& operand) {
  using Limits = std::numeric_limits<std::int16_t>;
  std::int32_t least = operand.tensor.zero_point, most = least;
  for (const std::int32_t q : operand.data) {
    least = std::min(least, q);
    most = std::max(most, q);
  }
  return std::int64_t{least} - operand.tensor.zero_point >= Limits::min() &&
         std::int64_t{most} - operand.tensor.zero_point <= Limits::max();
}

std::vector<std::int16_t> centred_in_16_bits(const Operand& operand) {
  std::vector<std::int16_t> values(operand.data.size());
  std::transform(operand.data.begin(), operand.data.end(), values.begin(), [&](std::int32_t q) {
    return static_cast<std::int16_t>(q - operand.tensor.zero_point);
  });
  return values;
}

// Runs `compute(a, b)` on the narrowest element type that holds both operands exactly.
template <typename Compute>
TensorData on_narrowest(const Operand& a, const Operand& b, const Compute& compute) {
  return fits_16_bits(a) && fits_16_bits(b) ? compute(centred_in_16_bits(a), centred_in_16_bits(b))
                                            : compute(centred(a), centred(b));
}

// Modulo 2^32 or 2^64 throughout, as the accumulators count.
template <typename Sum, typename Element>
Sum dot(const Element* a, const Element* b, std::size_t count) {
  Sum sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += static_cast<Sum>(a[i]) * static_cast<Sum>(b[i]);
  }
  return sum;
}

// The low `bits` bits, as a signed number.
std::int64_t low_bits(std::uint64_t value, std::uint32_t bits) {
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  const std::uint64_t kept = bits == 64 ? value : value & ((sign << 1U) - 1);
  return static_cast<std::int64_t>((kept ^ sign) - sign);
}

// Sums of products with the weights of some output channels, then the outputs. The accumulators
// wrap, so the order of their additions does not show.
class Outputs {
 public:
  Outputs(const TensorData* bias, const Requantizer& requant, std::size_t channels)
      : bias_{bias}, requant_{requant}, channels_{channels}, random_{requant} {}

  // For each of `m` rows of `a`, of k elements: its products with the `n` rows of `b`, the weights
  // of the channels from `first` on.
  template <typename Element>
  void add_products(const Element* a, std::size_t m, const Element* b, std::size_t n, std::size_t k,
                    std::size_t first) {
    accs_.resize(std::max(accs_.size(), m * channels_));
    const std::uint32_t bits = requant_.accumulator.bits;
    if constexpr (std::is_same_v<Element, std::int16_t>) {
      if (bits <= 32) {
        sums_.resize(m * n);
        row_products(a, m, b, n, k, sums_.data());
        for (std::size_t i = 0; i < m; ++i) {
          std::copy_n(&sums_[i * n], n, &accs_[i * channels_ + first]);
        }
        return;
      }
    }
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        accs_[i * channels_ + first + j] = bits <= 32 ? dot<std::uint32_t>(a + i * k, b + j * k, k)
                                                      : dot<std::uint64_t>(a + i * k, b + j * k, k);
      }
    }
  }

  // The outputs of `m` rows, all of whose channels have been added up, behind those in `ofmap`.
  void finish(std::size_t m, TensorData& ofmap) {
    const std::uint32_t bits = requant_.accumulator.bits;
    std::vector<std::int64_t> row(channels_);
    for (std::size_t i = 0; i < m; ++i) {
      const std::uint64_t* accs = &accs_[i * channels_];
      for (std::size_t channel = 0; channel < channels_; ++channel) {
        const std::int64_t bias = bias_ == nullptr ? 0 : (*bias_)[channel];
        row[channel] = low_bits(accs[channel] + static_cast<std::uint64_t>(bias), bits);
      }
      requantize_row(row, requant_, random_, ofmap);
    }
  }

 private:
  const TensorData* bias_;
  const Requantizer& requant_;
  std::size_t channels_;
  RandomWords random_;
  std::vector<std::uint64_t> accs_;  // [row][channel]
  std::vector<std::uint32_t> sums_;
};

// Rows that are multiplied with all weights at a time.
constexpr std::size_t kRows = 16;

// Rows of `a` [m, k] times rows of `b` [n, k].
template <typename Element>
TensorData rows_times_rows(const std::vector<Element>& a, const std::vector<Element>& b,
                           std::size_t k, const TensorData* bias, const Requantizer& requant) {
  const std::size_t m = a.size() / k;
  const std::size_t n = b.size() / k;
  TensorData result;
  result.reserve(m * n);
  Outputs outputs{bias, requant, n};
  for (std::size_t row = 0; row < m; row += kRows) {
    const std::size_t rows = std::min(kRows, m - row);
    outputs.add_products(&a[row * k], rows, b.data(), n, k, 0);
    outputs.finish(rows, result);
  }
  return result;
}

struct ConvShape {
  std::int64_t batch, ofmap_h, ofmap_w, out_channels;
  std::int64_t kernel_h, kernel_w, group_in, group_out, groups;

  std::size_t taps() const { return extent(kernel_h * kernel_w * group_in); }
};

ConvShape conv_shape(const Conv2d& op, const Shape& ifmap, const Shape& weight,
                     const Shape& ofmap) {
  require(ifmap.size() == 4 && weight.size() == 4 && ofmap.size() == 4,
          "conv2d: ifmap, weight and ofmap must have four dimensions");
  require(weight[1] == op.window.kernel_h && weight[2] == op.window.kernel_w,
          "conv2d: the weight's kernel is not the window's");
  require(op.groups >= 1 && ifmap[3] == weight[3] * op.groups,
          "conv2d: weight channels times groups are not the ifmap's channels");
  require(weight[0] % op.groups == 0 && ofmap[3] == weight[0],
          "conv2d: output channels are not the ofmap's, or not a multiple of groups");
  return {ofmap[0],  ofmap[1],  ofmap[2],  weight[0],
          weight[1], weight[2], weight[3], weight[0] / op.groups,
          op.groups};
}

// Where in the ifmap the window's taps lie at one output pixel; -1 in the padding.
void place_window(const WindowWalk& walk, const ConvShape& shape, std::int64_t n, std::int64_t oh,
                  std::int64_t ow, std::vector<std::int64_t>& pixels) {
  pixels.clear();
  for (std::int64_t kh = 0; kh < shape.kernel_h; ++kh) {
    for (std::int64_t kw = 0; kw < shape.kernel_w; ++kw) {
      pixels.push_back(walk.pixel(n, oh, ow, kh, kw));
    }
  }
}

// One group's operands under the window, in the weights' order; 0 in the padding.
template <typename Element>
void gather(const std::vector<Element>& ifmap, const std::vector<std::int64_t>& pixels,
            std::int64_t first_channel, std::size_t channels, Element* patch) {
  for (const std::int64_t pixel : pixels) {
    if (pixel < 0) {
      std::fill_n(patch, channels, Element{0});
    } else {
      std::copy_n(&ifmap[extent(pixel + first_channel)], channels, patch);
    }
    patch += channels;
  }
}

// Output pixels are taken some at a time, group by group, in the order in which they lie.
template <typename Element>
TensorData convolve(const std::vector<Element>& ifmap, const std::vector<Element>& weight,
                    const WindowWalk& walk, const ConvShape& shape, const TensorData* bias,
                    const Requantizer& requant) {
  TensorData ofmap;
  ofmap.reserve(extent(shape.batch * shape.ofmap_h * shape.ofmap_w * shape.out_channels));
  const std::int64_t count = shape.batch * shape.ofmap_h * shape.ofmap_w;
  const std::size_t taps = shape.taps();
  const std::size_t group_out = extent(shape.group_out);
  std::vector<std::vector<std::int64_t>> pixels(kRows);
  std::vector<Element> patches(kRows * taps);
  Outputs outputs{bias, requant, extent(shape.out_channels)};
  for (std::int64_t first = 0; first < count; first += static_cast<std::int64_t>(kRows)) {
    const std::size_t rows = std::min(kRows, extent(count - first));
    for (std::size_t row = 0; row < rows; ++row) {
      const std::int64_t at = first + static_cast<std::int64_t>(row);
      place_window(walk, shape, at / (shape.ofmap_h * shape.ofmap_w),
                   at / shape.ofmap_w % shape.ofmap_h, at % shape.ofmap_w, pixels[row]);
    }
    for (std::int64_t group = 0; group < shape.groups; ++group) {
      for (std::size_t row = 0; row < rows; ++row) {
        gather(ifmap, pixels[row], group * shape.group_in, extent(shape.group_in),
               &patches[row * taps]);
      }
      const std::size_t channel = extent(group) * group_out;
      outputs.add_products(patches.data(), rows, &weight[channel * taps], group_out, taps, channel);
    }
    outputs.finish(rows, ofmap);
  }
  return ofmap;
}

// Raw ifmap values, padding included, in the hardware's order (struct Accumulator).
TensorData convolve_in_order(const Operand& ifmap, const std::vector<std::int32_t>& weight,
                             const WindowWalk& walk, const ConvShape& shape, const TensorData* bias,
                             const Requantizer& requant) {
  TensorData ofmap;
  std::vector<std::int64_t> pixels;
  std::vector<std::int32_t> patch(shape.taps());
  const std::int32_t zero_point = ifmap.tensor.zero_point;
  RandomWords random{requant};
  for (std::int64_t n = 0; n < shape.batch; ++n) {
    for (std::int64_t oh = 0; oh < shape.ofmap_h; ++oh) {
      for (std::int64_t ow = 0; ow < shape.ofmap_w; ++ow) {
        place_window(walk, shape, n, oh, ow, pixels);
        for (std::int64_t oc = 0; oc < shape.out_channels; ++oc) {
          const std::int64_t first = oc / shape.group_out * shape.group_in;
          for (std::size_t i = 0; i < patch.size(); ++i) {
            const std::int64_t pixel = pixels[i / extent(shape.group_in)];
            const std::int64_t channel = first + static_cast<std::int64_t>(i) % shape.group_in;
            patch[i] = pixel < 0 ? zero_point : ifmap.data[extent(pixel + channel)];
          }
          const std::int64_t sum = saturating_sum(
              {patch.data(), &weight[extent(oc) * patch.size()], shape.group_in, first, zero_point},
              patch.size(), bias, extent(oc), requant.accumulator);
          ofmap.push_back(requantize(sum, extent(oc), requant, random.next()));
        }
      }
    }
  }
  return ofmap;
}

TensorData rows_times_rows_in_order(const Operand& a, const std::vector<std::int32_t>& b,
                                    std::size_t k, const TensorData* bias,
                                    const Requantizer& requant) {
  TensorData result;
  RandomWords random{requant};
  const auto channels = static_cast<std::int64_t>(k);
  for (std::size_t row = 0; row < a.data.size() / k; ++row) {
    for (std::size_t column = 0; column < b.size() / k; ++column) {
      const std::int64_t sum =
          saturating_sum({&a.data[row * k], &b[column * k], channels, 0, a.tensor.zero_point}, k,
                         bias, column, requant.accumulator);
      result.push_back(requantize(sum, column, requant, random.next()));
    }
  }
  return result;
}

}  // namespace

TensorData conv2d(const Conv2d& op, const Operand& ifmap, const Operand& weight,
                  const TensorData* bias, const Shape& ofmap) {
  const ConvShape shape = conv_shape(op, ifmap.tensor.shape, weight.tensor.shape, ofmap);
  const WindowWalk walk{op.window, ifmap.tensor.shape, ofmap};
  check(op.requant, extent(shape.out_channels));
  require(bias == nullptr || bias->size() == extent(shape.out_channels),
          "conv2d: bias is not one value per output channel");
  if (saturates(op.requant)) {
    return convolve_in_order(ifmap, centred(weight), walk, shape, bias, op.requant);
  }
  return on_narrowest(ifmap, weight, [&](const auto& input, const auto& taps) {
    return convolve(input, taps, walk, shape, bias, op.requant);
  });
}

TensorData fully_connected(const FullyConnected& op, const Operand& ifmap, const Operand& weight,
                           const TensorData* bias) {
  const Shape& shape = weight.tensor.shape;
  require(shape.size() == 2 && shape[1] > 0, "fully_connected: weight must have the shape [N,K]");
  require(ifmap.data.size() % extent(shape[1]) == 0,
          "fully_connected: the ifmap is not whole rows of K elements");
  check(op.requant, extent(shape[0]));
  require(bias == nullptr || bias->size() == extent(shape[0]),
          "fully_connected: bias is not one value per output");
  if (saturates(op.requant)) {
    return rows_times_rows_in_order(ifmap, centred(weight), extent(shape[1]), bias, op.requant);
  }
  return on_narrowest(ifmap, weight, [&](const auto& rows, const auto& weights) {
    return rows_times_rows(rows, weights, extent(shape[1]), bias, op.requant);
  });
}

TensorData matmul(const MatMul& op, const Operand& a, const Operand& b) {
  const Shape& left = a.tensor.shape;
  const Shape& right = b.tensor.shape;
  require(left.size() == 2 && right.size() == 2 && left[1] == right[0] && left[1] > 0,
          "matmul: operands must have the shapes [M,K] and [K,N]");
  const std::size_t k = extent(right[0]);
  const std::size_t n = extent(right[1]);
  check(op.requant, n);
  TensorData columns(b.data.size());
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      columns[j * k + i] = b.data[i * n + j];
    }
  }
  const Operand transposed{b.tensor, columns};
  if (saturates(op.requant)) {
    return rows_times_rows_in_order(a, centred(transposed), k, nullptr, op.requant);
  }
  return on_narrowest(a, transposed, [&](const auto& rows, const auto& others) {
    return rows_times_rows(rows, others, k, nullptr, op.requant);
  });
}

}  // namespace systole::golden

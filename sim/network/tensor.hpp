#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace systole {

/// How the integers of a tensor are represented: `bits` wide, two's complement or unsigned.
struct ElementFormat {
  std::uint8_t bits = 8;  ///< 1 to 32
  bool is_signed = true;
  bool is_float = false;   ///< IEEE binary32: the integers are the bit patterns, 32 bits and signed
  bool is_binary = false;  ///< 1 bit that stands for -1 (0) or +1 (1); no other value

  std::int64_t min() const { return is_signed ? -(std::int64_t{1} << (bits - 1)) : 0; }
  std::int64_t max() const {
    return is_binary ? 1 : (std::int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
  }
  bool operator==(const ElementFormat& o) const {
    return bits == o.bits && is_signed == o.is_signed && is_binary == o.is_binary &&
           is_float == o.is_float;
  }
  bool operator!=(const ElementFormat& o) const { return !(*this == o); }
};

/// Weights of binary networks.
constexpr ElementFormat binary_format() {
  ElementFormat format;
  format.bits = 1;
  format.is_binary = true;
  return format;
}

/// Elements in row-major order, one per entry whatever their width on the hardware.
using TensorData = std::vector<std::int32_t>;

using Shape = std::vector<std::int64_t>;

inline std::int64_t element_count(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>{});
}

/// The least and the largest of some values.
struct ValueRange {
  std::int32_t least = 0, most = 0;
};

/// Of at least one value.
inline ValueRange range_of(const TensorData& data) {
  const auto [least, most] = std::minmax_element(data.begin(), data.end());
  return {*least, *most};
}

/// A quantized tensor: real = scale * (q - zero_point).
///
/// Activations are NHWC (or [M, K] for matrices); convolution weights are
/// OHWI, [oc][kh][kw][ic / groups]; fully connected weights are [out][in].
struct Tensor {
  std::string name;
  Shape shape;
  ElementFormat format;
  std::vector<float> scale;  ///< one, or one per output channel; empty when unknown
  std::int32_t zero_point = 0;
  std::optional<TensorData> data;  ///< constants; absent for activations and for shapes only
  /// For shapes only: of values that were looked at all the same, those with a zero point. It says
  /// how many bits they take without it.
  std::optional<ValueRange> range = std::nullopt;

  std::int64_t elements() const { return element_count(shape); }
};

}  // namespace systole

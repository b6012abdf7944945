#pragma once

#include <cstdint>
#include <vector>

#include "sim/network/tensor.hpp"

namespace systole {

/// Bytes that `elements` packed integers of `bits` each take.
constexpr std::uint64_t packed_bytes(std::uint64_t elements, std::uint32_t bits) {
  return (elements * bits + 7) / 8;
}

/// Element `index` of packed integers, little-endian, the first in the lowest bits.
std::int32_t unpack_element(const std::uint8_t* bytes, std::uint64_t index, ElementFormat format);

/// Elements [first, first + count), into as many integers at `out`.
template <typename Int>
void unpack_elements(const std::uint8_t* bytes, std::uint64_t first, std::uint64_t count,
                     ElementFormat format, Int* out) {
  if (format.bits == 8 && format.is_signed) {
    for (std::uint64_t i = 0; i < count; ++i) {
      out[i] = static_cast<Int>(static_cast<std::int8_t>(bytes[first + i]));
    }
    return;
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    out[i] = static_cast<Int>(unpack_element(bytes, first + i, format));
  }
}

/// Stores the low `format.bits` of `value` as element `index`; neighbours keep their bits.
void pack_element(std::uint8_t* bytes, std::uint64_t index, ElementFormat format,
                  std::int32_t value);

/// The first `count` elements of a packed row. Bits behind them keep what they are.
void unpack_elements(const std::uint8_t* bytes, std::uint64_t count, ElementFormat format,
                     std::int32_t* values);
void pack_elements(std::uint8_t* bytes, std::uint64_t count, ElementFormat format,
                   const std::int32_t* values);

/// A tensor as it lies in memory: rows of the innermost dimension, each packed and starting on a
/// byte.
std::vector<std::uint8_t> pack_tensor(const TensorData& data, const Shape& shape,
                                      ElementFormat format);
TensorData unpack_tensor(const std::vector<std::uint8_t>& bytes, const Shape& shape,
                         ElementFormat format);

/// Bytes of the tensor in memory: pack_tensor's size.
std::uint64_t packed_tensor_bytes(const Shape& shape, ElementFormat format);

}  // namespace systole

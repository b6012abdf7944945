#include "sim/network/packing.hpp"

#include <algorithm>
#include <stdexcept>

namespace systole {
namespace {

std::uint64_t innermost(const Shape& shape) {
  return shape.empty() ? 1 : static_cast<std::uint64_t>(shape.back());
}

std::uint64_t outer(const Shape& shape) {
  const std::uint64_t inner = innermost(shape);
  return inner == 0 ? 0 : static_cast<std::uint64_t>(element_count(shape)) / inner;
}

}  // namespace

std::int32_t unpack_element(const std::uint8_t* bytes, std::uint64_t index, ElementFormat format) {
  if (format.bits == 8) {
    return format.is_signed ? std::int32_t{static_cast<std::int8_t>(bytes[index])}
                            : std::int32_t{bytes[index]};
  }
  const std::uint64_t first = index * format.bits;
  std::uint64_t word = 0;
  const std::uint64_t last_byte = (first + format.bits - 1) / 8;
  for (std::uint64_t byte = first / 8; byte <= last_byte; ++byte) {
    word |= std::uint64_t{bytes[byte]} << (8 * (byte - first / 8));
  }
  const std::uint64_t mask = (std::uint64_t{1} << format.bits) - 1;
  word = (word >> (first % 8)) & mask;
  if (format.is_binary) {
    return word != 0 ? 1 : -1;
  }
  const std::uint64_t sign = std::uint64_t{1} << (format.bits - 1);
  const auto value = static_cast<std::int64_t>(word);
  return static_cast<std::int32_t>(
      format.is_signed && (word & sign) != 0 ? value - static_cast<std::int64_t>(mask) - 1 : value);
}

void pack_element(std::uint8_t* bytes, std::uint64_t index, ElementFormat format,
                  std::int32_t value) {
  if (format.bits == 8) {
    bytes[index] = static_cast<std::uint8_t>(value);
    return;
  }
  const std::uint64_t first = index * format.bits;
  if (format.is_binary) {
    value = value > 0 ? 1 : 0;
  }
  std::uint64_t mask = ((std::uint64_t{1} << format.bits) - 1) << (first % 8);
  std::uint64_t word = (std::uint64_t{static_cast<std::uint32_t>(value)} << (first % 8)) & mask;
  for (std::uint64_t byte = first / 8; mask != 0; ++byte) {
    bytes[byte] = static_cast<std::uint8_t>((bytes[byte] & ~mask) | word);
    mask >>= 8U;
    word >>= 8U;
  }
}

void unpack_elements(const std::uint8_t* bytes, std::uint64_t count, ElementFormat format,
                     std::int32_t* values) {
  if (format.bits == 8 && format.is_signed) {
    std::copy_n(reinterpret_cast<const std::int8_t*>(bytes), count, values);
  } else if (format.bits == 8) {
    std::copy_n(bytes, count, values);
  } else {
    for (std::uint64_t i = 0; i < count; ++i) {
      values[i] = unpack_element(bytes, i, format);
    }
  }
}

void pack_elements(std::uint8_t* bytes, std::uint64_t count, ElementFormat format,
                   const std::int32_t* values) {
  if (format.bits == 8) {
    std::transform(values, values + count, bytes,
                   [](std::int32_t value) { return static_cast<std::uint8_t>(value); });
  } else {
    for (std::uint64_t i = 0; i < count; ++i) {
      pack_element(bytes, i, format, values[i]);
    }
  }
}

std::uint64_t packed_tensor_bytes(const Shape& shape, ElementFormat format) {
  return outer(shape) * packed_bytes(innermost(shape), format.bits);
}

std::vector<std::uint8_t> pack_tensor(const TensorData& data, const Shape& shape,
                                      ElementFormat format) {
  if (data.size() != static_cast<std::uint64_t>(element_count(shape))) {
    throw std::logic_error{"a tensor's data is not of its shape"};
  }
  std::vector<std::uint8_t> bytes(packed_tensor_bytes(shape, format));
  const std::uint64_t row_elements = innermost(shape);
  const std::uint64_t row_bytes = packed_bytes(row_elements, format.bits);
  for (std::uint64_t row = 0; row < outer(shape); ++row) {
    pack_elements(bytes.data() + row * row_bytes, row_elements, format,
                  data.data() + row * row_elements);
  }
  return bytes;
}

TensorData unpack_tensor(const std::vector<std::uint8_t>& bytes, const Shape& shape,
                         ElementFormat format) {
  TensorData data(static_cast<std::size_t>(element_count(shape)));
  const std::uint64_t row_elements = innermost(shape);
  const std::uint64_t row_bytes = packed_bytes(row_elements, format.bits);
  for (std::uint64_t row = 0; row < outer(shape); ++row) {
    unpack_elements(bytes.data() + row * row_bytes, row_elements, format,
                    data.data() + row * row_elements);
  }
  return data;
}

}  // namespace systole

#include "sim/network/packing.hpp"

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
  for (std::uint32_t bit = 0; bit < format.bits; ++bit) {
    const std::uint64_t at = first + bit;
    const auto flag = static_cast<std::uint8_t>(1U << (at % 8));
    const bool set = ((static_cast<std::uint32_t>(value) >> bit) & 1U) != 0;
    bytes[at / 8] = static_cast<std::uint8_t>(set ? bytes[at / 8] | flag : bytes[at / 8] & ~flag);
  }
}

std::uint64_t packed_tensor_bytes(const Shape& shape, ElementFormat format) {
  return outer(shape) * packed_bytes(innermost(shape), format.bits);
}

std::vector<std::uint8_t> pack_tensor(const TensorData& data, const Shape& shape,
                                      ElementFormat format) {
  std::vector<std::uint8_t> bytes(packed_tensor_bytes(shape, format));
  const std::uint64_t row_elements = innermost(shape);
  const std::uint64_t row_bytes = packed_bytes(row_elements, format.bits);
  std::uint64_t i = 0;
  for (std::uint8_t* row = bytes.data(); i < data.size(); row += row_bytes) {
    for (std::uint64_t j = 0; j < row_elements; ++j, ++i) {
      pack_element(row, j, format, data[i]);
    }
  }
  return bytes;
}

TensorData unpack_tensor(const std::vector<std::uint8_t>& bytes, const Shape& shape,
                         ElementFormat format) {
  TensorData data(static_cast<std::size_t>(element_count(shape)));
  const std::uint64_t row_elements = innermost(shape);
  const std::uint64_t row_bytes = packed_bytes(row_elements, format.bits);
  std::uint64_t i = 0;
  for (const std::uint8_t* row = bytes.data(); i < data.size(); row += row_bytes) {
    for (std::uint64_t j = 0; j < row_elements; ++j, ++i) {
      data[i] = unpack_element(row, j, format);
    }
  }
  return data;
}

}  // namespace systole

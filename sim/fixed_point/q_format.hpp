#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/network/tensor.hpp"

namespace systole {

/// Fixed-point numbers: integers q of `bits` bits that stand for q * 2^-fraction_bits.
///
/// By name "Qm.n", signed, m integer bits beside the sign and n fraction bits, m + n + 1 in all;
/// "UQm.n", unsigned, m + n bits; or "(total, fraction)", signed, whose binary point may lie
/// outside the number. 1 to 16 bits.
struct QFormat {
  std::uint8_t bits = 8;
  std::int32_t fraction_bits = 0;
  bool is_signed = true;

  ElementFormat element() const { return {bits, is_signed}; }
  double step() const;  ///< 2^-fraction_bits, the scale of a tensor of such numbers

  bool operator==(const QFormat& o) const {
    return bits == o.bits && fraction_bits == o.fraction_bits && is_signed == o.is_signed;
  }
};

/// Nothing for a text that is no such name. Unsigned ones have no name of the second kind.
std::optional<QFormat> parse_q_format(const std::string& text);

}  // namespace systole

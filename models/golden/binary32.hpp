#pragma once

#include <cstdint>

namespace systole::golden {

/// A number of IEEE 754 binary32 as integers: significand * 2^exponent, |significand| < 2^24.
/// Exponents have no bounds: neither subnormals nor infinities come up between integers and
/// scales of is_requant_scale. All operations round to the nearest, ties to even.
struct Binary32 {
  std::int64_t significand = 0;
  std::int32_t exponent = 0;
};

Binary32 to_binary32(std::int64_t value);
Binary32 to_binary32(float value);  ///< exact; must be finite and no subnormal

Binary32 product(Binary32 a, Binary32 b);
Binary32 sum(Binary32 a, Binary32 b);

/// The nearest integer; at most 2^62 in magnitude.
std::int64_t to_integer(Binary32 value);

}  // namespace systole::golden

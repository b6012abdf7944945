#pragma once

#include <cstdint>
#include <type_traits>

namespace systole {

/// a / b, in the type that it has; neither is negative. In 32 bits where these will do: many a
/// processor takes three times as long for 64.
template <typename A, typename B>
constexpr std::common_type_t<A, B> quotient(A a, B b) {
  const auto wide_a = static_cast<std::uint64_t>(a);
  const auto wide_b = static_cast<std::uint64_t>(b);
  const std::uint64_t result =
      (wide_a | wide_b) >> 32U == 0
          ? static_cast<std::uint32_t>(wide_a) / static_cast<std::uint32_t>(wide_b)
          : wide_a / wide_b;
  return static_cast<std::common_type_t<A, B>>(result);
}

/// a / b, rounded up, in the type that a / b has; neither is negative.
template <typename A, typename B>
constexpr std::common_type_t<A, B> ceil_div(A a, B b) {
  using Common = std::common_type_t<A, B>;
  return quotient(static_cast<Common>(a) + static_cast<Common>(b) - 1, static_cast<Common>(b));
}

/// The next multiple of `unit`, or `a` where it is one.
template <typename A, typename B>
constexpr std::common_type_t<A, B> round_up(A a, B unit) {
  return ceil_div(a, unit) * static_cast<std::common_type_t<A, B>>(unit);
}

}  // namespace systole

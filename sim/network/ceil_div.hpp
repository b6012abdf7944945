#pragma once

#include <type_traits>

namespace systole {

/// a / b, rounded up, in the type that a / b has; neither is negative.
template <typename A, typename B>
constexpr std::common_type_t<A, B> ceil_div(A a, B b) {
  using Common = std::common_type_t<A, B>;
  return (static_cast<Common>(a) + static_cast<Common>(b) - 1) / static_cast<Common>(b);
}

/// The next multiple of `unit`, or `a` where it is one.
template <typename A, typename B>
constexpr std::common_type_t<A, B> round_up(A a, B unit) {
  return ceil_div(a, unit) * static_cast<std::common_type_t<A, B>>(unit);
}

}  // namespace systole

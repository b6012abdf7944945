#pragma once

#include <cstdint>

namespace systole {

/// A number that others are divided by again and again: a quotient is guessed with its inverse,
/// too small by 2 at most (P. Barrett, CRYPTO '86), and corrected. A division of 64 bits takes as
/// long as some twenty multiplications on many a processor.
class Divisor {
 public:
  explicit Divisor(std::uint64_t value) : value_{value}, inverse_{~std::uint64_t{0} / value} {}

  std::uint64_t value() const { return value_; }
  std::uint64_t quotient(std::uint64_t of) const {
    auto quotient = static_cast<std::uint64_t>(Wide{of} * inverse_ >> 64U);
    for (std::uint64_t rest = of - quotient * value_; rest >= value_; rest -= value_) {
      ++quotient;
    }
    return quotient;
  }
  std::uint64_t remainder(std::uint64_t of) const { return of - quotient(of) * value_; }

 private:
  __extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using): `using` has none

  std::uint64_t value_ = 1;
  std::uint64_t inverse_ = 0;
};

}  // namespace systole

#include "models/golden/fixed_point.hpp"

#include <algorithm>
#include <limits>

#include "models/golden/wrap.hpp"

namespace systole::golden {
namespace {

constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();

// SaturatingRoundingMultiplyByPOT with a positive exponent.
std::int32_t shift_left_saturating(std::int32_t value, std::int32_t bits) {
  const std::int32_t threshold = (1 << (31 - bits)) - 1;
  if (value > threshold) {
    return kMax;
  }
  return value < -threshold ? kMin : shift_left_wrapping(value, bits);
}

std::int32_t half_of_sum(std::int32_t a, std::int32_t b) {
  const std::int64_t sum = std::int64_t{a} + b;
  return static_cast<std::int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
}

// exp(x) for x in [-1/4, 0) as Q0.31: Taylor's series around -1/8.
std::int32_t exp_on_last_quarter(std::int32_t a) {
  constexpr std::int32_t kExpMinusEighth = 1895147668;
  constexpr std::int32_t kThird = 715827883;
  const std::int32_t x = add_wrapping(a, 1 << 28);
  const std::int32_t x2 = doubling_high_multiply(x, x);
  const std::int32_t x3 = doubling_high_multiply(x2, x);
  const std::int32_t x4 = doubling_high_multiply(x2, x2);
  const std::int32_t higher =
      doubling_high_multiply(add_wrapping(divide_by_power_of_two(x4, 2), x3), kThird);
  const std::int32_t tail = divide_by_power_of_two(add_wrapping(higher, x2), 1);
  return add_wrapping(kExpMinusEighth,
                      doubling_high_multiply(kExpMinusEighth, add_wrapping(x, tail)));
}

}  // namespace

std::int32_t exp_on_negative_values(std::int32_t a, std::int32_t integer_bits) {
  if (a == 0) {
    return kMax;
  }
  // exp(-2^i) as Q0.31, from i = -2: the binary digits of a multiply their powers in.
  constexpr std::int32_t kPowers[] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
  const std::int32_t fraction_bits = 31 - integer_bits;
  const std::int32_t quarter = 1 << (fraction_bits - 2);
  const std::int32_t in_quarter = (a & (quarter - 1)) - quarter;
  const std::int32_t remainder = subtract_wrapping(in_quarter, a);
  std::int32_t result = exp_on_last_quarter(shift_left_saturating(in_quarter, integer_bits));
  for (std::int32_t bit = fraction_bits - 2; bit <= 30; ++bit) {
    if (((remainder >> bit) & 1) != 0) {
      result = doubling_high_multiply(result, kPowers[bit - fraction_bits + 2]);
    }
  }
  return result;
}

std::int32_t one_over_one_plus_x(std::int32_t x) {
  const std::int32_t half_denominator = half_of_sum(x, kMax);
  // 48/17 - 32/17 * d in Q2.29, the best linear guess for 1/d on [1/2, 1].
  std::int32_t guess =
      add_wrapping(1515870810, doubling_high_multiply(half_denominator, -1010580540));
  for (int step = 0; step < 3; ++step) {
    const std::int32_t error =
        subtract_wrapping(1 << 29, doubling_high_multiply(half_denominator, guess));
    guess = add_wrapping(guess, shift_left_saturating(doubling_high_multiply(guess, error), 2));
  }
  return shift_left_saturating(guess, 1);
}

}  // namespace systole::golden

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

// 2 / (1 + x) as Q2.29 for x in [0, 1) as Q0.31: the reciprocal of half the denominator.
std::int32_t reciprocal_of_half(std::int32_t x) {
  const std::int32_t half_denominator = half_of_sum(x, kMax);
  // 48/17 - 32/17 * d in Q2.29, the best linear guess for 1/d on [1/2, 1].
  std::int32_t guess =
      add_wrapping(1515870810, doubling_high_multiply(half_denominator, -1010580540));
  for (int step = 0; step < 3; ++step) {
    const std::int32_t error =
        subtract_wrapping(1 << 29, doubling_high_multiply(half_denominator, guess));
    guess = add_wrapping(guess, shift_left_saturating(doubling_high_multiply(guess, error), 2));
  }
  return guess;
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
  return shift_left_saturating(reciprocal_of_half(x), 1);
}

std::int32_t fixed_point_tanh(std::int32_t a, std::int32_t integer_bits) {
  if (a == 0) {
    return 0;
  }
  // (1 - x) / (1 + x) with x = exp(-2|a|): the same integer with one integer bit more is twice a.
  const std::int32_t x = exp_on_negative_values(a < 0 ? a : -a, integer_bits + 1);
  const std::int32_t magnitude =
      shift_left_saturating(subtract_wrapping(reciprocal_of_half(x), 1 << 29), 2);
  return a < 0 ? -magnitude : magnitude;
}

QuantizedMultiplier inverse_square_root(std::int32_t value) {
  if (value <= 1) {
    return {kMax, 0};
  }
  std::int32_t right_shift = 11;
  for (; value >= 1 << 29; value /= 4) {
    ++right_shift;
  }
  // Into [2^27, 2^29) by an even number of bits; as Q3.28 that is a half to two, halved once more.
  for (; value < 1 << 27; value *= 4) {
    --right_shift;
  }
  const std::int32_t half_input = divide_by_power_of_two(value / 2, 1);
  constexpr std::int32_t kThreeHalves = (1 << 28) + (1 << 27);
  std::int32_t x = 1 << 28;
  for (int step = 0; step < 5; ++step) {
    const std::int32_t cube =
        shift_left_saturating(doubling_high_multiply(doubling_high_multiply(x, x), x), 6);
    x = shift_left_saturating(subtract_wrapping(doubling_high_multiply(kThreeHalves, x),
                                                doubling_high_multiply(half_input, cube)),
                              3);
  }
  constexpr std::int32_t kHalfOfRootTwo = 1518500250;
  x = doubling_high_multiply(x, kHalfOfRootTwo);
  return right_shift < 0 ? QuantizedMultiplier{shift_left_wrapping(x, -right_shift), 0}
                         : QuantizedMultiplier{x, -right_shift};
}

}  // namespace systole::golden

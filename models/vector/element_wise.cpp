#include "models/vector/element_wise.hpp"

#include <algorithm>

#include "models/requant/requantize.hpp"

namespace systole {
namespace {

std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

std::int32_t wrap(std::int64_t x) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(x));
}

std::int32_t scaled_operand(std::int32_t q, std::size_t operand, const Add& add) {
  const std::int32_t centred = q - add.input_zero_point[operand];
  const Requantizer& unit = add.output;
  const RequantEntry entry{add.input[operand].multiplier, add.input[operand].exponent};
  if (unit.mode == RequantMode::ShiftOnly) {
    return wrap(scale(centred, entry, unit.mode, unit.variant, unit.rounding));
  }
  const auto shifted =
      static_cast<std::int32_t>(static_cast<std::uint32_t>(centred) << add.left_shift);
  return wrap(scale(shifted, entry, unit.mode, unit.variant, unit.rounding));
}

}  // namespace

std::int32_t add_elements(std::int32_t a, std::int32_t b, const Add& add) {
  const std::int32_t sum = wrapping_add(scaled_operand(a, 0, add), scaled_operand(b, 1, add));
  const Requantizer& unit = add.output;
  const RequantEntry entry{unit.multiplier.empty() ? 0 : unit.multiplier[0], unit.exponent[0]};
  return requantize(sum, entry, unit);
}

std::int32_t rounded_mean(std::int64_t sum, std::int64_t count) {
  const std::int64_t half = count / 2;
  return static_cast<std::int32_t>((sum > 0 ? sum + half : sum - half) / count);
}

}  // namespace systole

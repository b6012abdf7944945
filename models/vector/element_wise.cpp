#include "models/vector/element_wise.hpp"

#include <algorithm>
#include <array>

#include "models/requant/float_scale.hpp"
#include "models/requant/requantize.hpp"

namespace systole {
namespace {

std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

std::int32_t wrap(std::int64_t x) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(x));
}

std::int32_t add_floats(std::int32_t a, std::int32_t b, const Add& add) {
  const std::array<std::int32_t, 2> centred = {a - add.input_zero_point[0],
                                               b - add.input_zero_point[1]};
  const float sum = float_sum(float_product(nearest_float(centred[0]), add.input_scale[0]),
                              float_product(nearest_float(centred[1]), add.input_scale[1]));
  const Requantizer& unit = add.output;
  const std::int64_t scaled = nearest_integer(float_product(sum, unit.scale[0]));
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(scaled + unit.zero_point, unit.clamp_min, unit.clamp_max));
}

}  // namespace

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

std::int32_t add_elements(std::int32_t a, std::int32_t b, const Add& add) {
  if (add.output.mode == RequantMode::FloatScale) {
    return add_floats(a, b, add);
  }
  const std::int32_t sum = wrapping_add(scaled_operand(a, 0, add), scaled_operand(b, 1, add));
  const Requantizer& unit = add.output;
  return requantize(sum, entry_of(unit, 0), unit);
}

std::int32_t rounded_mean(std::int64_t sum, std::int64_t count) {
  const std::int64_t half = count / 2;
  return static_cast<std::int32_t>((sum > 0 ? sum + half : sum - half) / count);
}

}  // namespace systole

// The unit's arithmetic and golden's are written apart (sim/notes/0003): they must agree on every
// accumulator and every pair of constants, also where sums and products leave 32 bits.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "models/golden/operators.hpp"
#include "models/golden/requantize.hpp"
#include "models/requant/lfsr_stream.hpp"
#include "models/requant/requantize.hpp"
#include "models/vector/element_wise.hpp"

namespace systole {
namespace {

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();

Requantizer unit_of(RequantMode mode, RequantVariant variant, Rounding rounding) {
  Requantizer unit;
  unit.mode = mode;
  unit.variant = variant;
  unit.rounding = rounding;
  return unit;
}

/// Both results for one accumulator; the unit takes its constants from an entry, golden from the
/// layer.
void expect_equal(std::int32_t acc, RequantEntry entry, Requantizer unit, std::uint32_t word) {
  unit.multiplier = {entry.multiplier};
  unit.exponent = {entry.exponent};
  ASSERT_EQ(requantize(acc, entry, unit, word), golden::requantize(acc, 0, unit, word))
      << "acc " << acc << ", multiplier " << entry.multiplier << ", exponent " << entry.exponent
      << ", mode " << static_cast<int>(unit.mode) << ", variant " << static_cast<int>(unit.variant)
      << ", rounding " << static_cast<int>(unit.rounding);
}

TEST(MachineRequantize, EqualsGoldenOverAllConstants) {
  std::mt19937_64 random{5};
  const auto any32 = [&] {
    // All magnitudes alike, and the ends.
    const auto value = static_cast<std::int32_t>(static_cast<std::uint32_t>(random()));
    const auto kind = random() % 20;
    return kind == 0 ? kMin : kind == 1 ? kMax : value >> (random() % 31);
  };
  for (int i = 0; i < 1'000'000; ++i) {
    Requantizer unit = unit_of(i % 3 == 0 ? RequantMode::ShiftOnly : RequantMode::MultiplierShift,
                               i % 2 == 0 ? RequantVariant::Tflite : RequantVariant::Single,
                               static_cast<Rounding>(random() % 6));
    unit.zero_point = static_cast<std::int32_t>(random() % 256) - 128;
    // A wide clamp shows the value, the usual one what becomes of it.
    unit.clamp_min = i % 4 == 0 ? -128 : kMin;
    unit.clamp_max = i % 4 == 0 ? 127 : kMax;
    const auto multiplier = static_cast<std::int32_t>((1U << 30) + random() % (1U << 30));
    const auto exponent = static_cast<std::int32_t>(random() % 62) - 31;
    expect_equal(any32(), {random() % 50 == 0 ? 0 : multiplier, exponent}, unit,
                 static_cast<std::uint32_t>(random()));
    ASSERT_FALSE(HasFatalFailure()) << "case " << i;
  }
}

TEST(MachineRequantize, EqualsGoldenOnWideAccumulators) {
  std::mt19937_64 random{9};
  for (int i = 0; i < 1'000'000; ++i) {
    constexpr RequantMode kModes[] = {RequantMode::MultiplierShift, RequantMode::ShiftOnly,
                                      RequantMode::FloatScale};
    Requantizer unit =
        unit_of(kModes[i % 3], RequantVariant::Single, static_cast<Rounding>(random() % 6));
    unit.accumulator.bits = 64;
    unit.clamp_min = kMin;
    unit.clamp_max = kMax;
    unit.multiplier = {static_cast<std::int32_t>((1U << 30) + random() % (1U << 30))};
    unit.exponent = {static_cast<std::int32_t>(random() % 62) - 31};
    unit.scale = {
        std::ldexp(static_cast<float>(1 + random() % 3), -static_cast<int>(random() % 60))};
    const auto kind = random() % 20;
    const std::int64_t acc = kind == 0   ? std::numeric_limits<std::int64_t>::min()
                             : kind == 1 ? std::numeric_limits<std::int64_t>::max()
                                         : static_cast<std::int64_t>(random()) >> (random() % 63);
    const auto word = static_cast<std::uint32_t>(random());
    ASSERT_EQ(requantize(acc, entry_of(unit, 0), unit, word),
              golden::requantize(acc, 0, unit, word))
        << "acc " << acc << ", mode " << i % 3 << ", rounding " << static_cast<int>(unit.rounding)
        << ", multiplier " << unit.multiplier[0] << ", exponent " << unit.exponent[0];
  }
}

TEST(MachineRequantize, DrawsTheWordsThatGoldenDraws) {
  Requantizer unit;
  unit.rounding = Rounding::Stochastic;
  for (const std::uint64_t start : {std::uint64_t{1}, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
    unit.lfsr = start;
    golden::RandomWords golden{unit};
    const LfsrStream stream{start};
    for (std::uint64_t i = 0; i < 5000; ++i) {
      ASSERT_EQ(stream.word(i), golden.next()) << i;
    }
  }
}

/// Any binary32 that is_requant_scale takes, and the ends of the range.
float any_scale(std::mt19937_64& random) {
  const auto kind = random() % 20;
  if (kind < 3) {
    constexpr float kEnds[] = {0.0F, 1.17549435e-38F, 2147483520.0F};
    return kEnds[kind];
  }
  const auto significand = static_cast<float>((1U << 23) + random() % (1U << 23));
  // Most products near the integers that 32 bits hold, some far away.
  return std::ldexp(kind < 10 ? 1.0F : significand / (1U << 23),
                    static_cast<int>(random() % (kind < 12 ? 157 : 45)) - (kind < 12 ? 126 : 40));
}

TEST(MachineRequantize, EqualsGoldenOverAllFloatScales) {
  std::mt19937_64 random{7};
  for (int i = 0; i < 1'000'000; ++i) {
    Requantizer unit = unit_of(RequantMode::FloatScale, {}, {});
    unit.clamp_min = kMin;
    unit.clamp_max = kMax;
    unit.scale = {any_scale(random)};
    const auto acc =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(random())) >> (random() % 31);
    ASSERT_EQ(requantize(acc, entry_of(unit, 0), unit), golden::requantize(acc, 0, unit))
        << "acc " << acc << ", scale " << unit.scale[0];
  }
}

TEST(MachineRequantize, FloatSumsEqualGoldenOverAllScales) {
  std::mt19937_64 random{11};
  Add add;
  add.output = unit_of(RequantMode::FloatScale, {}, {});
  add.output.clamp_min = kMin;
  add.output.clamp_max = kMax;
  Tensor tensor;
  tensor.shape = {1};
  for (int i = 0; i < 300'000; ++i) {
    // Scales of one size make sums whose last bits matter, opposite signs make them cancel.
    add.input_scale = {any_scale(random), any_scale(random)};
    if (i % 2 == 0) {
      add.input_scale[1] = std::ldexp(add.input_scale[0], static_cast<int>(random() % 60) - 30);
      add.input_scale[1] = std::nextafter(add.input_scale[1], 1.0F);
    }
    if (!is_requant_scale(add.input_scale[1])) {
      continue;
    }
    add.output.scale = {i % 3 == 0 ? 1.0F : any_scale(random)};
    const TensorData a{static_cast<std::int32_t>(random() % 65536) - 32768};
    const TensorData b{i % 5 == 0 ? -a[0] : static_cast<std::int32_t>(random() % 65536) - 32768};
    ASSERT_EQ(add_elements(a[0], b[0], add),
              golden::add(add, {tensor, a}, {tensor, b}, {1}).front())
        << a[0] << " * " << add.input_scale[0] << " + " << b[0] << " * " << add.input_scale[1]
        << ", then " << add.output.scale[0];
  }
}

// A product rounded once is clamped, not cut to 32 bits first.
TEST(MachineRequantize, AProductBeyond32BitsIsClamped) {
  const Requantizer unit =
      unit_of(RequantMode::MultiplierShift, RequantVariant::Single, Rounding::NearestEven);
  EXPECT_EQ(requantize(kMax, {kMax, 5}, unit), 127);
  EXPECT_EQ(requantize(kMin, {kMax, 5}, unit), -128);
}

}  // namespace
}  // namespace systole

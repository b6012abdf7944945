#include "sim/functional/requant_rows.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "sim/functional/instruction_sets.hpp"

namespace systole {
namespace {

using Random = std::mt19937;

constexpr std::size_t kCount = 48;
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();

/// Ends, small values, and multiples of powers of two, which give ties.
std::int32_t accumulator(Random& random) {
  switch (random() % 6) {
    case 0:
      return kMax - static_cast<std::int32_t>(random() % 3);
    case 1:
      return kMin + static_cast<std::int32_t>(random() % 3);
    case 2:
      return static_cast<std::int32_t>(random() % 9) - 4;
    case 3:
      return static_cast<std::int32_t>((random() % 65) << (random() % 25)) *
             (random() % 2 == 0 ? 1 : -1);
    case 4:
      return static_cast<std::int32_t>(random() % 200000) - 100000;
    default:
      return static_cast<std::int32_t>(random());
  }
}

RequantEntry entry(RequantMode mode, Random& random) {
  RequantEntry made;
  made.exponent = static_cast<std::int32_t>(random() % 62) - 31;
  if (random() % 2 == 0) {
    made.exponent = -static_cast<std::int32_t>(random() % 12);
  }
  if (mode == RequantMode::MultiplierShift) {
    constexpr std::uint32_t kHalf = std::uint32_t{1} << 30;
    made.multiplier = static_cast<std::int32_t>(random() % 8 == 0   ? 0
                                                : random() % 3 == 0 ? kHalf
                                                                    : kHalf + random() % kHalf);
  } else if (mode == RequantMode::FloatScale) {
    made.scale = std::ldexp(1.0F + static_cast<float>(random() % 4) / 4, made.exponent);
  }
  return made;
}

Requantizer unit_of(RequantMode mode, RequantVariant variant, Rounding rounding, Random& random) {
  Requantizer unit;
  unit.mode = mode;
  unit.variant = variant;
  unit.rounding = rounding;
  unit.zero_point = static_cast<std::int32_t>(random() % 256) - 128;
  const bool wide = random() % 3 == 0;
  unit.clamp_min = wide ? -32768 : -128 + static_cast<std::int32_t>(random() % 128);
  unit.clamp_max = wide ? 32767 : 127;
  return unit;
}

void expect_what_requantize_gives(const InstructionSet& set, const Requantizer& unit,
                                  Random& random) {
  std::vector<RequantEntry> entries(random() % 2 == 0 ? 1 : kCount);
  for (RequantEntry& made : entries) {
    made = entry(unit.mode, random);
  }
  constexpr std::size_t kRows = 3, kPitch = 64;
  std::vector<std::int32_t> psums(kRows * kPitch), elements(kRows * kCount);
  std::vector<std::uint8_t> bytes(kRows * kCount);
  for (std::int32_t& psum : psums) {
    psum = accumulator(random);
  }
  RequantRows rows{unit};
  rows.set_entries(entries.data(), entries.size());
  rows.run({psums.data(), kPitch, kRows}, kCount, elements.data(), kCount);
  rows.run({psums.data(), kPitch, kRows}, kCount, bytes.data(), kCount);
  for (std::size_t i = 0; i < kRows * kCount; ++i) {
    const RequantEntry& constants = entries[entries.size() == 1 ? 0 : i % kCount];
    const std::int32_t psum = psums[i / kCount * kPitch + i % kCount];
    ASSERT_EQ(elements[i], requantize(psum, constants, unit))
        << set.name << ": accumulator " << psum << ", multiplier " << constants.multiplier
        << ", exponent " << constants.exponent << ", scale " << constants.scale << ", mode "
        << static_cast<int>(unit.mode) << ", variant " << static_cast<int>(unit.variant)
        << ", rounding " << static_cast<int>(unit.rounding);
    ASSERT_EQ(bytes[i], static_cast<std::uint8_t>(elements[i])) << set.name;
  }
}

TEST(RequantRows, AreWhatTheUnitGivesOnEveryInstructionSet) {
  for (const InstructionSet& set : instruction_sets()) {
    force(set);
    Random random{11};
    for (const RequantMode mode :
         {RequantMode::MultiplierShift, RequantMode::ShiftOnly, RequantMode::FloatScale}) {
      for (const RequantVariant variant : {RequantVariant::Tflite, RequantVariant::Single}) {
        for (const Rounding rounding : {Rounding::NearestEven, Rounding::NearestAway,
                                        Rounding::HalfUp, Rounding::Floor, Rounding::TowardZero}) {
          for (int i = 0; i < 60; ++i) {
            const Requantizer unit = unit_of(mode, variant, rounding, random);
            ASSERT_TRUE(RequantRows::takes(unit));
            expect_what_requantize_gives(set, unit, random);
            if (HasFatalFailure()) {
              return;
            }
          }
        }
      }
    }
  }
}

TEST(RequantRows, LeaveStochasticRoundingAndWideSumsToTheUnit) {
  Requantizer unit;
  EXPECT_TRUE(RequantRows::takes(unit));
  unit.accumulator.bits = 33;
  EXPECT_FALSE(RequantRows::takes(unit));
  unit.accumulator.bits = 32;
  unit.rounding = Rounding::Stochastic;
  EXPECT_FALSE(RequantRows::takes(unit));
  EXPECT_THROW(RequantRows{unit}, std::logic_error);
}

}  // namespace
}  // namespace systole

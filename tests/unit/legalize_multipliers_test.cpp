// Constants of one kind of requantization on hardware of another, or with fewer bits.

#include <gtest/gtest.h>

#include <cmath>

#include "sim/legalize/legalize.hpp"
#include "tests/support/product_network.hpp"

namespace systole {
namespace {

Network float_network(float scale) {
  Network network = product_network(1, 0, {1, 2, 3, 4}, {});
  auto& requant = std::get<FullyConnected>(network.layers[0].op).requant;
  requant = {};
  requant.mode = RequantMode::FloatScale;
  requant.scale = {scale};
  return network;
}

const Requantizer& requant_of(const Legalized& legal) {
  return std::get<FullyConnected>(legal.network.layers[0].op).requant;
}

AcceleratorConfig multipliers(std::uint32_t accumulator_bits) {
  AcceleratorConfig config;
  config.requant.variant = RequantVariant::Single;
  config.array.accumulator_bits = accumulator_bits;
  return config;
}

// A sum of 2^40 times 1.1e-10 is 121.
TEST(LegalizeMultipliers, ScalesUnderThoseOfNarrowAccumulatorsStayForWideOnes) {
  const Legalized legal = legalize(float_network(1.1e-10F), multipliers(48));
  const Requantizer& requant = requant_of(legal);
  EXPECT_EQ(real_multiplier({requant.multiplier.at(0), requant.exponent.at(0)}), double{1.1e-10F});
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].what, "rounds once (nearest_even), not as binary32 (float_scale)");
  EXPECT_FALSE(legal.notes[0].sqnr_db) << "nothing is lost";
}

TEST(LegalizeMultipliers, ScalesOutOfReachAreToldWithTheirCost) {
  const Legalized narrow = legalize(float_network(1.1e-10F), multipliers(32));
  ASSERT_EQ(narrow.notes.size(), 1U);
  EXPECT_EQ(narrow.notes[0].what,
            "rounds once (nearest_even), not as binary32 (float_scale); scales beyond the range of "
            "multipliers, at worst 1 of their value off");
  EXPECT_EQ(narrow.notes[0].sqnr_db, 0.0);
  const Legalized wide = legalize(float_network(1e-18F), multipliers(64));  // 4.6 times 2^-62
  EXPECT_EQ(requant_of(wide).multiplier.at(0), 5);
  EXPECT_NEAR(wide.notes.at(0).sqnr_db.value_or(0), 21.4, 0.1);
}

TEST(LegalizeMultipliers, NarrowedOnesAreToldWithTheirCost) {
  Network network = product_network(1, 0, {1, 2, 3, 4, 5, 6, 7, 8}, {});
  auto& given = std::get<FullyConnected>(network.layers[0].op).requant;
  given.multiplier = {(1 << 30) + (1 << 23), 1 << 30};  // half a step of 8 bits more
  given.exponent = {0, 1};
  AcceleratorConfig config = multipliers(32);
  config.requant.multiplier_bits = 8;
  const Legalized legal = legalize(network, config);
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].what, "multipliers to 8 bits, at worst 0.0078 of their value off");
  const double first = 0.5 + std::ldexp(1.0, -8);
  EXPECT_NEAR(legal.notes[0].sqnr_db.value_or(0),
              10 * std::log10((first * first + 1) / std::ldexp(1.0, -16)), 1e-6);
}

}  // namespace
}  // namespace systole

#include "sim/quantize/search.hpp"

#include <gtest/gtest.h>

namespace systole::quantize {
namespace {

/// Two classes whose weights are multiples of 1/3, which 3 bits hold and 4 bits do not: the image
/// is of class 1 by 5/3 to 4/3, and with steps of 1/7 both sums are 10/7.
FloatNetwork thirds() {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 6});
  FloatFullyConnected fc;
  const float a = 1.0F / 3;
  const float b = 2.0F / 3;
  fc.weight = {{2, 6}, {b, b, 0, 0, 0, 1, a, a, a, a, a, 1}};
  network.outputs = {network.add_layer("fc", fc, {in})};
  return network;
}

SearchResult searched(const SearchScheme& search) {
  FloatImages images;
  images.values = {1, 1, 1, 1, 1, 0};
  images.labels = {1};
  images.count = 1;
  Scheme scheme;
  scheme.search = search;
  BitCosts costs;
  costs.mac_pj = [](std::uint8_t a, std::uint8_t b) { return static_cast<double>(a * b); };
  costs.dram_pj_per_bit = 1;
  return search_bits(fuse(thirds()), scheme, images, costs, [](const SearchStep&) {});
}

SearchResult searched(const std::vector<std::uint8_t>& bits) {
  SearchScheme search;
  search.bits = bits;
  search.max_accuracy_loss = 0;
  return searched(search);
}

TEST(SearchTest, StepsAreTakenWhileTheLimitsHold) {
  const SearchResult result = searched({8, 3});
  EXPECT_EQ(result.unmet, "");
  EXPECT_FALSE(result.steps.empty());
  EXPECT_EQ(result.bits.weights.at("fc"), 3);
}

TEST(SearchTest, NoStepIsTakenWhereTheWidestDoNotHoldTheLimits) {
  const SearchResult result = searched({4, 3});
  EXPECT_EQ(result.unmet, "even with all at the widest, a limit does not hold");
  EXPECT_TRUE(result.steps.empty());
  EXPECT_EQ(result.bits.weights.at("fc"), 4);
  EXPECT_EQ(result.bits.activations.at("in"), 4);
}

// 12 products, 12 weights read, 6 inputs and 2 outputs written and read, a bit of each at a time.
TEST(SearchTest, EnergyIsThatOfProductsWeightsAndValues) {
  SearchScheme search;
  search.bits = {8, 4};
  search.energy_share = 0;
  const SearchResult result = searched(search);
  ASSERT_EQ(result.steps.size(), 3U) << "weights, inputs, outputs";
  const double widest = 12 * 8 * 8 + 12 * 8 + 2 * 8 * 8;
  EXPECT_DOUBLE_EQ(result.steps.back().energy_share, (12 * 4 * 4 + 12 * 4 + 2 * 8 * 4) / widest);
  EXPECT_EQ(result.unmet, "energy_share is not reached: no other step is left or holds the limits");
}

}  // namespace
}  // namespace systole::quantize

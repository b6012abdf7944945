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

SearchResult searched(const std::vector<std::uint8_t>& bits) {
  FloatImages images;
  images.values = {1, 1, 1, 1, 1, 0};
  images.labels = {1};
  images.count = 1;
  Scheme scheme;
  scheme.search.emplace();
  scheme.search->bits = bits;
  scheme.search->max_accuracy_loss = 0;
  BitCosts costs;
  costs.mac_pj = [](std::uint8_t a, std::uint8_t b) { return static_cast<double>(a * b); };
  costs.dram_pj_per_bit = 1;
  return search_bits(fuse(thirds()), scheme, images, costs, [](const SearchStep&) {});
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

}  // namespace
}  // namespace systole::quantize

#include <gtest/gtest.h>

#include "sim/legalize/legalize.hpp"
#include "sim/legalize/weight_zero_points.hpp"
#include "sim/network/refusal.hpp"

namespace systole {
namespace {

/// A product of two inputs with two channels of weights.
Network product(std::int32_t zero_point, ElementFormat format, TensorData weights) {
  Network network;
  network.tensors.resize(3);
  network.tensors[0].shape = {1, 2};
  Tensor& weight = network.tensors[1];
  weight.name = "w";
  weight.shape = {2, 2};
  weight.zero_point = zero_point;
  weight.format = format;
  if (!weights.empty()) {
    weight.data = std::move(weights);
  }
  network.tensors[2].shape = {1, 2};
  Layer layer;
  layer.name = "fc";
  FullyConnected op;
  op.requant.multiplier = {1 << 30};
  op.requant.exponent = {-8};
  layer.op = op;
  layer.inputs = {0, 1};
  layer.output = 2;
  network.inputs = {0};
  network.outputs = {2};
  network.layers = {layer};
  return network;
}

AcceleratorConfig hardware(std::uint32_t weight_bits) {
  AcceleratorConfig config;
  config.array.weight_bits = weight_bits;
  return config;
}

TEST(LegalizeWeights, AZeroPointIsTakenOffWhereTheArrayHasTheBits) {
  const Network network = product(-12, {8, true, false}, {-128, 127, -12, 0});
  const Legalized nine = legalize(network, hardware(9));
  const Tensor& weight = nine.network.tensor(1);
  EXPECT_EQ(*weight.data, (TensorData{-116, 139, 0, 12}));
  EXPECT_EQ(weight.zero_point, 0);
  EXPECT_EQ(weight.format, (ElementFormat{9, true, false}));
  ASSERT_EQ(nine.notes.size(), 1U);
  EXPECT_EQ(nine.notes[0].layer, "fc");
  EXPECT_EQ(nine.notes[0].what, "weights less their zero point -12: 9 bits in place of 8");
  const Legalized eight = legalize(network, hardware(8));
  EXPECT_EQ(eight.network.tensor(1).zero_point, -12) << "for the compiler to refuse";
  EXPECT_TRUE(eight.notes.empty());
}

TEST(LegalizeWeights, TakeNoMoreBitsThanTheirValuesNeed) {
  const Network network = product(128, {8, false, false}, {0, 255, 128, 1});
  const Legalized legal = legalize(network, hardware(8));
  EXPECT_EQ(*legal.network.tensor(1).data, (TensorData{-128, 127, 0, -127}));
  EXPECT_EQ(legal.network.tensor(1).format, (ElementFormat{8, true, false}));
  EXPECT_EQ(bits_without_zero_point(product(1, {4, true, false}, {-7, 7, 0, 0}).tensor(1)), 4U);
  EXPECT_EQ(bits_without_zero_point(product(1, {4, true, false}, {-8, 7, 0, 0}).tensor(1)), 5U);
}

TEST(LegalizeWeights, ShapesAloneTakeTheBitsOfAnyValue) {
  const Legalized legal = legalize(product(3, {8, true, false}, {}), hardware(16));
  EXPECT_EQ(legal.network.tensor(1).format.bits, 9);
  EXPECT_FALSE(legal.network.tensor(1).data);
}

// As a loader that does not keep values tells of them.
TEST(LegalizeWeights, ARangeThatIsKnownSaysWhatValuesWould) {
  Network network = product(100, {8, false, false}, {});
  network.tensors[1].range = ValueRange{0, 227};
  const Tensor weight = legalize(network, hardware(8)).network.tensor(1);
  EXPECT_EQ(weight.format, (ElementFormat{8, true, false}));
  EXPECT_EQ(weight.zero_point, 0);
  EXPECT_FALSE(weight.range) << "it was that of the values with the zero point";
  network.tensors[1].range = ValueRange{0, 228};
  EXPECT_EQ(legalize(network, hardware(8)).network.tensor(1).zero_point, 100);
}

// With data the weights of such a channel become 0, and any shift will do.
TEST(LegalizeWeights, ShapesAloneMayBeShiftedByMultipliersOfZero) {
  AcceleratorConfig shifter = hardware(8);
  shifter.requant.mode = RequantMode::ShiftOnly;
  Network network = product(0, {8, true, false}, {});
  auto& op = std::get<FullyConnected>(network.layers.front().op);
  op.requant.multiplier = {1'500'000'000, 0};
  op.requant.exponent = {-3, 0};
  const Network legal = legalize(network, shifter).network;
  const auto& shifts = std::get<FullyConnected>(legal.layers.front().op).requant;
  EXPECT_EQ(shifts.mode, RequantMode::ShiftOnly);
  EXPECT_EQ(shifts.exponent.size(), 2U);
  network.inputs.push_back(1);
  EXPECT_THROW(legalize(network, shifter), Refusal) << "weights that are computed stay";
}

TEST(LegalizeWeights, ComputedOnesKeepTheirZeroPoint) {
  Network network = product(3, {8, true, false}, {});
  network.inputs.push_back(1);
  EXPECT_EQ(legalize(network, hardware(16)).network.tensor(1).zero_point, 3);
}

}  // namespace
}  // namespace systole

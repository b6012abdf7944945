// What a unit that only shifts does to a layer's constants, and what the report says of it.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "models/golden/golden.hpp"
#include "sim/legalize/legalize.hpp"
#include "tests/support/product_network.hpp"

namespace systole {
namespace {

/// The same as a matrix product, which can have no bias.
Network as_matmul(Network network) {
  MatMul op;
  op.requant = std::get<FullyConnected>(network.layers[0].op).requant;
  network.layers[0].op = op;
  Tensor& weight = network.tensors[1];
  const TensorData rows = *weight.data;
  const std::size_t channels = rows.size() / 4;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    (*weight.data)[i % 4 * channels + i / 4] = rows[i];
  }
  weight.shape = {4, static_cast<std::int64_t>(channels)};
  return network;
}

AcceleratorConfig shifter() {
  AcceleratorConfig config;
  config.requant.mode = RequantMode::ShiftOnly;
  return config;
}

const TensorData& weights_of(const Legalized& legal) {
  return *legal.network.tensor(legal.network.layers[0].inputs[1]).data;
}

const QuantizedMultiplier kSixtyPercent = quantize_multiplier(0.6);

// Sums start at 128 * 12: twelve bits hold it, and not what more bits of the weights make of it.
TEST(LegalizeShiftOnly, ALayerWithoutBiasKeepsAsOneOfZeroWhatItsZeroPointStartsSumsAt) {
  AcceleratorConfig config = shifter();
  config.accumulators.bias_bits = 12;
  const TensorData weights{3, 3, 3, 3, 10, -7, 5, -8};
  const Legalized without = legalize(product_network(1, -128, weights, kSixtyPercent), config);
  const Legalized zero = legalize(product_network(1, -128, weights, kSixtyPercent, {0, 0}), config);
  EXPECT_EQ(weights_of(without), weights_of(zero));
  for (const TensorData& image : {TensorData{-128, -128, -128, -128}, TensorData{0, 5, 9, 127}}) {
    EXPECT_EQ(golden::run(without.network, {image})[without.network.outputs[0]],
              golden::run(zero.network, {image})[zero.network.outputs[0]]);
  }
  ASSERT_EQ(without.notes.size(), 1U) << without.notes.back().what;  // nothing has been clipped
}

TEST(LegalizeShiftOnly, AMatrixProductWhoseZeroPointFitsStillFitsWithItsNewWeights) {
  AcceleratorConfig config = shifter();
  config.accumulators.bias_bits = 12;
  const TensorData weights{3, 3, 3, 3, 10, -7, 5, -8};
  const Network network = as_matmul(product_network(1, -128, weights, kSixtyPercent));
  ASSERT_NO_THROW(legalize(network, AcceleratorConfig{config}));
  // At worst half of it: a start beyond the limit halves the weights rather than being clipped.
  EXPECT_NO_THROW(
      legalize(as_matmul(product_network(1, -128, {4, 4, 4, 3}, {1932735283, 0})), config));
}

// 255 * 49 * 3 is over 2^15, though the ends of the sums, at most 128 * 49 * 4, are not.
TEST(LegalizeShiftOnly, WeightsGrowNoFurtherThanSaturatingSumsOfRawActivationsHold) {
  Network network = product_network(1, 128, {41, 41, 41, -41}, kSixtyPercent);
  network.tensors[0].format.is_signed = false;
  AcceleratorConfig config = shifter();
  config.array.accumulator_bits = 16;
  const auto largest_part = [&](Overflow overflow) {
    config.array.overflow = overflow;
    const TensorData weights = weights_of(legalize(network, config));
    return 255 * (weights[0] + weights[1] + weights[2]);
  };
  EXPECT_LE(largest_part(Overflow::Saturate), 32767);
  EXPECT_GT(largest_part(Overflow::Wrap), 32767);
}

TEST(LegalizeShiftOnly, AMultiplierThatNoWeightTakesUpIsToldWithItsCost) {
  Network network = product_network(1, 0, {1, 0, 1, 1}, kSixtyPercent);
  network.tensors[1].format.bits = 2;  // no room for 2
  const Legalized legal = legalize(network, shifter());
  EXPECT_EQ(weights_of(legal), *network.tensor(1).data);
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].what,
            "multiplier to the nearest power of two, at worst 0.833333333 times what it was, then "
            "2^-1 to 2^-1");
  ASSERT_TRUE(legal.notes[0].sqnr_db);
  EXPECT_NEAR(*legal.notes[0].sqnr_db, 20 * std::log10(6), 1e-6);
}

// No float32 is behind it, so it is not taken for one.
TEST(LegalizeShiftOnly, AGivenMultiplierNextToAPowerOfTwoIsToldToo) {
  const Network network = product_network(1, 0, {1, 2, 3, 127}, {(1 << 30) + 500, 0});
  const Legalized legal = legalize(network, shifter());
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].what,
            "multiplier to the nearest power of two, at worst 0.999999534 times what it was, then "
            "2^-1 to 2^-1");
  EXPECT_TRUE(legal.notes[0].sqnr_db);
  EXPECT_TRUE(
      legalize(product_network(1, 0, {1, 2, 3, 127}, {1 << 30, 0}), shifter()).notes.empty());
}

// The accelerator's biases are 32 bits wide, whatever those of the file need.
TEST(LegalizeShiftOnly, BiasesAreAsWideAsTheAcceleratorsAndNotAsTheWorkloads) {
  Network narrow = product_network(1, 0, {3, -2, 1, 1}, kSixtyPercent, {100});
  Network wide = narrow;
  narrow.tensors[2].format.bits = 8;
  const Legalized of_narrow = legalize(narrow, shifter());
  const Legalized of_wide = legalize(wide, shifter());
  EXPECT_EQ(weights_of(of_narrow), weights_of(of_wide));
  EXPECT_EQ(*of_narrow.network.tensor(2).data, *of_wide.network.tensor(2).data);
  EXPECT_GT(of_narrow.network.tensor(2).data->front(), 127);
}

/// A network input times `first` and another, or `constant`, times `second`.
Network sum(double first, double second, TensorData constant = {}) {
  Network network;
  network.inputs = {add_tensor(network, {1, 4})};
  const TensorId other = add_tensor(network, {1, 4}, constant);
  if (constant.empty()) {
    network.inputs.push_back(other);
  }
  Add op;
  op.left_shift = 0;
  op.input = {quantize_multiplier(first), quantize_multiplier(second)};
  op.output.variant = RequantVariant::Single;
  op.output.multiplier = {1 << 30};
  op.output.exponent = {1};
  Layer layer;
  layer.name = "sum";
  layer.op = op;
  layer.inputs = {0, other};
  layer.output = add_tensor(network, {1, 4});
  network.outputs = {layer.output};
  network.layers.push_back(std::move(layer));
  return network;
}

// 0.01 becomes 2^-7, which adds 0.002 times its operand to an ofmap that 1 times the other makes.
TEST(LegalizeShiftOnly, TheCostOfASumIsWhatItsMultipliersDoToTheOfmap) {
  const Legalized legal = legalize(sum(1, 0.01), shifter());
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].what.substr(0, 51),
            "operand 1 to the nearest power of two, 0.78125 time");
  ASSERT_TRUE(legal.notes[0].sqnr_db);
  const double lost = 0.01 - std::ldexp(1.0, -7);
  EXPECT_NEAR(*legal.notes[0].sqnr_db, 10 * std::log10((1 + 0.0001) / (lost * lost)), 1e-4);
}

TEST(LegalizeShiftOnly, AConstantThatIsAddedTakesWhatIsLeftOfItsMultiplier) {
  const TensorData constant{100, -80, 3, 1};
  const Network network = sum(1, 0.7, constant);
  const Legalized legal = legalize(network, shifter());
  const TensorData image{10, 20, -30, 40};
  EXPECT_EQ(golden::run(legal.network, {image})[legal.network.outputs[0]],
            golden::run(network, {image})[network.outputs[0]]);  // nearest_even in both
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].what, "operand 1 times 0.7000, then 2^0");
  ASSERT_TRUE(legal.notes[0].sqnr_db);
  EXPECT_GT(*legal.notes[0].sqnr_db, 45);
  EXPECT_EQ(*network.tensor(1).data, constant);
}

// Small integers have bits to spare; 16 more of the sum's 32 are the other operand's to shift by.
TEST(LegalizeShiftOnly, AConstantThatIsAddedUsesItsIdleBitsWithinReachOfTheOthersShift) {
  const Legalized legal = legalize(sum(1, 0.7, {1, -1, 1, 1}), shifter());
  EXPECT_EQ(*legal.network.tensor(1).data, (TensorData{45, -45, 45, 45}));
  EXPECT_GT(*legal.notes.at(0).sqnr_db, 40);
  EXPECT_NO_THROW(legalize(sum(std::ldexp(1.0, 20), 0.7, {1, -1, 1, 1}), shifter()));
  EXPECT_NO_THROW(legalize(sum(1, std::ldexp(0.7, -25), {100, -1, 1, 1}), shifter()));
}

}  // namespace
}  // namespace systole

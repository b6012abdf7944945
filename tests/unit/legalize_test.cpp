#include "sim/legalize/legalize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "models/golden/golden.hpp"
#include "sim/network/refusal.hpp"
#include "tests/unit/golden_layers.hpp"

namespace systole {
namespace {

using test::Rng;

AcceleratorConfig hardware(RequantMode mode, RequantVariant variant, Rounding rounding) {
  AcceleratorConfig config;
  config.requant.mode = mode;
  config.requant.variant = variant;
  config.requant.rounding = rounding;
  return config;
}

AcceleratorConfig shifter(Rounding rounding = Rounding::NearestEven) {
  return hardware(RequantMode::ShiftOnly, RequantVariant::Single, rounding);
}

std::int32_t pick(Rng& rng, std::int32_t low, std::int32_t high) {
  return std::uniform_int_distribution<std::int32_t>{low, high}(rng);
}

double pick_real(Rng& rng, double low, double high) {
  return std::uniform_real_distribution<double>{low, high}(rng);
}

TensorData random_data(Rng& rng, std::size_t count, std::int32_t low, std::int32_t high) {
  TensorData data(count);
  std::generate(data.begin(), data.end(), [&] { return pick(rng, low, high); });
  return data;
}

// Builds networks layer by layer; scales fit the values that uniform random data gives.
class Builder {
 public:
  explicit Builder(unsigned seed) : rng_{seed} {}

  TensorId input(Shape shape, double scale, std::int32_t zero_point) {
    const TensorId id = activation("input", std::move(shape), scale, zero_point);
    network.inputs.push_back(id);
    return id;
  }

  // 3 x 3, padded, per-channel scales, ReLU if asked for; `weight_max` bounds the integers.
  TensorId conv(TensorId ifmap, std::int64_t channels, bool relu, std::int32_t weight_max = 127) {
    const Tensor in = network.tensor(ifmap);
    Conv2d op;
    op.window.kernel_h = op.window.kernel_w = 3;
    op.window.pad_top = op.window.pad_left = op.window.pad_bottom = op.window.pad_right = 1;
    op.has_bias = true;
    const Shape weight{channels, 3, 3, in.shape[3]};
    const std::int64_t products = 9 * in.shape[3];
    const std::int32_t zero_point = relu ? -128 : pick(rng_, -10, 10);
    // Standard deviation of the sum of products of two uniform variables.
    const double deviation =
        74.0 * weight_max / std::sqrt(3.0) * std::sqrt(static_cast<double>(products));
    const double weight_scale = pick_real(rng_, 0.002, 0.01);
    const double scale = double{in.scale[0]} * weight_scale * deviation / pick_real(rng_, 30, 60);
    const TensorId weights =
        constant(weight, random_data(rng_, static_cast<std::size_t>(element_count(weight)),
                                     -weight_max, weight_max));
    const auto bias_max = static_cast<std::int32_t>(deviation);
    const TensorId bias = constant(
        {channels}, random_data(rng_, static_cast<std::size_t>(channels), -bias_max, bias_max));
    network.tensors[bias].format.bits = 32;
    const TensorId ofmap =
        activation("ofmap", {in.shape[0], in.shape[1], in.shape[2], channels}, scale, zero_point);
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      const auto per_channel = static_cast<float>(weight_scale * pick_real(rng_, 0.6, 1.0));
      network.tensors[weights].scale.push_back(per_channel);
      network.tensors[bias].scale.push_back(per_channel * in.scale[0]);
      const QuantizedMultiplier q = quantize_multiplier(double{in.scale[0]} * double{per_channel} /
                                                        double{network.tensor(ofmap).scale[0]});
      op.requant.multiplier.push_back(q.multiplier);
      op.requant.exponent.push_back(q.exponent);
    }
    op.requant.zero_point = zero_point;
    add_layer("conv", op, {ifmap, weights, bias}, ofmap);
    return ofmap;
  }

  TensorId sum(TensorId first, TensorId second) {
    const Tensor a = network.tensor(first);
    const Tensor b = network.tensor(second);
    const auto sa = double{a.scale[0]};
    const auto sb = double{b.scale[0]};
    const double twice_max = 2 * std::max(sa, sb);
    Add op;
    op.input = {quantize_multiplier(sa / twice_max), quantize_multiplier(sb / twice_max)};
    op.input_zero_point = {a.zero_point, b.zero_point};
    const TensorId ofmap = activation("ofmap", a.shape, (sa + sb) * pick_real(rng_, 0.6, 1.0), 3);
    const QuantizedMultiplier q =
        quantize_multiplier(twice_max / std::ldexp(double{network.tensor(ofmap).scale[0]}, 20));
    op.output.multiplier = {q.multiplier};
    op.output.exponent = {q.exponent};
    op.output.zero_point = 3;
    add_layer("sum", op, {first, second}, ofmap);
    return ofmap;
  }

  TensorId max_pool(TensorId ifmap) {
    const Tensor in = network.tensor(ifmap);
    MaxPool op;
    op.window.kernel_h = op.window.kernel_w = op.window.stride_h = op.window.stride_w = 2;
    const TensorId ofmap =
        activation("pooled", {in.shape[0], in.shape[1] / 2, in.shape[2] / 2, in.shape[3]},
                   double{in.scale[0]}, in.zero_point);
    add_layer("pool", op, {ifmap}, ofmap);
    return ofmap;
  }

  TensorId activation(const char* name, Shape shape, double scale, std::int32_t zero_point) {
    network.tensors.push_back(
        test::tensor(std::move(shape), static_cast<float>(scale), zero_point));
    network.tensors.back().name = name;
    return network.tensors.size() - 1;
  }

  TensorId constant(Shape shape, TensorData data) {
    Tensor tensor;
    tensor.name = "constant";
    tensor.shape = std::move(shape);
    tensor.data = std::move(data);
    network.tensors.push_back(std::move(tensor));
    return network.tensors.size() - 1;
  }

  void add_layer(const char* name, LayerOp op, std::vector<TensorId> inputs, TensorId output) {
    Layer layer;
    layer.name = name;
    layer.op = std::move(op);
    layer.inputs = std::move(inputs);
    layer.output = output;
    network.layers.push_back(std::move(layer));
    network.outputs = {output};
  }

  TensorData image() {
    return random_data(rng_, static_cast<std::size_t>(network.tensor(network.inputs[0]).elements()),
                       -128, 127);
  }

  Network network;

 private:
  Rng rng_;
};

std::vector<double> real_outputs(const Network& network, const TensorData& image) {
  const TensorId id = network.outputs[0];
  const Tensor& tensor = network.tensor(id);
  const std::vector<TensorData> values = golden::run(network, {image});
  std::vector<double> reals;
  for (const std::int32_t q : values[id]) {
    reals.push_back(double{tensor.scale.at(0)} * (q - tensor.zero_point));
  }
  return reals;
}

// Signal to noise, in dB, of what the legalized network gives against the original.
double output_sqnr_db(Builder& built, const AcceleratorConfig& config) {
  const Network legal = legalize(built.network, config).network;
  const TensorData image = built.image();
  const std::vector<double> before = real_outputs(built.network, image);
  const std::vector<double> after = real_outputs(legal, image);
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    signal += before[i] * before[i];
    noise += (after[i] - before[i]) * (after[i] - before[i]);
  }
  return 10 * std::log10(signal / noise);
}

const Requantizer& requant_of(const Network& network, std::size_t layer) {
  return std::get<Conv2d>(network.layers.at(layer).op).requant;
}

TEST(Legalize, LeavesATfliteNetworkAloneOnTfliteHardware) {
  Builder built{1};
  built.conv(built.input({1, 4, 4, 2}, 0.02, 3), 4, true);
  const Legalized legal = legalize(
      built.network,
      hardware(RequantMode::MultiplierShift, RequantVariant::Tflite, Rounding::NearestEven));
  EXPECT_TRUE(legal.notes.empty());
  EXPECT_EQ(requant_of(legal.network, 0).multiplier, requant_of(built.network, 0).multiplier);
  EXPECT_EQ(requant_of(legal.network, 0).exponent, requant_of(built.network, 0).exponent);
}

TEST(Legalize, GivesEachLayerTheHardwaresRoundingAndNotesIt) {
  Builder built{2};
  built.max_pool(built.conv(built.input({1, 4, 4, 2}, 0.02, 3), 4, true));
  const Legalized legal =
      legalize(built.network,
               hardware(RequantMode::MultiplierShift, RequantVariant::Single, Rounding::HalfUp));
  EXPECT_EQ(requant_of(legal.network, 0).variant, RequantVariant::Single);
  EXPECT_EQ(requant_of(legal.network, 0).rounding, Rounding::HalfUp);
  EXPECT_EQ(requant_of(legal.network, 0).multiplier, requant_of(built.network, 0).multiplier);
  ASSERT_EQ(legal.notes.size(), 1U);  // none for the pool
  EXPECT_EQ(legal.notes[0].layer, "conv");
  EXPECT_EQ(legal.notes[0].what, "rounds once (half_up), not twice (tflite)");
}

// Every multiplier is 2^-9 already, though the scales need not be powers of two.
Network power_of_two_network(Builder& built) {
  built.conv(built.input({1, 6, 6, 3}, 0.02, 3), 5, false);
  Requantizer& requant = std::get<Conv2d>(built.network.layers[0].op).requant;
  requant.variant = RequantVariant::Single;
  requant.rounding = Rounding::NearestAway;
  requant.multiplier = {1 << 30};
  requant.exponent = {-8};
  return built.network;
}

TEST(LegalizeShiftOnly, ANetworkOfPowersOfTwoKeepsItsOutputsBitForBit) {
  Builder built{3};
  const Network network = power_of_two_network(built);
  const Legalized legal = legalize(network, shifter(Rounding::NearestAway));
  EXPECT_TRUE(legal.notes.empty());
  EXPECT_EQ(requant_of(legal.network, 0).mode, RequantMode::ShiftOnly);
  EXPECT_EQ(requant_of(legal.network, 0).exponent, std::vector<std::int32_t>{-9});
  const TensorData image = built.image();
  EXPECT_EQ(golden::run(legal.network, {image}).back(), golden::run(network, {image}).back());
}

TEST(LegalizeShiftOnly, AShiftOnlyNetworkBecomesTheSameMultiplierShiftNetwork) {
  Builder built{4};
  const Network network = power_of_two_network(built);
  const Network shifts = legalize(network, shifter(Rounding::NearestAway)).network;
  const Legalized back = legalize(shifts, hardware(RequantMode::MultiplierShift,
                                                   RequantVariant::Single, Rounding::NearestAway));
  EXPECT_TRUE(back.notes.empty());
  EXPECT_EQ(requant_of(back.network, 0).multiplier, requant_of(network, 0).multiplier);
  EXPECT_EQ(requant_of(back.network, 0).exponent, requant_of(network, 0).exponent);
}

// Both roundings of the ofmap, S^2 / 12 and up to (2 S)^2 / 12, under a signal of at least
// (30 S)^2 leave 33 dB; weights of 6 to 7 bits add noise 42 dB down. Saturation is the same in
// both.
TEST(LegalizeShiftOnly, OneLayerKeeps28DecibelsAgainstTheOriginal) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Builder built{seed};
    built.conv(built.input({1, 8, 8, 4}, 0.01 + 0.001 * seed, -3), 8, seed % 2 == 0);
    EXPECT_GT(output_sqnr_db(built, shifter()), 28) << "seed " << seed;
  }
}

// The noise of four requantizations adds up, and a sum of values that cancel has less signal.
TEST(LegalizeShiftOnly, AResidualNetworkKeeps20DecibelsAgainstTheOriginal) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Builder built{seed};
    const TensorId trunk = built.conv(built.input({1, 8, 8, 4}, 0.013, 5), 8, true);
    const TensorId branch = built.conv(trunk, 8, false);
    built.conv(built.max_pool(built.sum(trunk, branch)), 6, false);
    EXPECT_GT(output_sqnr_db(built, shifter()), 20) << "seed " << seed;
  }
}

TEST(LegalizeShiftOnly, KeepsShapesNamesAndZeroPointsAndGivesActivationsPowerOfTwoScales) {
  Builder built{5};
  const TensorId trunk = built.conv(built.input({1, 8, 8, 4}, 0.013, 5), 8, true);
  built.max_pool(built.sum(trunk, built.conv(trunk, 8, false)));
  const Network legal = legalize(built.network, shifter()).network;
  ASSERT_EQ(legal.tensors.size(), built.network.tensors.size());
  for (TensorId id = 0; id < legal.tensors.size(); ++id) {
    const Tensor& before = built.network.tensor(id);
    const Tensor& after = legal.tensor(id);
    EXPECT_EQ(after.name, before.name);
    EXPECT_EQ(after.shape, before.shape);
    EXPECT_EQ(after.zero_point, before.zero_point);
    if (!before.data && id != built.network.inputs[0]) {
      int exponent = 0;
      EXPECT_EQ(std::frexp(after.scale.at(0), &exponent), 0.5F);
      EXPECT_GE(after.scale[0], before.scale[0] * 255 / 256);
      EXPECT_LT(after.scale[0], before.scale[0] * 2);
    }
  }
  EXPECT_EQ(legal.tensor(0).scale, built.network.tensor(0).scale);  // the input's is the user's
  EXPECT_EQ(legal.tensors.back().scale, legal.tensors[legal.layers[2].output].scale);  // the pool
}

TEST(LegalizeShiftOnly, ClampsKeepTheirRealValues) {
  Builder built{6};
  const TensorId ofmap = built.conv(built.input({1, 4, 4, 2}, 0.02, 0), 2, true);
  built.network.tensors[ofmap].scale = {6.0F / 255};
  Requantizer& requant = std::get<Conv2d>(built.network.layers[0].op).requant;
  requant.clamp_min = -128;  // 0.0
  requant.clamp_max = 127;   // 6.0
  built.max_pool(ofmap);
  const Legalized legal = legalize(built.network, shifter());
  EXPECT_EQ(legal.network.tensor(ofmap).scale[0], 1.0F / 32);
  EXPECT_EQ(requant_of(legal.network, 0).clamp_min, -128);
  EXPECT_EQ(requant_of(legal.network, 0).clamp_max, 64);  // -128 + 6 * 32
  const auto& pool = std::get<MaxPool>(legal.network.layers[1].op);
  EXPECT_EQ(pool.clamp_min, -128);
  EXPECT_EQ(pool.clamp_max, 64);
}

// 1/127.5 needs all but one code of the range of 2^-7: not worth steps of twice the size.
TEST(LegalizeShiftOnly, AScaleJustOverAPowerOfTwoGoesDownToIt) {
  Builder built{7};
  const TensorId ofmap = built.conv(built.input({1, 4, 4, 2}, 0.02, 0), 2, true);
  built.network.tensors[ofmap].scale = {1 / 127.5F};
  EXPECT_EQ(legalize(built.network, shifter()).network.tensor(ofmap).scale[0], 1.0F / 128);
  built.network.tensors[ofmap].scale = {1 / 127.0F};
  EXPECT_EQ(legalize(built.network, shifter()).network.tensor(ofmap).scale[0], 1.0F / 64);
}

TEST(LegalizeShiftOnly, FoldsConstantsOfANetworkWithoutScales) {
  Builder built{8};
  const TensorId ofmap = built.conv(built.input({1, 4, 4, 2}, 0.02, 0), 2, true);
  for (Tensor& tensor : built.network.tensors) {
    tensor.scale.clear();
  }
  const Legalized legal = legalize(built.network, shifter());
  EXPECT_TRUE(legal.network.tensor(ofmap).scale.empty());
  EXPECT_EQ(requant_of(legal.network, 0).clamp_max, 127);
  ASSERT_EQ(legal.notes.size(), 1U);
  ASSERT_TRUE(legal.notes[0].sqnr_db.has_value());
  EXPECT_GT(*legal.notes[0].sqnr_db, 35);
}

TEST(LegalizeShiftOnly, AConstantSharedByTwoLayersIsCopiedBeforeItChanges) {
  Builder built{9};
  const TensorId input = built.input({1, 4, 4, 2}, 0.02, 0);
  built.conv(input, 2, true);
  Layer twin = built.network.layers[0];
  twin.name = "twin";
  twin.output = built.activation("twin", {1, 4, 4, 2}, 0.09, -128);
  std::get<Conv2d>(twin.op).requant.exponent = {-9, -8};
  built.network.layers.push_back(twin);
  const Network legal = legalize(built.network, shifter()).network;
  const Layer& first = legal.layers[0];
  const Layer& second = legal.layers[1];
  EXPECT_NE(first.inputs[1], second.inputs[1]);
  EXPECT_NE(first.inputs[2], second.inputs[2]);
  EXPECT_EQ(legal.tensor(first.inputs[1]).name, legal.tensor(second.inputs[1]).name);
  EXPECT_EQ(legal.tensors.size(), built.network.tensors.size() + 2);
}

TEST(LegalizeShiftOnly, ShapesWithoutDataBecomeShiftsToo) {
  Builder built{10};
  built.conv(built.input({1, 4, 4, 2}, 0.02, 0), 2, true);
  for (Tensor& tensor : built.network.tensors) {
    tensor.data.reset();
  }
  const Network legal = legalize(built.network, shifter()).network;
  EXPECT_EQ(requant_of(legal, 0).mode, RequantMode::ShiftOnly);
  EXPECT_EQ(requant_of(legal, 0).exponent.size(), 2U);
}

TEST(LegalizeShiftOnly, ASumNextToTheInputTakesTheNearestPowerOfTwoAndSaysSo) {
  Builder built{11};
  const TensorId input = built.input({1, 4, 4, 4}, 0.02, 0);
  const TensorId branch = built.conv(input, 4, false);
  built.network.tensors[branch].scale = {0.03125F};
  built.sum(branch, input);
  const Legalized legal = legalize(built.network, shifter());
  const auto& op = std::get<Add>(legal.network.layers[1].op);
  EXPECT_EQ(op.input[0].exponent, 1);  // 2^-5 in steps of 2^-6: 0.02 is nearer to 2^-6
  EXPECT_EQ(op.input[1].exponent, 0);
  ASSERT_EQ(legal.notes.size(), 2U);
  EXPECT_NE(legal.notes[1].what.find("operand 1 to the nearest power of two, 0.78"),
            std::string::npos)
      << legal.notes[1].what;
}

TEST(LegalizeShiftOnly, RefusesASumWhoseOperandsAreTooFarApart) {
  Builder built{12};
  const TensorId input = built.input({1, 2, 2, 1}, 1.0, 0);
  const TensorId other = built.input({1, 2, 2, 1}, std::ldexp(1.0, -23), 0);
  built.sum(input, other);
  EXPECT_THROW(legalize(built.network, shifter()), Refusal);
}

Network product_network(Builder& built, bool constant) {
  const TensorId a = built.input({3, 8}, 0.5, 1);
  const TensorId b = constant ? built.constant({8, 2}, TensorData{10, 1, -20, 2, 30, 3, -40, 4, 50,
                                                                  5, -60, 6, 70, 7, 80, 8})
                              : built.input({8, 2}, 0.3, -1);
  MatMul op;
  op.requant.multiplier = {(1 << 30) + (1 << 29)};  // 3/4
  op.requant.exponent = {-3};
  built.add_layer("product", op, {a, b}, built.activation("ofmap", {3, 2}, 1.0, 0));
  built.network.tensors.back().scale.clear();
  return built.network;
}

TEST(LegalizeShiftOnly, AProductWithAConstantFoldsByColumns) {
  Builder built{13};
  const Legalized legal = legalize(product_network(built, true), shifter());
  const auto& op = std::get<MatMul>(legal.network.layers[0].op);
  // 3/4 * 2^-3 is 3/2 * 2^-4 for the first column, whose 80 becomes 120, and 12 * 2^-7 for the
  // second; neither loses anything, so coarser factors that are exact as well come first.
  ASSERT_EQ(op.requant.exponent.size(), 2U);
  const TensorData& b = *legal.network.tensor(1).data;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double before = 0.75 / 8 * (*built.network.tensor(1).data)[i];
    EXPECT_EQ(std::ldexp(b[i], op.requant.exponent[i % 2]), before);
  }
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_FALSE(legal.notes[0].sqnr_db.has_value());  // no noise at all
}

TEST(LegalizeShiftOnly, AProductOfTwoActivationsTakesTheNearestPowerOfTwoAndSaysSo) {
  Builder built{14};
  const Legalized legal = legalize(product_network(built, false), shifter());
  const auto& op = std::get<MatMul>(legal.network.layers[0].op);
  EXPECT_EQ(op.requant.exponent, std::vector<std::int32_t>{-3});
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_NE(legal.notes[0].what.find("1.33333333 times"), std::string::npos) << legal.notes[0].what;
}

AcceleratorConfig float_machine() {
  AcceleratorConfig config;
  config.requant.mode = RequantMode::FloatScale;
  return config;
}

TEST(LegalizeFloatScale, MultipliersBecomeTheNearestFloatsAndBack) {
  Builder built{15};
  Network network = product_network(built, true);
  auto& given = std::get<MatMul>(network.layers[0].op).requant;
  given.multiplier = {(1 << 30) + 1, (1 << 30) + (1 << 6)};  // the second lies half way: to even
  given.exponent = {-3, -3};
  const Legalized legal = legalize(network, float_machine());
  const Requantizer& floats = std::get<MatMul>(legal.network.layers[0].op).requant;
  EXPECT_EQ(floats.mode, RequantMode::FloatScale);
  EXPECT_EQ(floats.scale, (std::vector<float>{0.0625F, 0.0625F}));
  EXPECT_EQ(floats.entries(), 2U);
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].what, "rounds as binary32 (float_scale), not twice (tflite)");

  const Legalized back = legalize(legal.network, AcceleratorConfig{});
  const Requantizer& integers = std::get<MatMul>(back.network.layers[0].op).requant;
  EXPECT_EQ(integers.mode, RequantMode::MultiplierShift);
  EXPECT_EQ(integers.multiplier, (std::vector<std::int32_t>{1 << 30, 1 << 30}));
  EXPECT_EQ(integers.exponent, (std::vector<std::int32_t>{-3, -3}));
  EXPECT_TRUE(integers.scale.empty());
}

TEST(LegalizeFloatScale, ASumScalesItsOperandsToTheOfmap) {
  Builder built{16};
  built.sum(built.input({1, 2, 2, 1}, 0.5, 0), built.input({1, 2, 2, 1}, 0.25, 0));
  const Legalized legal = legalize(built.network, float_machine());
  const auto& sum = std::get<Add>(legal.network.layers[0].op);
  const float ofmap = legal.network.tensor(legal.network.layers[0].output).scale[0];
  EXPECT_EQ(sum.output.scale, std::vector<float>{1.0F});
  EXPECT_NEAR(sum.input_scale[0], 0.5F / ofmap, 1e-6F / ofmap);
  EXPECT_NEAR(sum.input_scale[1], 0.25F / ofmap, 1e-6F / ofmap);
}

// x + x, of 16 bits, a quarter of each: shifted left by 20 bits the operands would wrap.
TEST(LegalizeFloatScale, WideOperandsOfASumKeepWithin32Bits) {
  Builder built{18};
  const TensorId x = built.input({1, 1, 1, 4}, 1, 0);
  built.sum(x, x);
  Layer& layer = built.network.layers.back();
  built.network.tensors[x].format.bits = 16;
  built.network.tensors[layer.output].format.bits = 16;
  auto& sum = std::get<Add>(layer.op);
  sum.output.mode = RequantMode::FloatScale;
  sum.output.scale = {1};
  sum.output.zero_point = 0;
  sum.output.clamp_max = 32767;
  sum.input_scale = {0.25F, 0.25F};
  const Network network = legalize(built.network, AcceleratorConfig{}).network;
  EXPECT_EQ(std::get<Add>(network.layers.back().op).left_shift, 14);
  EXPECT_EQ(golden::run(network, {{2048, 4096, 8192, 20000}})[layer.output],
            (TensorData{1024, 2048, 4096, 10000}));
}

TEST(LegalizeShiftOnly, TakesNetworksWithFloatScales) {
  Builder built{17};
  Network network = product_network(built, false);
  auto& given = std::get<MatMul>(network.layers[0].op).requant;
  given = {};
  given.mode = RequantMode::FloatScale;
  given.scale = {0.25F};
  const Legalized legal = legalize(network, shifter());
  const Requantizer& shifts = std::get<MatMul>(legal.network.layers[0].op).requant;
  EXPECT_EQ(shifts.mode, RequantMode::ShiftOnly);
  EXPECT_EQ(shifts.exponent, std::vector<std::int32_t>{-2});
  EXPECT_TRUE(shifts.scale.empty());
}

}  // namespace
}  // namespace systole

#include <gtest/gtest.h>

#include "models/golden/golden.hpp"
#include "sim/compiler/compiler.hpp"
#include "tests/support/compiled_network.hpp"
#include "tests/support/small_networks.hpp"

namespace systole {
namespace {

using test::NetworkBuilder;
using test::ProgramInterpreter;

AcceleratorConfig gemmini_like() {
  AcceleratorConfig config;  // 16 x 16, 256 KiB unified, 64 KiB of accumulators
  config.name = "test";
  return config;
}

TensorData ramp(std::int64_t count) {
  TensorData data(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < data.size(); ++i) {
    data[i] = static_cast<std::int32_t>(i * 37 % 251) - 125;
  }
  return data;
}

std::uint64_t total_read(const ProgramInterpreter& machine) {
  std::uint64_t read = 0;
  for (std::size_t operand = 0; operand < kOperands; ++operand) {
    read += machine.read_bytes(static_cast<Operand>(operand));
  }
  return read;
}

TEST(Mapping, EachByteIsReadOnceWhenEverythingFitsAtOnce) {
  PinnedMapping whole;
  whole.tile_oh = whole.tile_ow = 14;
  whole.tile_oc = whole.tile_ic = 64;
  const Network network = test::conv_network({1, 14, 14, 64}, 3, 64, whole);
  const Compiler compiler{network, gemmini_like()};
  const LayerMapping& mapping = compiler.mapping(0);
  EXPECT_EQ(mapping.tiles, 1);
  EXPECT_EQ(mapping.folds, 9 * 4 * 4);
  EXPECT_EQ(mapping.compulsory_read_bytes(), 14U * 14 * 64 + 9 * 64 * 64);
  EXPECT_EQ(mapping.compulsory_write_bytes(), 14U * 14 * 64);
  ProgramInterpreter machine =
      test::loaded_machine(gemmini_like(), compiler, network, {ramp(14 * 14 * 64)});
  machine.run(compiler.lower(0));
  EXPECT_EQ(total_read(machine), mapping.compulsory_read_bytes());
  EXPECT_EQ(machine.read_bytes(Operand::Weight), 9U * 64 * 64);
  EXPECT_EQ(machine.written_bytes(), mapping.compulsory_write_bytes());
}

TEST(Mapping, OneByOneConvolutionsReadEachByteOnceInTilesOfTheCompilersChoice) {
  const Network network = test::conv_network({1, 28, 28, 64}, 1, 64);
  const Compiler compiler{network, gemmini_like()};
  EXPECT_GT(compiler.mapping(0).tiles, 1);  // so that loads, folds and stores overlap
  EXPECT_TRUE(compiler.mapping(0).double_buffered_ifmap);
  EXPECT_TRUE(compiler.mapping(0).double_buffered_accumulators);
  ProgramInterpreter machine =
      test::loaded_machine(gemmini_like(), compiler, network, {ramp(28 * 28 * 64)});
  machine.run(compiler.lower(0));
  EXPECT_EQ(total_read(machine), compiler.mapping(0).compulsory_read_bytes());
}

// Two pixels of a row fit; where the row below would begin does not fit 32 bits.
TEST(Mapping, AStrideMayPlaceTheNextRowBeyondAnyMemory) {
  constexpr std::int64_t kStride = 1 << 18;
  NetworkBuilder builder;
  const TensorId in = builder.input({1, 4, 4, 4});
  Conv2d op;
  op.window.stride_h = op.window.stride_w = kStride;
  op.window.pad_bottom = op.window.pad_right = kStride - 1;
  op.requant = test::one_scale();
  PinnedMapping row;
  row.tile_oh = 1;
  row.tile_ow = 2;
  builder.layer("far", op, {in, builder.constant({4, 3, 3, 4})}, builder.activation({1, 2, 2, 4}))
      .mapping = row;
  AcceleratorConfig config = gemmini_like();
  config.scratchpad.activation.capacity_kib = 32 * 1024;
  const Compiler compiler{builder.network(), config};
  EXPECT_EQ(compiler.mapping(0).tiles, 2);
  EXPECT_NO_THROW(compiler.lower(0));
}

TEST(Mapping, StridedOneByOneConvolutionsLoadNoPixelThatTheySkip) {
  NetworkBuilder builder;
  const TensorId in = builder.input({1, 8, 8, 16});
  Conv2d op;
  op.window.stride_h = op.window.stride_w = 2;
  op.requant = test::one_scale();
  builder.layer("down", op, {in, builder.constant({16, 1, 1, 16})},
                builder.activation({1, 4, 4, 16}));
  const Compiler compiler{builder.network(), gemmini_like()};
  ProgramInterpreter machine =
      test::loaded_machine(gemmini_like(), compiler, builder.network(), {ramp(8 * 8 * 16)});
  machine.run(compiler.lower(0));
  EXPECT_EQ(machine.read_bytes(Operand::Ifmap), 4U * 4 * 16);
}

TEST(Mapping, PinnedTilesAreTakenAsTheyAre) {
  PinnedMapping pinned;
  pinned.tile_oh = 5;
  pinned.tile_ow = 7;
  pinned.tile_oc = 16;
  pinned.tile_ic = 32;
  const Compiler compiler{test::conv_network({1, 14, 14, 64}, 3, 48, pinned), gemmini_like()};
  const LayerMapping& mapping = compiler.mapping(0);
  EXPECT_EQ(mapping.tile_oh, 5);
  EXPECT_EQ(mapping.tile_ow, 7);
  EXPECT_EQ(mapping.tile_oc, 16);
  EXPECT_EQ(mapping.tile_ic, 32);
  EXPECT_EQ(mapping.tiles, 3 * 2 * 3);
  EXPECT_EQ(mapping.folds, 3 * 2 * 3 * 9 * 4);
}

/// A first layer: 3 channels, 7 x 7, every second pixel, as ResNet's.
Network first_layer(std::optional<bool> pack_taps) {
  NetworkBuilder builder;
  const TensorId in = builder.input({1, 28, 28, 3}, -3);
  Conv2d op;
  op.window.kernel_h = op.window.kernel_w = 7;
  op.window.stride_h = op.window.stride_w = 2;
  op.window.pad_top = op.window.pad_left = 3;
  op.window.pad_bottom = op.window.pad_right = 2;
  op.requant = test::one_scale();
  builder
      .layer("conv1", op, {in, builder.constant({16, 7, 7, 3})},
             builder.activation({1, 14, 14, 16}))
      .mapping.pack_taps = pack_taps;
  return builder.network();
}

TEST(Mapping, PackedTapsFillTheRowsThatFewChannelsLeaveIdle) {
  const Network packed = first_layer(true);
  const Network plain = first_layer(false);
  const Compiler with{packed, gemmini_like()};
  const Compiler without{plain, gemmini_like()};
  EXPECT_EQ(with.mapping(0).packed_taps, 7);
  EXPECT_EQ(without.mapping(0).packed_taps, 1);
  EXPECT_EQ(with.mapping(0).folds / with.mapping(0).tiles, 7 * 2) << "21 channels in 16 rows";
  EXPECT_EQ(without.mapping(0).folds / without.mapping(0).tiles, 7 * 7);
  const TensorData image = ramp(28 * 28 * 3);
  for (const auto* compiled : {&with, &without}) {
    const Network& network = compiled == &with ? packed : plain;
    ProgramInterpreter machine = test::loaded_machine(gemmini_like(), *compiled, network, {image});
    machine.run(compiled->lower(0));
    EXPECT_EQ(test::read_tensor(machine, *compiled, network, network.outputs.front()),
              golden::run(network, {image}).at(network.outputs.front()));
  }
}

TEST(Mapping, TapsArePackedByThemselvesWhereThatIsFaster) {
  AcceleratorConfig config = gemmini_like();
  config.compiler.pack_taps = true;
  EXPECT_EQ((Compiler{first_layer(std::nullopt), config}.mapping(0).packed_taps), 7);
  EXPECT_EQ((Compiler{first_layer(false), config}.mapping(0).packed_taps), 1);
  const Network full_rows = test::conv_network({1, 14, 14, 64}, 3, 16);
  EXPECT_EQ((Compiler{full_rows, config}.mapping(0).packed_taps), 1);
}

/// 3 x 3 taps in groups.
Network grouped_layer(std::int64_t channels, std::int64_t groups, DepthwiseMapping mapping) {
  NetworkBuilder builder;
  const TensorId in = builder.input({1, 6, 6, channels}, 5);
  Conv2d op;
  op.window.kernel_h = op.window.kernel_w = 3;
  op.groups = groups;
  op.requant = test::one_scale();
  Layer& layer =
      builder.layer("dw", op, {in, builder.constant({channels, 3, 3, channels / groups})},
                    builder.activation({1, 4, 4, channels}));
  layer.mapping.depthwise = mapping;
  layer.mapping.tile_oh = layer.mapping.tile_ow = 4;
  return builder.network();
}

TEST(Mapping, DepthwiseChannelsSideBySideOrOneAfterAnother) {
  const Network side_by_side = grouped_layer(32, 32, DepthwiseMapping::Diagonal);
  const Network one_by_one = grouped_layer(32, 32, DepthwiseMapping::Column);
  EXPECT_EQ((Compiler{side_by_side, gemmini_like()}.mapping(0).folds), 9 * 2);
  EXPECT_EQ((Compiler{one_by_one, gemmini_like()}.mapping(0).folds), 9 * 32);
  AcceleratorConfig gathers = gemmini_like();
  gathers.array.gather_rows = 9;
  EXPECT_EQ((Compiler{one_by_one, gathers}.mapping(0).folds), 32) << "9 taps down the rows";
}

// Bytes of the ifmap that the vector unit's tiles load, a memory too small for the whole of it.
std::uint64_t loaded_by_vector_unit(Objective objective, bool pooling) {
  NetworkBuilder builder;
  const TensorId in = builder.input({1, 56, 56, 32});
  if (pooling) {
    MaxPool op;
    op.window.kernel_h = op.window.kernel_w = 5;
    op.window.pad_top = op.window.pad_bottom = op.window.pad_left = op.window.pad_right = 2;
    builder.layer("pool", op, {in}, builder.activation({1, 56, 56, 32}));
  } else {
    Conv2d op;
    op.groups = 32;
    op.window.kernel_h = op.window.kernel_w = 5;
    op.window.pad_top = op.window.pad_bottom = op.window.pad_left = op.window.pad_right = 2;
    op.requant = test::one_scale();
    builder.layer("depthwise", op, {in, builder.constant({32, 5, 5, 1})},
                  builder.activation({1, 56, 56, 32}));
  }
  AcceleratorConfig config = gemmini_like();
  config.scratchpad.activation.capacity_kib = 16;
  config.compiler.depthwise = DepthwiseMapping::Vector;
  config.compiler.objective = objective;
  config.vector.mac_lanes = 16;
  const Compiler compiler{builder.network(), config};
  ProgramInterpreter machine =
      test::loaded_machine(config, compiler, builder.network(), {ramp(56 * 56 * 32)});
  machine.run(compiler.lower(0));
  return machine.read_bytes(Operand::Ifmap);
}

TEST(Mapping, TilesOfTheVectorUnitLoadLessWhereTrafficIsTheObjective) {
  for (const bool pooling : {true, false}) {
    EXPECT_LT(loaded_by_vector_unit(Objective::Traffic, pooling),
              loaded_by_vector_unit(Objective::Cycles, pooling))
        << (pooling ? "pooling" : "depthwise");
  }
}

TEST(Mapping, WhatStaysInTheScratchpadIsNotDoubleBuffered) {
  NetworkBuilder builder;
  const TensorId in = builder.input({1, 16, 16, 32});
  const auto pool = [&](const char* name, TensorId from, std::int64_t size) {
    MaxPool op;
    op.window.kernel_h = op.window.kernel_w = 2;
    op.window.stride_h = op.window.stride_w = 2;
    const TensorId to = builder.activation({1, size, size, 32});
    builder.layer(name, op, {from}, to);
    return to;
  };
  pool("second", pool("first", in, 8), 4);
  AcceleratorConfig config = gemmini_like();
  config.compiler.fusion = Fusion::Keep;
  const Compiler compiler{builder.network(), config};
  EXPECT_TRUE(compiler.mapping(0).double_buffered_ifmap);
  EXPECT_EQ(compiler.mapping(1).compulsory(Operand::Ifmap), 0U);
  EXPECT_FALSE(compiler.mapping(1).double_buffered_ifmap);
}

TEST(Mapping, OfTheCandidatesTheOneThatTheClockCallsFastestIsTakenAndAskedForOnce) {
  const Network network = test::conv_network({1, 28, 28, 64}, 3, 64);
  AcceleratorConfig config = gemmini_like();
  const std::size_t estimated = Compiler{network, config}.lower(0).commands.size();
  config.compiler.candidates = 6;
  std::vector<std::uint64_t> answers;
  const Compiler compiler{network, config, [&](const PackedProgram& program) {
                            answers.push_back(program.commands.size());
                            return answers.back();
                          }};
  EXPECT_EQ(answers.size(), 6);
  EXPECT_EQ(answers.front(), estimated) << "the best by the estimate comes first";
  EXPECT_EQ(compiler.lower(0).commands.size(), *std::min_element(answers.begin(), answers.end()));
  EXPECT_EQ((Compiler{network, config}.lower(0).commands.size()), estimated) << "without a clock";
}

TEST(Mapping, GroupsOneAfterAnotherHaveFoldsWithoutZeros) {
  const Network network = grouped_layer(32, 4, DepthwiseMapping::Column);
  EXPECT_EQ((Compiler{network, gemmini_like()}.mapping(0).folds), 9 * 4);
  EXPECT_TRUE((Compiler{network, gemmini_like()}.mapping(0).one_group_a_block));
}

TEST(Mapping, TapsComeInStepsWhereTheirWeightsDoNotFitTwice) {
  AcceleratorConfig config = gemmini_like();
  config.scratchpad.organization = ScratchpadOrganization::Split;
  config.scratchpad.weight.capacity_kib = 1;  // 64 rows; 9 taps of 16 channels are 144
  config.scratchpad.weight.banks = 1;
  const Network network = test::conv_network({1, 6, 6, 16}, 3, 16);
  const Compiler compiler{network, config};
  EXPECT_LE(compiler.mapping(0).tile_taps, 4);
  const TensorData image = ramp(6 * 6 * 16);
  ProgramInterpreter machine = test::loaded_machine(config, compiler, network, {image});
  machine.run(compiler.lower(0));
  EXPECT_EQ(test::read_tensor(machine, compiler, network, network.outputs.front()),
            golden::run(network, {image}).at(network.outputs.front()));
}

/// Two branches of 1 x 1 and 3 x 3, put together and read again, as SqueezeNet's.
Network fire(bool read_by_a_sum) {
  NetworkBuilder builder;
  const TensorId in = builder.input({1, 5, 5, 8});
  std::vector<TensorId> branches;
  for (const std::int64_t kernel : {1, 3}) {
    Conv2d op;
    op.window.kernel_h = op.window.kernel_w = kernel;
    op.window.pad_top = op.window.pad_left = op.window.pad_bottom = op.window.pad_right =
        kernel / 2;
    op.requant = test::one_scale();
    branches.push_back(builder.activation({1, 5, 5, 11 * kernel}));
    builder.layer("expand" + std::to_string(kernel), op,
                  {in, builder.constant({11 * kernel, kernel, kernel, 8})}, branches.back());
  }
  const TensorId joined = builder.activation({1, 5, 5, 44});
  builder.layer("concat", Concat{3}, branches, joined);
  Conv2d squeeze;
  squeeze.requant = test::one_scale();
  builder.layer("squeeze", squeeze, {joined, builder.constant({6, 1, 1, 44})},
                builder.activation({1, 5, 5, 6}));
  if (read_by_a_sum) {
    Add add;
    add.input = {QuantizedMultiplier{1 << 30, 0}, QuantizedMultiplier{1 << 30, 0}};
    add.output = test::one_scale();
    builder.layer("sum", add, {branches[0], branches[0]}, builder.activation({1, 5, 5, 11}));
  }
  return builder.network();
}

TEST(Mapping, BranchesAreWrittenStraightIntoTheirConcatenation) {
  const Network network = fire(false);
  const Compiler compiler{network, gemmini_like()};
  ASSERT_TRUE(compiler.is_in_place(2));
  const TensorPlacement& whole = compiler.placement(network.layers[2].output);
  const TensorPlacement& second = compiler.placement(network.layers[1].output);
  EXPECT_EQ(second.address, whole.address + 11);
  EXPECT_EQ(second.pixel_bytes, 33U);
  EXPECT_EQ(second.pixel_pitch, 44U);
  const TensorData image = ramp(5 * 5 * 8);
  ProgramInterpreter machine = test::loaded_machine(gemmini_like(), compiler, network, {image});
  for (const std::size_t layer : std::vector<std::size_t>{0, 1, 3}) {
    machine.run(compiler.lower(layer));
  }
  const auto golden = golden::run(network, {image});
  for (const Layer& layer : network.layers) {
    EXPECT_EQ(test::read_tensor(machine, compiler, network, layer.output), golden.at(layer.output))
        << layer.name;
  }
}

TEST(Mapping, ABranchThatASumReadsTooIsCopiedByTheHost) {
  const Network network = fire(true);
  const Compiler compiler{network, gemmini_like()};
  EXPECT_FALSE(compiler.is_in_place(2));
  EXPECT_EQ(compiler.placement(network.layers[1].output).pixel_pitch, 0U);
}

TEST(Mapping, ActivationsLieOnLinesOfTheirOwn) {
  const Network network = test::conv_network({1, 5, 5, 3}, 3, 7);
  const Compiler compiler{network, gemmini_like()};
  const TensorPlacement& in = compiler.placement(network.inputs[0]);
  const TensorPlacement& out = compiler.placement(network.outputs[0]);
  EXPECT_EQ(in.address % 64, 0U);
  EXPECT_EQ(out.address % 64, 0U);
  EXPECT_EQ(in.bytes, 75U);
  EXPECT_EQ(out.bytes, 175U);
  EXPECT_GE(compiler.dram_bytes(), out.address + out.bytes);
  EXPECT_THROW(compiler.placement(1), std::logic_error);  // the weights
}

TEST(Mapping, ShapesAloneGiveTheSameProgramAndAnEmptyImage) {
  Network network = test::conv_network({1, 5, 5, 3}, 3, 7);
  const std::size_t commands = Compiler{network, gemmini_like()}.lower(0).commands.size();
  network.tensors[1].data.reset();
  const Compiler compiler{network, gemmini_like()};
  EXPECT_TRUE(compiler.dram_image().empty());
  EXPECT_EQ(compiler.lower(0).commands.size(), commands);
}

/// A convolution and a depthwise one, pooled, added, flattened and classified.
Network every_operator() {
  NetworkBuilder builder;
  const TensorId image = builder.input({1, 9, 9, 3}, -4);
  const TensorId features = builder.activation({1, 9, 9, 20}, 3);
  Conv2d conv;
  conv.window.kernel_h = conv.window.kernel_w = 3;
  conv.window.pad_top = conv.window.pad_left = conv.window.pad_bottom = conv.window.pad_right = 1;
  conv.has_bias = true;
  conv.requant = test::one_scale(-8, 3);
  builder.layer("conv", conv,
                {image, builder.constant({20, 3, 3, 3}), builder.constant({20}, -900, 900)},
                features);
  const TensorId depthwise = builder.activation({1, 9, 9, 20}, -7);
  conv.groups = 20;
  conv.has_bias = false;
  conv.requant = test::one_scale(-7, -7);
  conv.requant.multiplier.assign(20, 1 << 30);
  conv.requant.exponent = {-7, -8, -6, -7, -7, -8, -6, -7, -7, -8,
                           -6, -7, -7, -8, -6, -7, -7, -8, -6, -7};
  builder.layer("depthwise", conv, {features, builder.constant({20, 3, 3, 1})}, depthwise);
  const TensorId sum = builder.activation({1, 9, 9, 20}, 1);
  Add add;
  add.input = {QuantizedMultiplier{1 << 30, 0}, quantize_multiplier(0.4)};
  add.input_zero_point = {3, -7};
  add.output = test::one_scale(-18, 1);
  builder.layer("sum", add, {features, depthwise}, sum);
  const TensorId pooled = builder.activation({1, 4, 4, 20}, 1);
  MaxPool pool;
  pool.window.kernel_h = pool.window.kernel_w = 3;
  pool.window.stride_h = pool.window.stride_w = 2;
  builder.layer("pool", pool, {sum}, pooled);
  const TensorId flat = builder.activation({1, 320}, 1);
  builder.layer("flat", Reshape{}, {pooled}, flat);
  FullyConnected fc;
  fc.requant = test::one_scale(-9, 0);
  builder.layer("classes", fc, {flat, builder.constant({10, 320})}, builder.activation({1, 10}));
  return builder.network();
}

TEST(Compiler, NetworkOfEveryOperatorEqualsGolden) {
  const Network network = every_operator();
  const std::vector<TensorData> inputs = {ramp(9 * 9 * 3)};
  const std::vector<TensorData> expected = golden::run(network, inputs);
  const Compiler compiler{network, gemmini_like()};
  ProgramInterpreter machine = test::loaded_machine(gemmini_like(), compiler, network, inputs);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    machine.run(compiler.lower(i));
    const TensorId output = network.layers[i].output;
    EXPECT_EQ(test::read_tensor(machine, compiler, network, output), expected[output])
        << network.layers[i].name;
  }
}

TEST(Compiler, ReshapeIsAnotherNameForTheSameBytes) {
  const Network network = every_operator();
  const Compiler compiler{network, gemmini_like()};
  const Layer& reshape = network.layers[4];
  EXPECT_EQ(compiler.placement(reshape.output).address,
            compiler.placement(reshape.inputs[0]).address);
  EXPECT_TRUE(compiler.lower(4).commands.empty());
}

TEST(Compiler, ConstantOperandsOfTheVectorUnitAreInTheImage) {
  NetworkBuilder builder;
  const TensorId in = builder.input({1, 2, 2, 5});
  Add add;
  add.input = {QuantizedMultiplier{1 << 30, 0}, QuantizedMultiplier{1 << 30, 0}};
  add.output = test::one_scale(-18);
  const TensorId out = builder.activation({1, 2, 2, 5});
  builder.layer("offset", add, {in, builder.constant({1, 2, 2, 5})}, out);
  const Network& network = builder.network();
  const Compiler compiler{network, gemmini_like()};
  ProgramInterpreter machine = test::loaded_machine(gemmini_like(), compiler, network, {ramp(20)});
  machine.run(compiler.lower(0));
  EXPECT_EQ(test::read_tensor(machine, compiler, network, out),
            golden::run(network, {ramp(20)}).at(out));
}

// Its stores take longer than its loads: each sum must leave the scratchpad before the next one
// takes its rows.
TEST(Compiler, ResidualSumsWaitForStoresThatAreSlow) {
  AcceleratorConfig config = gemmini_like();
  config.dma.max_outstanding_writes = 1;
  NetworkBuilder builder;
  const Shape shape{1, 8, 8, 128};
  const TensorId in = builder.input(shape);
  Add add;
  add.input = {QuantizedMultiplier{1 << 30, 0}, QuantizedMultiplier{1 << 30, 0}};
  add.output = test::one_scale(-18);
  const TensorId out = builder.activation(shape);
  builder.layer("sum", add, {in, builder.constant(shape)}, out);
  const Network& network = builder.network();
  const Compiler compiler{network, config};
  EXPECT_EQ(compiler.mapping(0).tiles, 8);
  ProgramInterpreter machine = test::loaded_machine(config, compiler, network, {ramp(8192)});
  machine.run(compiler.lower(0));
  EXPECT_EQ(test::read_tensor(machine, compiler, network, out),
            golden::run(network, {ramp(8192)}).at(out));
}

}  // namespace
}  // namespace systole

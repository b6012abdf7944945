#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "sim/compiler/compiler.hpp"
#include "tests/support/small_networks.hpp"

namespace systole {
namespace {

using test::NetworkBuilder;

AcceleratorConfig small_machine() {
  AcceleratorConfig config;  // 16 x 16
  config.name = "small";
  config.scratchpad.organization = ScratchpadOrganization::Split;
  config.scratchpad.activation.capacity_kib = 8;
  config.scratchpad.weight.capacity_kib = 8;
  config.accumulators.capacity_kib = 4;
  return config;
}

std::string refusal(const Network& network, const AcceleratorConfig& config) {
  try {
    const Compiler compiler{network, config};
  } catch (const CompileError& error) {
    return error.what();
  }
  return "";
}

TEST(Refusal, NamesTheScratchpadThatIsTooSmallForTheSmallestTile) {
  EXPECT_EQ(refusal(test::conv_network({1, 64, 64, 16}, 23, 16), small_machine()),
            "layer 'conv1': scratchpad: needs 8,464 bytes, has 8,192 bytes");
}

TEST(Refusal, NamesTheWeightScratchpad) {
  AcceleratorConfig config = small_machine();
  config.scratchpad.activation.capacity_kib = 64;
  PinnedMapping mapping;
  mapping.tile_ic = 1024;
  EXPECT_EQ(refusal(test::conv_network({1, 8, 8, 1024}, 1, 16, mapping), config),
            "layer 'conv1': mapping: weight scratchpad: needs 1,024 rows, has 512 rows");
}

TEST(Refusal, CountsIfmapAndWeightsTogetherInAUnifiedScratchpad) {
  AcceleratorConfig config = small_machine();
  config.scratchpad.organization = ScratchpadOrganization::Unified;
  PinnedMapping mapping;
  mapping.tile_ic = 256;
  EXPECT_EQ(refusal(test::conv_network({1, 64, 64, 256}, 5, 16, mapping), config),
            "layer 'conv1': mapping: scratchpad: needs 656 rows, has 512 rows");
}

// With the key for all layers such a layer stays in the array.
TEST(Refusal, OfAPinToTheVectorUnitForWhatItDoesNotRun) {
  AcceleratorConfig config;
  config.vector.mac_lanes = 16;
  const auto multiplied = [](std::int64_t channels, std::int64_t outputs, bool pinned) {
    NetworkBuilder builder;
    Conv2d op;
    op.groups = channels;
    op.requant = test::one_scale();
    const TensorId in = builder.input({1, 4, 4, channels});
    Layer& layer = builder.layer("dw", op, {in, builder.constant({outputs, 1, 1, 1})},
                                 builder.activation({1, 4, 4, outputs}));
    if (pinned) {
      layer.mapping.depthwise = DepthwiseMapping::Vector;
    }
    return builder.network();
  };
  const std::string what =
      "layer 'dw': mapping.depthwise: vector runs layers of two or more channels, each a group "
      "with one output channel; this one has ";
  EXPECT_EQ(refusal(multiplied(32, 64, true), config),
            what + "32 input and 64 output channels, groups: 32");
  EXPECT_EQ(refusal(multiplied(1, 1, true), config),
            what + "1 input and 1 output channels, groups: 1");
  EXPECT_EQ(refusal(multiplied(32, 32, true), config), "");
  config.compiler.depthwise = DepthwiseMapping::Vector;
  EXPECT_EQ(refusal(multiplied(32, 64, false), config), "");
}

TEST(Refusal, OfPinsThatNothingWouldFollow) {
  const auto pinned = [](auto op, const Shape& in, const Shape& out, const PinnedMapping& mapping) {
    NetworkBuilder builder;
    const TensorId image = builder.input(in);
    builder.layer("last", std::move(op), {image}, builder.activation(out)).mapping = mapping;
    return refusal(builder.network(), AcceleratorConfig{});
  };
  PinnedMapping tiles, groups, packing;
  tiles.tile_oh = 1;
  groups.depthwise = DepthwiseMapping::Column;
  packing.pack_taps = true;
  const Shape image{1, 4, 4, 16};
  EXPECT_EQ(pinned(MaxPool{}, image, image, tiles), "");
  EXPECT_EQ(pinned(MaxPool{}, image, image, groups),
            "layer 'last': mapping.depthwise: of convolutions, this is a pooling");
  EXPECT_EQ(pinned(MaxPool{}, image, image, packing),
            "layer 'last': mapping.pack_taps: of convolutions, this is a pooling");
  const Shape flat{1, 256};
  EXPECT_EQ(pinned(Reshape{}, image, flat, groups),
            "layer 'last': mapping.depthwise: of convolutions, this is a reshape");
  EXPECT_EQ(pinned(Softmax{}, flat, flat, tiles),
            "layer 'last': mapping: a layer of the host has no tiles to pin");
  EXPECT_EQ(pinned(Softmax{}, flat, flat, {}), "");
}

TEST(Refusal, OfAMappingOfGroupsWhereThereIsOne) {
  const auto pinned = [](DepthwiseMapping groups) {
    PinnedMapping mapping;
    mapping.depthwise = groups;
    return mapping;
  };
  const std::string what =
      "mapping.depthwise: of convolutions of two or more groups, this layer has one; expected no "
      "such key";
  for (const auto groups : {DepthwiseMapping::Column, DepthwiseMapping::Diagonal}) {
    EXPECT_EQ(
        refusal(test::conv_network({1, 8, 8, 16}, 3, 16, pinned(groups)), AcceleratorConfig{}),
        "layer 'conv1': " + what);
  }
  NetworkBuilder builder;
  FullyConnected op;
  op.requant = test::one_scale();
  const TensorId in = builder.input({1, 64});
  builder.layer("fc", op, {in, builder.constant({16, 64})}, builder.activation({1, 16})).mapping =
      pinned(DepthwiseMapping::Column);
  EXPECT_EQ(refusal(builder.network(), AcceleratorConfig{}), "layer 'fc': " + what);
}

TEST(Refusal, OfPackedTapsInTheVectorUnit) {
  AcceleratorConfig config;
  config.vector.mac_lanes = 16;
  config.compiler.depthwise = DepthwiseMapping::Vector;
  const auto packed = [&](bool pack_taps) {
    NetworkBuilder builder;
    Conv2d op;
    op.window.kernel_h = op.window.kernel_w = 3;
    op.groups = 32;
    op.requant = test::one_scale();
    const TensorId in = builder.input({1, 6, 6, 32});
    builder
        .layer("dw", op, {in, builder.constant({32, 3, 3, 1})}, builder.activation({1, 4, 4, 32}))
        .mapping.pack_taps = pack_taps;
    return refusal(builder.network(), config);
  };
  EXPECT_EQ(packed(true),
            "layer 'dw': mapping.pack_taps: of layers of the array, this one runs in the vector "
            "unit");
  EXPECT_EQ(packed(false), "");
}

// A network of narrow tensors has no `mapping` to mend.
TEST(Refusal, OfTheMappingOfGroupsNamesTheKeyThatAskedForIt) {
  AcceleratorConfig config;
  const auto narrow = [&](bool pinned) {
    NetworkBuilder builder;
    Conv2d op;
    op.groups = 16;
    op.requant = test::one_scale();
    const TensorId in = builder.input({1, 4, 4, 16});
    const TensorId out = builder.activation({1, 4, 4, 16});
    Layer& layer = builder.layer("dw", op, {in, builder.constant({16, 1, 1, 1})}, out);
    if (pinned) {
      layer.mapping.depthwise = DepthwiseMapping::Column;
    }
    Network network = builder.network();
    network.tensors[out].format.bits = 4;
    return refusal(network, config);
  };
  const std::string what =
      ".depthwise: column stores each group by itself, which elements narrower than a byte do not "
      "allow, expected diagonal";
  EXPECT_EQ(narrow(true), "layer 'dw': mapping" + what);
  EXPECT_EQ(narrow(false), "");
  config.compiler.depthwise = DepthwiseMapping::Column;
  EXPECT_EQ(narrow(false), "layer 'dw': compiler" + what);
}

TEST(Refusal, NamesTheLayerOnEachLine) {
  NetworkBuilder builder;
  const TensorId image = builder.input({1, 64, 64, 16});
  TensorId last = image;
  for (const char* name : {"first", "second"}) {
    AveragePool pool;
    pool.window.kernel_h = pool.window.kernel_w = 64;
    last = builder.activation({1, 1, 1, 16});
    builder.layer(name, pool, {image}, last);
  }
  const std::string line = "scratchpad: needs 65,552 bytes, has 8,192 bytes";
  EXPECT_EQ(refusal(builder.network(), small_machine()),
            "layer 'first': " + line + "\nlayer 'second': " + line);
}

TEST(Refusal, SaysHowManyRowsAPinnedTileLacks) {
  PinnedMapping mapping;
  mapping.tile_oh = 32;
  mapping.tile_ow = 32;
  EXPECT_EQ(refusal(test::conv_network({1, 32, 32, 16}, 3, 16, mapping), small_machine()),
            "layer 'conv1': mapping: scratchpad: needs 1,156 rows, has 512 rows");
  mapping.tile_oh = 8;
  EXPECT_EQ(refusal(test::conv_network({1, 32, 32, 16}, 3, 16, mapping), small_machine()),
            "layer 'conv1': mapping: accumulators: needs 256 rows, has 64 rows");
}

TEST(Refusal, TakesPinnedTilesOfWholeBlocksOnly) {
  PinnedMapping mapping;
  mapping.tile_oc = 10;
  const Network network = test::conv_network({1, 8, 8, 32}, 3, 32, mapping);
  EXPECT_EQ(refusal(network, small_machine()),
            "layer 'conv1': mapping.tile_oc: 10 is neither a multiple of array.cols (16) nor all "
            "32");
  mapping = {};
  mapping.tile_ic = 48;
  EXPECT_EQ(refusal(test::conv_network({1, 8, 8, 32}, 3, 32, mapping), small_machine()),
            "layer 'conv1': mapping.tile_ic: 48 is outside 1..32");
}

// A model that was not read from YAML has no places.
TEST(Refusal, TellsAllThatIsWrongWithAllPinnedTiles) {
  PinnedMapping mapping;
  mapping.tile_oh = 9;
  mapping.tile_ow = 10;
  mapping.tile_oc = 20;
  mapping.tile_ic = 48;
  Network network = test::conv_network({1, 8, 8, 32}, 3, 32, mapping);
  const std::string name = "layer 'conv1': ";
  const std::string oc = "20 is neither a multiple of array.cols (16) nor all 32";
  EXPECT_EQ(refusal(network, small_machine()), name + "mapping.tile_oh: 9 is outside 1..8\n" +
                                                   name + "mapping.tile_ow: 10 is outside 1..8\n" +
                                                   name + "mapping.tile_oc: " + oc + "\n" + name +
                                                   "mapping.tile_ic: 48 is outside 1..32");
  network.layers[0].mapping_places = {
      {"mapping.tile_oc", "net.yaml:7:30: layers[0].mapping.tile_oc"}};
  network.layers[0].mapping = {};
  network.layers[0].mapping.tile_oc = 20;
  EXPECT_EQ(refusal(network, small_machine()),
            "net.yaml:7:30: layers[0].mapping.tile_oc: " + name + oc);

  NetworkBuilder builder;
  TensorId last = builder.input({1, 8, 8, 32});
  for (const char* pool : {"first", "second"}) {
    const TensorId image = last;
    last = builder.activation({1, 8, 8, 32});
    PinnedMapping& pinned = builder.layer(pool, MaxPool{}, {image}, last).mapping;
    pinned.tile_ow = 9;
    pinned.tile_ic = 16;
  }
  const std::string what =
      "mapping.tile_ow: 9 is outside 1..8\nlayer 'NAME': mapping.tile_ic: pooling takes its "
      "channels from tile_oc";
  EXPECT_EQ(refusal(builder.network(), small_machine()),
            "layer 'first': " + std::regex_replace(what, std::regex{"NAME"}, "first") +
                "\nlayer 'second': " + std::regex_replace(what, std::regex{"NAME"}, "second"));
}

TEST(Refusal, NamesTheTableWhenAPinnedTileHasTooManyChannels) {
  AcceleratorConfig config = small_machine();
  config.requant.table_rows = 1;
  PinnedMapping mapping;
  mapping.tile_oc = 32;
  Network network = test::conv_network({1, 8, 8, 16}, 1, 64, mapping);
  auto& requant = std::get<Conv2d>(network.layers[0].op).requant;
  requant.multiplier.assign(64, 1 << 30);
  requant.exponent.assign(64, -9);
  EXPECT_EQ(refusal(network, config),
            "layer 'conv1': mapping: requantization table: needs 2 rows, has 1 rows");
}

TEST(Refusal, WantsNoZeroPointOnTheWeights) {
  Network network = test::conv_network({1, 8, 8, 16}, 1, 16);
  network.tensors[1].zero_point = 3;
  EXPECT_EQ(refusal(network, small_machine()),
            "layer 'conv1': weight 't1': zero point 3, expected 0, or constants that "
            "array.weight_bits (8) hold less it");
  network.tensors[1].data.reset();
  EXPECT_EQ(refusal(network, small_machine()),
            "layer 'conv1': weight 't1': zero point 3, expected 0, or constants that "
            "array.weight_bits (8) hold less it; those of shapes alone may have any value");
}

Network product_of_computed(std::int32_t zero_point) {
  NetworkBuilder builder;
  const TensorId a = builder.input({4, 16}, zero_point);
  const TensorId b = builder.input({16, 8});
  MatMul op;
  op.requant = test::one_scale();
  builder.layer("scores", op, {a, b}, builder.activation({4, 8}));
  return builder.network();
}

TEST(Refusal, WantsRoomForSumsThatOnlyTheRunKnows) {
  AcceleratorConfig config = small_machine();
  config.accumulators.bias_bits = 15;
  EXPECT_EQ(refusal(product_of_computed(8), config),
            "layer 'scores': ifmap 't0': zero point 8, times the column sums of 't1', which is "
            "computed, may not fit accumulators.bias_bits (15)");
  EXPECT_EQ(refusal(product_of_computed(7), config), "");
  config.accumulators.bias_bits = 0;
  EXPECT_EQ(refusal(product_of_computed(-128), config), "");
}

TEST(Refusal, WantsElementsNoWiderThanTheArray) {
  Network network = test::conv_network({1, 8, 8, 16}, 1, 16);
  network.tensors[0].format.bits = 16;
  EXPECT_EQ(refusal(network, small_machine()),
            "layer 'conv1': ifmap: 16-bit elements, the array has 8 bits");
}

}  // namespace
}  // namespace systole

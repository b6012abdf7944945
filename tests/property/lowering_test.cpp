#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <type_traits>
#include <variant>

#include "models/golden/golden.hpp"
#include "sim/compiler/add_lowering.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/compiler/conv_lowering.hpp"
#include "sim/compiler/pool_lowering.hpp"
#include "sim/program/command_fields.hpp"
#include "sim/program/timing_key.hpp"
#include "tests/support/compiled_network.hpp"
#include "tests/support/program_interpreter.hpp"
#include "tests/support/random_layers.hpp"

namespace systole {
namespace {

using test::LayerCase;
using test::ProgramInterpreter;

/// The layer's program gives the golden model's numbers, in its own order and in orders that
/// only the hazard ranges restrain. Layers too large for the drawn machine are drawn again.
void expect_program_equals_golden(const AcceleratorConfig& config, const LayerCase& layer_case) {
  const Network& network = layer_case.network;
  std::unique_ptr<Compiler> compiler;
  try {
    compiler = std::make_unique<Compiler>(network, config);
  } catch (const CompileError& error) {
    RC_DISCARD(error.what());
  }
  const TensorId output = network.outputs.front();
  const TensorData expected = golden::run(network, layer_case.inputs).at(output);
  const LayerProgram program = compiler->lower(0);

  ProgramInterpreter in_order = test::loaded_machine(config, *compiler, network, layer_case.inputs);
  in_order.run(program);
  RC_ASSERT(test::read_tensor(in_order, *compiler, network, output) == expected);

  const LayerMapping& mapping = compiler->mapping(0);
  RC_ASSERT(in_order.written_bytes() == mapping.compulsory_write_bytes());
  std::uint64_t read = 0;
  for (std::size_t operand = 0; operand < kOperands; ++operand) {
    read += in_order.read_bytes(static_cast<Operand>(operand));
  }
  RC_ASSERT(read >= mapping.compulsory_read_bytes());

  std::mt19937 random{7};
  for (const std::size_t entries : {std::size_t{2}, std::size_t{60}}) {
    ProgramInterpreter reordered =
        test::loaded_machine(config, *compiler, network, layer_case.inputs);
    reordered.run_reordered(program, {entries, entries, entries}, random);
    RC_ASSERT(test::read_tensor(reordered, *compiler, network, output) == expected);
  }
}

bool same(const Command& a, const Command& b) {
  return a.body.index() == b.body.index() &&
         std::visit(
             [&](const auto& body) {
               return fields(body) == fields(std::get<std::decay_t<decltype(body)>>(b.body));
             },
             a.body);
}

/// Lowers layers twice: tiles that repeat each other share their commands, or none do.
class Sharing {
 public:
  void expect_same_convolution(const AcceleratorConfig& config, const LayerCase& layer_case) {
    const Network& network = layer_case.network;
    const std::optional<ConvLayer> layer =
        as_conv(network, network.layers.at(0), run_time_tensors(network));
    const MachineLimits machine{
        config,
        layer->weight_is_activation
            ? 1
            : products_per_pe(config.array, layer->ifmap_format.bits, layer->weight_format.bits)};
    const WeightImage image = weight_image(*layer, machine);
    ConvTiling tiling;
    try {
      tiling = choose_tilings(*layer, image, machine, {}).front();
    } catch (const MappingError& error) {
      RC_DISCARD(error.what());
    }
    const auto address = [] { return *rc::gen::inRange<std::uint64_t>(0, 1U << 20U) * 64; };
    const ConvAddresses at{address(), address(), address(), address(), address()};
    expect_same_commands(
        lower_conv(*layer, image, machine, tiling, at, TimingKey{config}.alignment()),
        lower_conv(*layer, image, machine, tiling, at, 0));
  }

  void expect_same_commands(const PackedCommands& shared, const PackedCommands& in_full) {
    const std::vector<Command> got = shared.unpacked();
    const std::vector<Command> expected = in_full.unpacked();
    RC_ASSERT(got.size() == expected.size());
    RC_ASSERT(std::equal(got.begin(), got.end(), expected.begin(), same));
    for (std::uint32_t of = 0; of < shared.shared().size(); ++of) {
      const std::size_t commands = shared.shared()[of]->size();
      kept_ += commands;
      unlike_ += shared.like(of) == of ? commands : 0;
    }
    all_ += got.size();
  }

  ~Sharing() {
    std::cout << all_ << " commands from " << kept_ << " shared ones, " << unlike_
              << " without those that are alike but for local rows\n";
    EXPECT_LT(kept_, all_);
    EXPECT_LT(unlike_, kept_);
  }

 private:
  std::size_t all_ = 0;
  std::size_t kept_ = 0;
  std::size_t unlike_ = 0;
};

TEST(Lowering, TilesOfConvolutionsThatShareCommandsHaveThoseOfTilesThatDoNot) {
  Sharing sharing;
  EXPECT_TRUE(rc::check("convolutions", [&] {
    const AcceleratorConfig config = test::random_accelerator();
    sharing.expect_same_convolution(config, test::random_conv(config, *rc::gen::arbitrary<bool>()));
  }));
}

TEST(Lowering, TilesOfMatrixProductsThatShareCommandsHaveThoseOfTilesThatDoNot) {
  Sharing sharing;
  EXPECT_TRUE(rc::check("matrix products", [&] {
    const AcceleratorConfig config = test::random_accelerator();
    sharing.expect_same_convolution(config, test::random_matmul(config));
  }));
}

TEST(Lowering, TilesOfPoolsThatShareCommandsHaveThoseOfTilesThatDoNot) {
  Sharing sharing;
  EXPECT_TRUE(rc::check("pools", [&] {
    const AcceleratorConfig config = test::random_accelerator();
    const LayerCase layer_case = test::random_pool();
    const PoolLayer layer = *as_pool(layer_case.network, layer_case.network.layers.at(0));
    const MachineLimits machine{config};
    PoolTiling tiling;
    try {
      tiling = choose_pool_tilings(layer, machine, {}).front();
    } catch (const MappingError& error) {
      RC_DISCARD(error.what());
    }
    const auto lower = [&](std::uint64_t alignment) {
      return lower_pool(layer, machine, tiling, 4096, 1U << 20U, alignment);
    };
    sharing.expect_same_commands(lower(TimingKey{config}.alignment()), lower(0));
  }));
}

TEST(Lowering, ChunksOfAdditionsThatShareCommandsHaveThoseOfChunksThatDoNot) {
  Sharing sharing;
  EXPECT_TRUE(rc::check("additions", [&] {
    const AcceleratorConfig config = test::random_accelerator();
    const MachineLimits machine{config};
    const auto bytes = *rc::gen::inRange<std::uint64_t>(1, 20000);
    AddTiling tiling;
    try {
      tiling = choose_add_tiling(bytes, 8, machine);
    } catch (const MappingError& error) {
      RC_DISCARD(error.what());
    }
    const auto lower = [&](std::uint64_t alignment) {
      return lower_add(machine, tiling, {4096, 1U << 20U}, 1U << 21U, alignment);
    };
    sharing.expect_same_commands(lower(TimingKey{config}.alignment()), lower(0));
  }));
}

TEST(Lowering, AnyConvolutionEqualsGolden) {
  EXPECT_TRUE(rc::check("convolutions", [] {
    const AcceleratorConfig config = test::random_accelerator();
    expect_program_equals_golden(config, test::random_conv(config, false));
  }));
}

TEST(Lowering, AnyGroupedConvolutionEqualsGolden) {
  EXPECT_TRUE(rc::check("grouped and depthwise convolutions", [] {
    const AcceleratorConfig config = test::random_accelerator();
    expect_program_equals_golden(config, test::random_conv(config, true));
  }));
}

TEST(Lowering, AnyFullyConnectedLayerEqualsGolden) {
  EXPECT_TRUE(rc::check("fully connected layers", [] {
    const AcceleratorConfig config = test::random_accelerator();
    expect_program_equals_golden(config, test::random_fully_connected(config));
  }));
}

TEST(Lowering, AnyMatrixProductEqualsGolden) {
  EXPECT_TRUE(rc::check("matrix products", [] {
    const AcceleratorConfig config = test::random_accelerator();
    expect_program_equals_golden(config, test::random_matmul(config));
  }));
}

TEST(Lowering, AnyPoolingEqualsGolden) {
  EXPECT_TRUE(rc::check("pooling", [] {
    const AcceleratorConfig config = test::random_accelerator();
    expect_program_equals_golden(config, test::random_pool());
  }));
}

TEST(Lowering, AnyResidualSumEqualsGolden) {
  EXPECT_TRUE(rc::check("residual sums", [] {
    const AcceleratorConfig config = test::random_accelerator();
    expect_program_equals_golden(config, test::random_add(config));
  }));
}

}  // namespace
}  // namespace systole

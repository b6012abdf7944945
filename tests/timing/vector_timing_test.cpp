#include <gtest/gtest.h>

#include "sim/compiler/machine_limits.hpp"
#include "sim/compiler/vector_tiling.hpp"
#include "sim/engine/fast_engine.hpp"

namespace systole {
namespace {

AcceleratorConfig machine(std::uint32_t lanes) {
  AcceleratorConfig config;
  config.vector.lanes = lanes;
  return config;
}

/// So many maxima over two rows each of one command's `outputs`, at places of their own.
LayerProgram pools(std::uint32_t commands, std::uint32_t outputs) {
  LayerProgram program;
  for (std::uint32_t i = 0; i < commands; ++i) {
    PoolCommand pool;
    pool.tile_h = pool.kernel_h = pool.stride_h = 2;
    pool.tile_w = pool.out_w = outputs;
    pool.out_h = 1;
    pool.input_row = i * 2 * outputs;
    pool.output_row = 8192 + i * outputs;
    pool.elements = 16;
    program.commands.push_back({pool});
  }
  return program;
}

/// The compiler chooses tiles and the order of commands by it.
TEST(VectorTiming, TheCompilerKnowsFromWhenOnTheNextCommandStarts) {
  for (const std::uint32_t lanes : {16U, 8U, 3U}) {
    for (const std::uint32_t outputs : {1U, 7U}) {
      const AcceleratorConfig config = machine(lanes);
      const auto cycles = [&](std::uint32_t commands) {
        return FastEngine{config, false}.run(pools(commands, outputs)).cycles;
      };
      EXPECT_EQ(cycles(5) - cycles(4),
                vector_cycles(MachineLimits{config}, 2 * outputs, config.vector.lanes))
          << lanes << " lanes, " << outputs << " outputs";
    }
  }
}

}  // namespace
}  // namespace systole

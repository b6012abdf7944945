#include <gtest/gtest.h>

#include "sim/engine/fast_engine.hpp"
#include "sim/engine/systemc_engine.hpp"
#include "sim/top/stuck_error.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kPes = 8;  // rows and columns

AcceleratorConfig machine(Dataflow dataflow) {
  AcceleratorConfig config;
  config.array.rows = config.array.cols = kPes;
  config.array.dataflow = dataflow;
  config.array.max_compute_rows = 1 << 16;
  config.scratchpad.organization = ScratchpadOrganization::Split;
  config.scratchpad.ports = BankPorts::Dual;
  config.scratchpad.activation = {1024, 1};
  config.scratchpad.weight = {1024, 1};
  config.accumulators = {4096, 1};
  return config;
}

/// A fold that streams `length` operands, and a row for a bank that its results go to (input
/// stationary they go there block by block, and the row would find a gap).
LayerProgram long_fold(Dataflow dataflow, std::uint32_t length) {
  PreloadCommand preload;
  preload.weights = {LocalMemory::WeightScratchpad, 0};
  preload.k = dataflow == Dataflow::OutputStationary ? length : kPes;
  preload.n = dataflow == Dataflow::InputStationary ? length : kPes;
  preload.weights_pitch = preload.acc_pitch = kPes;
  ComputeCommand compute;
  compute.count_w = dataflow == Dataflow::WeightStationary ? length : kPes;
  compute.pitch_w = 1;
  compute.k = preload.k;
  compute.products.slice_pitch = kPes;
  preload.acc_rows = dataflow == Dataflow::InputStationary ? length : compute.rows();
  LoadCommand load;
  load.rows = 1;
  load.row_bytes = 4 * kPes;
  load.destination = {LocalMemory::Accumulators, 1 << 16};
  load.operand = Operand::Bias;
  LayerProgram program;
  program.commands = {{preload}, {compute}};
  if (dataflow != Dataflow::InputStationary) {
    program.commands.push_back({load});
  }
  return program;
}

/// Looks at the fast engine between two completions, at most.
std::uint64_t looks_at(Dataflow dataflow, std::uint32_t length) {
  for (std::uint64_t patience = 1;; ++patience) {
    try {
      FastEngine{machine(dataflow), false, patience}.run(long_fold(dataflow, length));
      return patience;
    } catch (const StuckError&) {
      continue;
    }
  }
}

class LongFold : public ::testing::TestWithParam<Dataflow> {};

TEST_P(LongFold, IsLookedAtNoMoreOftenThanAShortOne) {
  EXPECT_EQ(looks_at(GetParam(), 16'000), looks_at(GetParam(), 1'000));
}

TEST_P(LongFold, TakesTheSameCyclesInBothEngines) {
  const LayerProgram program = long_fold(GetParam(), 1'000);
  SystemcEngine systemc{machine(GetParam()), {}};
  FastEngine fast{machine(GetParam()), false};
  EXPECT_NO_THROW(check_same_timing(systemc.run(program), fast.run(program)));
}

INSTANTIATE_TEST_SUITE_P(OfAnyDataflow, LongFold,
                         ::testing::Values(Dataflow::WeightStationary, Dataflow::OutputStationary,
                                           Dataflow::InputStationary),
                         [](const auto& of) {
                           switch (of.param) {
                             case Dataflow::OutputStationary:
                               return "OutputStationary";
                             case Dataflow::InputStationary:
                               return "InputStationary";
                             case Dataflow::WeightStationary:
                               break;
                           }
                           return "WeightStationary";
                         });

}  // namespace
}  // namespace systole

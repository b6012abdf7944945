#include "models/array/execute_unit.hpp"

#include <deque>
#include <optional>

#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

using test::Cycles;
using test::Drain;
using test::Feed;
using test::Tally;

constexpr std::uint32_t kRows = 4;

AcceleratorConfig array_with(Overlap overlap) {
  AcceleratorConfig config;
  config.array.rows = kRows;
  config.array.cols = 4;
  config.array.overlap = overlap;
  return config;
}

/// The scratchpad takes each pair in the cycle after its push.
struct Bench {
  Bench(const Clock& clock, const AcceleratorConfig& config)
      : results_written{"results_written", clock},
        unit{"unit",
             clock,
             execute_unit_config(config),
             upstream,
             results_written.count,
             operands_stalled,
             measurements},
        commands{"commands", clock, unit.commands},
        pairs{"pairs", clock, unit.operand_read, 2},
        step_leaving{"step_leaving", clock, unit.step_leaving} {}
  /// A preload in entry e and its compute of `vectors` in entry e + 1.
  void fold(std::uint64_t cycle, std::uint32_t vectors, bool new_weights = true) {
    PreloadCommand preload;
    preload.new_weights = new_weights;
    preload.k = 3;
    preload.n = 4;
    preload.acc_rows = vectors;
    ComputeCommand compute;
    compute.count_w = vectors;
    compute.pitch_w = 1;
    compute.k = 3;
    for (const CommandBody& body : {CommandBody{preload}, CommandBody{compute}}) {
      bodies.push_back({body});
      commands.at(cycle, {&bodies.back(), static_cast<std::uint32_t>(bodies.size())});
    }
  }
  Cycles ifmap_cycles() const {
    Cycles cycles;
    for (const auto& pair : pairs.got) {
      if (pair.item.ifmap.valid) {
        cycles.push_back(pair.cycle);
      }
    }
    return cycles;
  }
  Cycles weight_cycles() const {
    Cycles cycles;
    for (const auto& pair : pairs.got) {
      if (pair.item.weight.valid) {
        cycles.push_back(pair.cycle);
      }
    }
    return cycles;
  }
  std::uint64_t booked(Cause cause) const {
    return measurements.ledger.at(LedgerUnit::Array, cause);
  }

  Measurements measurements;
  Wire<Cause> upstream{Cause::Idle};
  Tally results_written;
  Wire<bool> operands_stalled{false};
  ExecuteUnit unit;
  Feed<IssuedCommand> commands;
  Drain<OperandPair> pairs;
  Feed<StepLeaving> step_leaving;
  std::deque<Command> bodies;
};

class ExecuteUnitTiming : public test::SimTest {};

/// A scratchpad that serves a pair a cycle but for one, which is served in cycle `slow_until`.
class SlowScratchpad final : public ClockedModule {
 public:
  SlowScratchpad(const sc_core::sc_module_name& name, const Clock& clock, ExecuteUnit& unit,
                 Wire<bool>& stalled)
      : ClockedModule{name, clock}, stalled_{stalled} {
    unit.operand_read(fifo_);
  }

  std::uint64_t slow = 3;  // number of that pair
  std::uint64_t slow_until = 14;
  Cycles ifmap;
  Cycles weights;

 private:
  void tick() override {
    if (!pending_ && fifo_.can_pop()) {
      pending_ = fifo_.pop();
    }
    const bool served = pending_ && (number_ != slow || now() >= slow_until);
    stalled_.write(pending_ && !served);
    if (!served) {
      return;
    }
    if (pending_->ifmap.valid) {
      ifmap.push_back(now());
    }
    if (pending_->weight.valid) {
      weights.push_back(now());
    }
    pending_.reset();
    ++number_;
  }

  Fifo<OperandPair> fifo_{"fifo", 2};
  std::optional<OperandPair> pending_;
  std::uint64_t number_ = 0;
  Wire<bool>& stalled_;
};

class ExecuteUnitOnSlowScratchpad : public test::SimTest {
 protected:
  /// A fold whose last weights are read in 14, and one whose commands are pushed from `cycle` on.
  void fold_twice(std::uint64_t cycle) {
    for (const std::uint64_t at : {std::uint64_t{5}, cycle}) {
      PreloadCommand preload;
      preload.k = kRows;
      preload.n = 4;
      preload.acc_rows = 6;
      ComputeCommand compute;
      compute.count_w = 6;
      compute.k = kRows;
      for (const CommandBody& body : {CommandBody{preload}, CommandBody{compute}}) {
        bodies.push_back({body});
        commands.at(at, {&bodies.back(), 0});
      }
    }
    run(60);
  }

  Measurements measurements;
  Wire<Cause> upstream{Cause::Idle};
  Wire<std::uint64_t> results_written{0};
  Wire<bool> stalled{false};
  ExecuteUnit unit{"unit",      clock,           execute_unit_config(array_with(Overlap::Full)),
                   upstream,    results_written, stalled,
                   measurements};
  SlowScratchpad scratchpad{"scratchpad", clock, unit, stalled};
  Feed<IssuedCommand> commands{"commands", clock, unit.commands};
  Feed<StepLeaving> step_leaving{"step_leaving", clock, unit.step_leaving};
  std::deque<Command> bodies;
};

// The compute starts in 11 alone, and its first row is looked at in 15. The second pair is here in
// 13 and 14.
TEST_F(ExecuteUnitOnSlowScratchpad, APairThatComesBeforeTheFirstRowIsLookedAtRidesAlong) {
  fold_twice(12);
  EXPECT_EQ(scratchpad.weights, (Cycles{8, 9, 10, 14, 15, 16, 17, 18}));
  EXPECT_EQ(scratchpad.ifmap, test::every(1, 15, 12));
}

TEST_F(ExecuteUnitOnSlowScratchpad, APairThatComesInThatCycleIsTooLate) {
  fold_twice(13);
  EXPECT_EQ(scratchpad.weights, (Cycles{8, 9, 10, 14, 21, 22, 23, 24}));
  EXPECT_EQ(scratchpad.ifmap, (Cycles{15, 16, 17, 18, 19, 20, 25, 26, 27, 28, 29, 30}));
}

// The first compute's last row is read in 25. The second pair is here by then, and its first row in
// front of the scratchpad.
TEST_F(ExecuteUnitOnSlowScratchpad, APairThatComesWhileTheLastRowIsReadGoesOnAtOnce) {
  scratchpad.slow = kRows + 5;
  scratchpad.slow_until = 25;
  fold_twice(23);
  EXPECT_EQ(scratchpad.ifmap, (Cycles{12, 13, 14, 15, 16, 25, 30, 31, 32, 33, 34, 35}));
  EXPECT_EQ(scratchpad.weights, (Cycles{8, 9, 10, 11, 26, 27, 28, 29}));
}

TEST_F(ExecuteUnitOnSlowScratchpad, APairThatComesACycleLaterStartsACycleLater) {
  scratchpad.slow = kRows + 5;
  scratchpad.slow_until = 25;
  fold_twice(24);
  EXPECT_EQ(scratchpad.weights, (Cycles{8, 9, 10, 11, 27, 28, 29, 30}));
}

// Commands pushed in 5, 6, 7, 8 are taken in 6, 7, 8, 9. A preload starts when its compute is here
// too: its steps are 7 to 10.
TEST_F(ExecuteUnitTiming, WeightsGoInLastRowFirstOneACycle) {
  Bench bench{clock, array_with(Overlap::Full)};
  bench.fold(5, 2);
  run(40);
  ASSERT_EQ(bench.pairs.cycles(), test::every(1, 7, 6));
  for (std::uint32_t i = 0; i < kRows; ++i) {
    EXPECT_EQ(bench.pairs.got[i].item.weight.index, kRows - 1 - i);
    EXPECT_EQ(bench.pairs.got[i].item.weight.zero, i == 0) << "row 3 lies below k = 3";
    EXPECT_EQ(bench.pairs.got[i].item.last_of_step, i == 3);
  }
  EXPECT_TRUE(bench.pairs.got[4].item.ifmap.swap);
  EXPECT_FALSE(bench.pairs.got[5].item.ifmap.swap);
  EXPECT_TRUE(bench.pairs.got[5].item.computing);
  EXPECT_TRUE(bench.pairs.got[5].item.last_of_step);
  EXPECT_EQ(bench.booked(Cause::Fill), 4U);
  EXPECT_EQ(bench.booked(Cause::BusyPartial), 2U);
}

TEST_F(ExecuteUnitTiming, WithOverlapTheNextWeightsGoInBesideTheVectors) {
  Bench bench{clock, array_with(Overlap::Full)};
  bench.fold(5, 6);
  bench.fold(5, 6);
  run(60);
  EXPECT_EQ(bench.weight_cycles(), test::every(1, 7, 8));
  EXPECT_EQ(bench.ifmap_cycles(), test::every(1, 11, 12));
}

TEST_F(ExecuteUnitTiming, WithOverlapAShortFoldTakesAsLongAsTheNextWeights) {
  Bench bench{clock, array_with(Overlap::Full)};
  bench.fold(5, 1);
  bench.fold(5, 1);
  bench.fold(5, 1);
  run(60);
  EXPECT_EQ(bench.weight_cycles(), test::every(1, 7, 12));
  EXPECT_EQ(bench.ifmap_cycles(), (Cycles{11, 15, 19}));
}

TEST_F(ExecuteUnitTiming, APairThatIsHereWhenAComputeStartsRidesAlong) {
  Bench bench{clock, array_with(Overlap::Full)};
  bench.fold(5, 6);
  bench.fold(9, 6);  // here in 10 and 11; the compute starts in 11
  run(60);
  EXPECT_EQ(bench.weight_cycles(), test::every(1, 7, 8));
  EXPECT_EQ(bench.ifmap_cycles(), test::every(1, 11, 12));
}

TEST_F(ExecuteUnitTiming, APairThatIsHereACycleLaterWaitsForTheEndOfTheCompute) {
  Bench bench{clock, array_with(Overlap::Full)};
  bench.fold(5, 6);
  bench.fold(10, 6);
  run(60);
  EXPECT_EQ(bench.ifmap_cycles(), (Cycles{11, 12, 13, 14, 15, 16, 21, 22, 23, 24, 25, 26}));
  EXPECT_EQ(bench.weight_cycles(), (Cycles{7, 8, 9, 10, 17, 18, 19, 20}));
}

TEST_F(ExecuteUnitTiming, WithoutOverlapAPreloadStartsWhenTheResultsBeforeItAreSeenWritten) {
  Bench bench{clock, array_with(Overlap::None)};
  bench.fold(5, 6);
  bench.fold(5, 6);
  bench.results_written.at(30);
  bench.results_written.at(50);
  run(60);
  EXPECT_EQ(bench.weight_cycles(), (Cycles{7, 8, 9, 10, 31, 32, 33, 34}));
  EXPECT_EQ(bench.ifmap_cycles(), (Cycles{11, 12, 13, 14, 15, 16, 35, 36, 37, 38, 39, 40}));
  EXPECT_EQ(bench.booked(Cause::Drain), 14U + 10U);  // 17 to 30, 41 to 50
  EXPECT_FALSE(bench.unit.busy());
}

TEST_F(ExecuteUnitTiming, OldWeightsCostNoCycleWithOrWithoutOverlap) {
  Bench bench{clock, array_with(Overlap::None)};
  bench.fold(5, 6);
  bench.fold(5, 6, false);
  run(60);
  EXPECT_EQ(bench.weight_cycles(), test::every(1, 7, 4));
  EXPECT_EQ(bench.ifmap_cycles(), test::every(1, 11, 12));
  EXPECT_FALSE(bench.pairs.got[10].item.ifmap.swap);
}

TEST_F(ExecuteUnitTiming, AStepTakesMinStepRowsAtLeast) {
  AcceleratorConfig config = array_with(Overlap::Full);
  config.array.min_step_rows = 9;
  Bench bench{clock, config};
  bench.fold(5, 2);
  bench.fold(5, 2);
  run(60);
  EXPECT_EQ(bench.ifmap_cycles(), (Cycles{11, 12, 20, 21}));
}

TEST_F(ExecuteUnitTiming, APreloadAloneThatKeepsTheWeightsTakesMinStepRows) {
  AcceleratorConfig config = array_with(Overlap::Full);
  config.array.min_step_rows = 3;
  Bench bench{clock, config};
  bench.fold(5, 6);
  bench.fold(20, 6, false);  // here in 21 and 22: too late to ride along
  run(60);
  EXPECT_EQ(bench.weight_cycles(), test::every(1, 7, 4));
  EXPECT_EQ(bench.ifmap_cycles(), (Cycles{11, 12, 13, 14, 15, 16, 25, 26, 27, 28, 29, 30}));
}

TEST_F(ExecuteUnitTiming, NoStepStartsBeforeTheOneStepsInFlightBeforeItHasLeft) {
  AcceleratorConfig config = array_with(Overlap::Full);
  config.array.steps_in_flight = 1;
  Bench bench{clock, config};
  bench.fold(5, 2);
  bench.step_leaving.at(20, {40});
  run(60);
  // The first vector is at the array's edge read_latency + 1 after its step: in 41.
  EXPECT_EQ(bench.ifmap_cycles(), (Cycles{36, 37}));
}

TEST_F(ExecuteUnitTiming, AFullQueueHoldsTheSteps) {
  Bench bench{clock, array_with(Overlap::Full)};
  bench.pairs.hold_until = 20;
  bench.fold(5, 2);
  run(40);
  EXPECT_EQ(bench.booked(Cause::WaitBank), 12U);  // two fit in 7 and 8; 9 to 20
}

}  // namespace
}  // namespace systole

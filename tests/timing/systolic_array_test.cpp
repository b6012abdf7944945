#include "models/array/systolic_array.hpp"

#include "tests/timing/bench.hpp"

namespace systole {
namespace {

using test::Cycles;
using test::Drain;
using test::Feed;

ArrayConfig three_by_five(std::uint32_t extra_latency) {
  ArrayConfig config;
  config.rows = 3;
  config.cols = 5;
  config.extra_latency = extra_latency;
  return config;
}

struct Bench {
  Bench(const Clock& clock, std::uint32_t extra_latency)
      : array{"array", clock, three_by_five(extra_latency),
              make_weight_stationary_array(three_by_five(extra_latency)), measurements},
        operands{"operands", clock, array.operands},
        results{"results", clock, array.results, 2},
        result_done{"result_done", clock, array.result_done},
        step_leaving{"step_leaving", clock, array.step_leaving} {
    array.configure({});
  }
  static OperandPair vector(bool swap, std::uint8_t value) {
    OperandPair pair;
    pair.ifmap.valid = true;
    pair.ifmap.swap = swap;
    pair.ifmap.k = 3;
    pair.ifmap.n = 5;
    pair.ifmap.reads = {{0, 0, 3}};
    pair.ifmap.bytes = ByteRow(3, value);
    return pair;
  }
  static OperandPair weights(std::uint32_t index, std::uint8_t value) {
    OperandPair pair;
    pair.weight.valid = true;
    pair.weight.index = index;
    pair.weight.n = 5;
    pair.weight.bytes = ByteRow(5, value);
    return pair;
  }
  static OperandPair beside(OperandPair vector, const OperandPair& weights) {
    vector.weight = weights.weight;
    return vector;
  }

  Measurements measurements;
  SystolicArray array;
  Feed<OperandPair> operands;
  Drain<ResultRow> results;
  Drain<Completion> result_done;
  Drain<StepLeaving> step_leaving;
};

class SystolicArrayTiming : public test::SimTest {
 protected:
  /// Weights in 5 to 7 and three vectors in 10, 11 and, after a bubble, 13: taken a cycle later.
  static void stream(Bench& bench) {
    for (std::uint32_t i = 0; i < 3; ++i) {
      bench.operands.at(5 + i, Bench::weights(2 - i, 2));
    }
    bench.operands.at(10, Bench::vector(true, 1));
    bench.operands.at(11, Bench::vector(false, 2));
    bench.operands.at(13, Bench::vector(false, 3));
  }
};

TEST_F(SystolicArrayTiming, AResultLeavesRowsPlusColsMinusTwoAfterItsVector) {
  Bench bench{clock, 0};
  stream(bench);
  run(60);
  ASSERT_EQ(bench.results.cycles(), (Cycles{11 + 6, 12 + 6, 14 + 6}));
  EXPECT_EQ(bench.results.got[2].item.psums, PsumRow(5, 3 * 2 * 3));
}

TEST_F(SystolicArrayTiming, EdgeRegistersDelayResultsAndNothingElse) {
  Bench bench{clock, 4};
  stream(bench);
  run(60);
  EXPECT_EQ(bench.results.cycles(), (Cycles{11 + 6 + 4, 12 + 6 + 4, 14 + 6 + 4}));
}

TEST_F(SystolicArrayTiming, TheCompletionOfAPreloadGoesOutWithTheLastRowOfItsComputesStep) {
  Bench bench{clock, 4};
  bench.operands.at(10, Bench::vector(true, 1));
  bench.operands.at(11, Bench::vector(false, 1));
  OperandPair last;  // padding
  last.computing = true;
  last.last_of_step = true;
  last.preload_entry = 9;
  bench.operands.at(12, last);
  run(60);
  EXPECT_EQ(bench.results.cycles(), (Cycles{21, 22}));
  ASSERT_EQ(bench.result_done.cycles(), Cycles{23});
  EXPECT_EQ(bench.result_done.got[0].item.entry, 9U);
}

TEST_F(SystolicArrayTiming, SaysWhenAStepWillHaveLeftAsItsLastRowEnters) {
  Bench bench{clock, 4};
  OperandPair last = Bench::weights(0, 1);
  last.last_of_step = true;
  bench.operands.at(10, last);
  run(60);
  ASSERT_EQ(bench.step_leaving.cycles(), Cycles{11});
  // The cycle in which results of this row would be in the accumulators.
  EXPECT_EQ(bench.step_leaving.got[0].item.cycle, 11U + 3 + 5 - 2 + 4 + 1);
}

TEST_F(SystolicArrayTiming, ComputeCyclesAreThoseWithWeightsOrVectorsInTheArray) {
  Bench bench{clock, 4};
  stream(bench);
  run(60);
  // Weights in 6 to 8; vectors from 11 until the last result is complete in 20.
  EXPECT_EQ(bench.measurements.compute_cycles, 3U + 10U);
}

TEST_F(SystolicArrayTiming, ProductsWithAZeroAreCountedWithTheWeightsThatMultiply) {
  Bench bench{clock, 0};
  for (std::uint32_t i = 0; i < 3; ++i) {
    bench.operands.at(5 + i, Bench::weights(2 - i, 2));
  }
  // The first weights of the next fold, all zero, come beside the first vector of this one.
  bench.operands.at(10, Bench::beside(Bench::vector(true, 1), Bench::weights(2, 0)));
  run(60);
  EXPECT_EQ(bench.measurements.events[Event::Mac], 15U);
  EXPECT_EQ(bench.measurements.events[Event::MacZeroOperand], 0U);
}

}  // namespace
}  // namespace systole

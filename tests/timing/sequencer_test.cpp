#include "models/sequencer/sequencer.hpp"

#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

using test::Cycles;
using test::Feed;
using test::Neighbour;

/// Completes each command `delay` cycles after it was seen, which is one after its issue.
using Unit = Neighbour<IssuedCommand, Completion>;

Command fill_at(std::uint32_t row) { return {FillCommand{{LocalMemory::Scratchpad, row}, 4, 0}}; }

Command load_to(std::uint32_t row, LocalMemory memory = LocalMemory::Scratchpad) {
  LoadCommand load;
  load.rows = 1;
  load.row_bytes = 16;
  load.destination = {memory, row};
  load.block_pitch = 1;
  return {load};
}
Command preload(std::uint32_t acc_row, int weights_row = -1) {
  PreloadCommand preload;
  preload.new_weights = weights_row >= 0;
  preload.weights.row = static_cast<std::uint32_t>(std::max(weights_row, 0));
  preload.k = 1;
  preload.n = 1;
  preload.acc_row = acc_row;
  preload.acc_rows = 1;
  return {preload};
}
Command compute(std::uint32_t row) {
  ComputeCommand compute;
  compute.ifmap_row = row;
  compute.k = 1;
  return {compute};
}
Command store_from(std::uint32_t row, LocalMemory memory = LocalMemory::Accumulators) {
  StoreCommand store;
  store.source = {memory, row};
  store.rows = 1;
  store.elements = 1;
  store.block_pitch = 1;
  return {store};
}

struct Bench {
  Bench(const Clock& clock, const AcceleratorConfig& config)
      : sequencer{"sequencer", clock, sequencer_config(config), measurements},
        load{"load", clock, sequencer.load, sequencer.scratchpad_load_done},
        execute{"execute", clock, sequencer.execute, sequencer.result_done},
        vector{"vector", clock, sequencer.vector, sequencer.vector_done},
        store{"store", clock, sequencer.store, sequencer.accumulator_store_done},
        operand_read_done{"operand_read_done", clock, sequencer.operand_read_done},
        accumulator_load_done{"accumulator_load_done", clock, sequencer.accumulator_load_done},
        table_load_done{"table_load_done", clock, sequencer.table_load_done},
        scratchpad_store_done{"scratchpad_store_done", clock, sequencer.scratchpad_store_done} {
    for (Unit* unit : {&load, &execute, &vector, &store}) {
      unit->delay = 10;
      unit->answer = [](const IssuedCommand& command, Completion& completion) {
        completion.entry = command.entry;
        return !command.is<ConfigureCommand>();
      };
    }
  }
  void start(std::vector<Command> commands) {
    program.commands = std::move(commands);
    sequencer.start(program);
  }

  Measurements measurements;
  Sequencer sequencer;
  Unit load, execute, vector, store;  // every kind of a unit's commands is completed on one port
  Feed<Completion> operand_read_done, accumulator_load_done, table_load_done, scratchpad_store_done;
  LayerProgram program;
};

class SequencerTiming : public test::SimTest {};

// A program given before cycle 1 has its first command in the station in 1, issued in 2.
TEST_F(SequencerTiming, AllocatesOneCommandACycleAndIssuesItInTheNext) {
  Bench bench{clock, {}};
  bench.start({load_to(0), load_to(1), load_to(2), preload(0), store_from(9)});
  run(40);
  EXPECT_EQ(bench.load.cycles(), (Cycles{2, 3, 4}));
  EXPECT_EQ(bench.execute.cycles(), Cycles{5});
  EXPECT_EQ(bench.store.cycles(), Cycles{6});
}

// Issued in 2, seen in 3, completed in 13, the completion taken in 14.
TEST_F(SequencerTiming, ADependentIssuesInTheCycleAfterTheCompletionIsTaken) {
  Bench bench{clock, {}};
  bench.start({load_to(0), compute(0)});
  run(40);
  EXPECT_EQ(bench.load.cycles(), Cycles{2});
  EXPECT_EQ(bench.execute.cycles(), Cycles{15});
}

TEST_F(SequencerTiming, EachClassIssuesInTheSameCycle) {
  Bench bench{clock, {}};
  bench.start({load_to(0), compute(0), store_from(0, LocalMemory::Scratchpad)});
  run(40);
  EXPECT_EQ(bench.execute.cycles(), Cycles{15});
  EXPECT_EQ(bench.store.cycles(), Cycles{15});
}

TEST_F(SequencerTiming, AReaderHoldsBackTheNextWriterOfItsRows) {
  Bench bench{clock, {}};
  bench.start({compute(0), load_to(0)});
  run(40);
  EXPECT_EQ(bench.execute.cycles(), Cycles{2});
  EXPECT_EQ(bench.load.cycles(), Cycles{15});
}

TEST_F(SequencerTiming, LoadsToTheSameRowsGoOneBehindTheOther) {
  Bench bench{clock, {}};
  bench.start({load_to(0), load_to(0)});
  run(40);
  EXPECT_EQ(bench.load.cycles(), (Cycles{2, 3})) << "their data come in order";
}

TEST_F(SequencerTiming, PaddingWaitsForDataInTheSameRows) {
  Bench bench{clock, {}};
  bench.start({load_to(0), fill_at(0), load_to(7)});
  run(40);
  EXPECT_EQ(bench.load.cycles(), (Cycles{2, 15, 16}));
}

TEST_F(SequencerTiming, WithinAClassTheOldestGoesFirst) {
  Bench bench{clock, {}};
  bench.start({compute(0), load_to(0), load_to(7)});
  run(40);
  EXPECT_EQ(bench.load.cycles(), (Cycles{15, 16})) << "the second waits behind the first";
}

TEST_F(SequencerTiming, CommandsOfTheArrayDoNotWaitForEachOther) {
  Bench bench{clock, {}};
  bench.start({preload(0), compute(0), preload(0), compute(0)});
  run(40);
  EXPECT_EQ(bench.execute.cycles(), (Cycles{2, 3, 4, 5}));
}

TEST_F(SequencerTiming, TheArrayAndTheVectorUnitDo) {
  Bench bench{clock, {}};
  AddCommand add;
  add.input_row = {3, 4};
  add.output_row = 0;
  add.rows = 1;
  bench.start({{add}, compute(0)});
  run(40);
  EXPECT_EQ(bench.vector.cycles(), Cycles{2});
  EXPECT_EQ(bench.execute.cycles(), Cycles{15});
}

TEST_F(SequencerTiming, AFullClassHoldsFetchUntilTheCycleAfterAnEntryIsFree) {
  AcceleratorConfig config;
  config.sequencer.load_entries = 1;
  Bench bench{clock, config};
  bench.start({load_to(0), load_to(1), preload(0)});
  run(60);
  // The first completion is taken in 14: the second load is allocated in 15, issued in 16.
  EXPECT_EQ(bench.load.cycles(), (Cycles{2, 16}));
  EXPECT_EQ(bench.execute.cycles(), Cycles{17}) << "behind the load, though its class is empty";
  EXPECT_EQ(bench.measurements.ledger.at(LedgerUnit::Sequencer, Cause::WaitStation), 11U);
}

TEST_F(SequencerTiming, TakesOneCompletionACycleOfExecuteThenLoadThenStore) {
  Bench bench{clock, {}};
  bench.load.delay = 12;     // issued in 2, completed in 15
  bench.execute.delay = 11;  // issued in 3
  bench.store.delay = 10;    // issued in 4
  bench.start({load_to(0), preload(0), store_from(9),
               // one that waits for each
               store_from(0), compute(0), load_to(9, LocalMemory::Accumulators)});
  run(60);
  EXPECT_EQ(bench.store.cycles(), (Cycles{4, 17}));    // after the preload, taken in 16
  EXPECT_EQ(bench.execute.cycles(), (Cycles{3, 18}));  // after the load, taken in 17
  EXPECT_EQ(bench.load.cycles(), (Cycles{2, 19}));     // after the store, taken in 18
}

TEST_F(SequencerTiming, TheFrontendDelaysTheFirstCommandAndNoneOfTheOthers) {
  AcceleratorConfig config;
  config.sequencer.frontend_latency = 7;
  Bench bench{clock, config};
  bench.start({load_to(0), load_to(1), load_to(2)});
  run(40);
  EXPECT_EQ(bench.load.cycles(), test::every(1, 2 + 7, 3));
}

TEST_F(SequencerTiming, AConfigureTakesAnEntryForACycle) {
  AcceleratorConfig config;
  config.sequencer.load_entries = 1;
  Bench bench{clock, config};
  bench.start({{ConfigureCommand{}}, load_to(0)});
  run(40);
  // Allocated in 1, issued and done in 2; in the next cycle its entry takes the load. The unit gets
  // both.
  EXPECT_EQ(bench.load.cycles(), (Cycles{2, 4}));
  EXPECT_TRUE(bench.sequencer.finished());
}

TEST_F(SequencerTiming, AFullUnitQueueHoldsTheIssue) {
  Bench bench{clock, {}};
  bench.load.hold_until = 10;
  bench.start({load_to(0), load_to(1), load_to(2)});
  run(60);
  EXPECT_EQ(bench.sequencer.finished(), true);
  EXPECT_EQ(bench.load.got[2].item.entry, 2U);
  EXPECT_EQ(bench.load.got[2].cycle, 11U) << "the first of two leaves in 10";
}

TEST_F(SequencerTiming, IsFinishedWhenTheLastCompletionIsTaken) {
  Bench bench{clock, {}};
  bench.start({load_to(0)});
  run(14);
  EXPECT_FALSE(bench.sequencer.finished());
  run(1);
  EXPECT_TRUE(bench.sequencer.finished());
}

}  // namespace
}  // namespace systole

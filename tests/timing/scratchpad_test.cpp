#include "models/scratchpad/scratchpad.hpp"

#include <array>

#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

using test::Cycles;
using test::Drain;
using test::Feed;

constexpr std::uint32_t kRowsPerBank = 32;
constexpr std::uint64_t kReadLatency = 3;
constexpr int kNone = -1;

/// 4 x 4 PEs: 1 KiB of 4-byte rows in 8 banks.
AcceleratorConfig eight_banks(BankPorts ports) {
  AcceleratorConfig config;
  config.array.rows = 4;
  config.array.cols = 4;
  config.scratchpad.ports = ports;
  config.scratchpad.read_latency = kReadLatency;
  config.scratchpad.activation = {1, 8};
  return config;
}

/// A row of a bank.
int row_in(int bank, int row = 0) { return bank * static_cast<int>(kRowsPerBank) + row; }

struct Bench {
  Bench(const Clock& clock, const AcceleratorConfig& config)
      : scratchpad{"scratchpad", clock, scratchpad_config(config), measurements},
        load_write{"load_write", clock, scratchpad.load_write},
        load_written{"load_written", clock, scratchpad.load_write_done},
        vector_write{"vector_write", clock, scratchpad.vector_write},
        vector_written{"vector_written", clock, scratchpad.vector_write_done},
        store_write{"store_write", clock, scratchpad.store_write},
        operand_read{"operand_read", clock, scratchpad.operand_read},
        operand_read_done{"operand_read_done", clock, scratchpad.operand_read_done},
        operands{"operands", clock, scratchpad.operands, 2},
        vector_read{"vector_read", clock, scratchpad.vector_read},
        vector_data{"vector_data", clock, scratchpad.vector_data, 2},
        store_read{"store_read", clock, scratchpad.store_read},
        store_data{"store_data", clock, scratchpad.store_data, 2},
        store_read_done{"store_read_done", clock, scratchpad.store_read_done} {}

  static LocalWrite write(int row, std::uint8_t value) {
    return {{LocalMemory::Scratchpad, static_cast<std::uint32_t>(row)}, 1, {value}, true, 7};
  }
  static OperandPair pair(int ifmap_row, int weight_row) {
    OperandPair pair;
    if (ifmap_row != kNone) {
      pair.ifmap.valid = true;
      pair.ifmap.reads = {{static_cast<std::uint32_t>(ifmap_row), 0, 1}};
      pair.computing = true;
      pair.last_of_step = true;
    }
    if (weight_row != kNone) {
      pair.weight.valid = true;
      pair.weight.from = {LocalMemory::Scratchpad, static_cast<std::uint32_t>(weight_row)};
    }
    return pair;
  }
  static RowRead read(int row, bool last = false) {
    return {static_cast<std::uint32_t>(row), last, 8};
  }

  std::uint64_t conflicts() const { return measurements.events[Event::BankConflicts]; }

  Measurements measurements;
  Scratchpad scratchpad;
  Feed<LocalWrite> load_write;
  Drain<Completion> load_written;
  Feed<LocalWrite> vector_write;
  Drain<Completion> vector_written;
  Feed<LocalWrite> store_write;
  Feed<OperandPair> operand_read;
  Drain<Completion> operand_read_done;
  Drain<OperandPair> operands;
  Feed<RowRead> vector_read;
  Drain<RowData> vector_data;
  Feed<RowRead> store_read;
  Drain<RowData> store_data;
  Drain<Completion> store_read_done;
};

class ScratchpadTiming : public test::SimTest {
 protected:
  /// Everybody wants a bank in cycle 5.
  static void all_at_once(Bench& bench, const std::array<int, 6>& banks) {
    bench.load_write.at(5, Bench::write(row_in(banks[0]), 1));
    bench.vector_write.at(5, Bench::write(row_in(banks[1]), 2));
    bench.operand_read.at(5, Bench::pair(row_in(banks[2]), row_in(banks[3])));
    bench.vector_read.at(5, Bench::read(row_in(banks[4])));
    bench.store_read.at(5, Bench::read(row_in(banks[5]), true));
  }
  static void expect_served(const Bench& bench, const std::array<std::uint64_t, 5>& cycles) {
    EXPECT_EQ(bench.load_written.cycles(), Cycles{cycles[0]});
    EXPECT_EQ(bench.vector_written.cycles(), Cycles{cycles[1]});
    EXPECT_EQ(bench.operand_read_done.cycles(), Cycles{cycles[2]});
    EXPECT_EQ(bench.vector_data.cycles(), Cycles{cycles[3] + kReadLatency - 1});
    EXPECT_EQ(bench.store_data.cycles(), Cycles{cycles[4] + kReadLatency - 1});
  }
};

TEST_F(ScratchpadTiming, RequestsToDifferentBanksAreAllServedInTheCycleAfterTheirPush) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  all_at_once(bench, {0, 1, 2, 3, 4, 5});
  run(40);
  expect_served(bench, {6, 6, 6, 6, 6});
  EXPECT_EQ(bench.conflicts(), 0U);
}

TEST_F(ScratchpadTiming, OnePortServesWritesThenTheIfmapThenWeightsThenVectorThenStore) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  all_at_once(bench, {3, 3, 3, 3, 3, 3});
  run(40);
  // ifmap in 8, weights in 9: the pair is done in 9
  expect_served(bench, {6, 7, 9, 10, 11});
  EXPECT_EQ(bench.conflicts(), 1U + 3U + 4U + 5U);
}

TEST_F(ScratchpadTiming, ConflictsAreCountedByWhoWaitedAndWhoHadTheBank) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  all_at_once(bench, {3, 3, 3, 3, 3, 3});
  run(40);
  const auto waited = [&](BankUser user, BankUser had) {
    return bench.measurements.bank_conflicts.at(BankedLocal::Scratchpad, user, had);
  };
  EXPECT_EQ(waited(BankUser::Vector, BankUser::Load), 2U) << "its write in 6, its read in 6";
  EXPECT_EQ(waited(BankUser::Array, BankUser::Load), 1U);
  EXPECT_EQ(waited(BankUser::Array, BankUser::Vector), 1U) << "its write in 7";
  EXPECT_EQ(waited(BankUser::Array, BankUser::Array), 1U) << "weights for the ifmap in 8";
  EXPECT_EQ(waited(BankUser::Vector, BankUser::Vector), 1U) << "its read for its write in 7";
  EXPECT_EQ(waited(BankUser::Vector, BankUser::Array), 2U);
  EXPECT_EQ(waited(BankUser::Store, BankUser::Load), 1U);
  EXPECT_EQ(waited(BankUser::Store, BankUser::Vector), 2U);
  EXPECT_EQ(waited(BankUser::Store, BankUser::Array), 2U);
  EXPECT_EQ(bench.measurements.bank_conflicts.total(), bench.conflicts());
}

TEST_F(ScratchpadTiming, WhatStaysIsWrittenBehindTheOtherWritesAndBeforeReads) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  bench.load_write.at(5, Bench::write(row_in(3), 1));
  bench.vector_write.at(5, Bench::write(row_in(3), 2));
  bench.store_write.at(5, Bench::write(row_in(3), 4));
  bench.store_read.at(5, Bench::read(row_in(3), true));
  run(40);
  EXPECT_EQ(bench.vector_written.cycles(), Cycles{7});
  EXPECT_EQ(bench.store_data.cycles(), Cycles{9 + kReadLatency - 1}) << "the write went in 8";
  EXPECT_EQ(bench.scratchpad.contents(
                LocalMemory::Scratchpad)[std::size_t{4} * static_cast<std::size_t>(row_in(3)) + 1],
            4U);
  EXPECT_EQ(bench.measurements.bank_conflicts.at(BankedLocal::Scratchpad, BankUser::Store,
                                                 BankUser::Vector),
            2U)
      << "the write in 7, the read in 7";
  EXPECT_EQ(bench.measurements.bank_conflicts.at(BankedLocal::Scratchpad, BankUser::Store,
                                                 BankUser::Store),
            1U)
      << "the read in 8";
}

TEST_F(ScratchpadTiming, InterleavedRowsGoToTheBanksInTurn) {
  AcceleratorConfig config = eight_banks(BankPorts::Single);
  config.scratchpad.interleave_rows = 2;
  Bench bench{clock, config};
  bench.operand_read.at(5, Bench::pair(0, 2));    // banks 0 and 1
  bench.operand_read.at(10, Bench::pair(4, 5));   // both in bank 2
  bench.operand_read.at(15, Bench::pair(1, 16));  // both in bank 0: the second round
  run(60);
  EXPECT_EQ(bench.operand_read_done.cycles(), (Cycles{6, 12, 17}));
}

TEST_F(ScratchpadTiming, TwoPortsServeAWriteAndAReadInOneCycle) {
  Bench bench{clock, eight_banks(BankPorts::Dual)};
  all_at_once(bench, {3, 3, 3, 3, 3, 3});
  run(40);
  // ifmap in 6, weights in 7, beside the two writes
  expect_served(bench, {6, 7, 7, 8, 9});
}

TEST_F(ScratchpadTiming, WhatIsReadEntersItsQueueReadLatencyMinusOneAfterTheGrant) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  all_at_once(bench, {0, 1, 2, 3, 4, 5});
  run(40);
  EXPECT_EQ(bench.operands.cycles(), Cycles{6 + 3 - 1});
  EXPECT_EQ(bench.vector_data.cycles(), Cycles{6 + 3 - 1});
  EXPECT_EQ(bench.store_data.cycles(), Cycles{6 + 3 - 1});
  EXPECT_EQ(bench.store_read_done.cycles(), Cycles{6}) << "completions go out with the access";
}

TEST_F(ScratchpadTiming, APairInOneBankTakesTwoCyclesAndTheNextPairWaits) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  bench.operand_read.at(5, Bench::pair(row_in(2), row_in(2, 1)));
  bench.operand_read.at(6, Bench::pair(row_in(3), row_in(4)));
  run(40);
  EXPECT_EQ(bench.operand_read_done.cycles(), (Cycles{7, 8}));
  EXPECT_EQ(bench.operands.cycles(), (Cycles{9, 10}));
  EXPECT_EQ(bench.conflicts(), 1U);
}

TEST_F(ScratchpadTiming, PairsInDifferentBanksStreamOneACycle) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  for (int i = 0; i < 10; ++i) {
    bench.operand_read.at(5, Bench::pair(row_in(0, i), row_in(1, i)));
  }
  run(60);
  EXPECT_EQ(bench.operands.cycles(), test::every(1, 8, 10));
}

TEST_F(ScratchpadTiming, PairsInOneBankStreamOneEverySecondCycle) {
  Bench bench{clock, eight_banks(BankPorts::Dual)};
  for (int i = 0; i < 6; ++i) {
    bench.operand_read.at(5, Bench::pair(row_in(1, i), row_in(1, 20 + i)));
  }
  run(60);
  EXPECT_EQ(bench.operands.cycles(), test::every(2, 9, 6));
}

TEST_F(ScratchpadTiming, WeightsOfZeroAreNotRead) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  OperandPair pair = Bench::pair(row_in(1), row_in(1));
  pair.weight.zero = true;
  bench.operand_read.at(5, pair);
  run(40);
  EXPECT_EQ(bench.operands.cycles(), Cycles{8});
  EXPECT_EQ(bench.measurements.events[Event::ScratchpadReadBits], 32U);
}

// Six rows of which the ifmap has two: each weight row waits for the ifmap's turn in its bank.
TEST_F(ScratchpadTiming, RowsThatGoTogetherInOneBankGoInTurnsEvenIfTheyAreNotRead) {
  Bench bench{clock, eight_banks(BankPorts::Dual)};
  for (int i = 0; i < 6; ++i) {
    OperandPair pair = Bench::pair(row_in(1, i), row_in(1, 20 + i));
    pair.together = true;
    pair.ifmap.valid = i < 2;
    pair.weight.zero = i == 5;
    bench.operand_read.at(5, pair);
  }
  run(60);
  EXPECT_EQ(bench.operands.cycles(), test::every(2, 9, 6));
}

TEST_F(ScratchpadTiming, RowsThatGoTogetherInTwoBanksGoAtOnce) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  for (int i = 0; i < 4; ++i) {
    OperandPair pair = Bench::pair(row_in(1, i), row_in(2, i));
    pair.together = true;
    bench.operand_read.at(5, pair);
  }
  run(60);
  EXPECT_EQ(bench.operands.cycles(), test::every(1, 8, 4));
}

TEST_F(ScratchpadTiming, AComputeIsDoneWithTheLastRowOfItsStep) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  OperandPair first = Bench::pair(row_in(0), row_in(1));
  first.last_of_step = false;
  OperandPair last = Bench::pair(kNone, row_in(1, 1));
  last.computing = true;
  last.last_of_step = true;
  bench.operand_read.at(5, first);
  bench.operand_read.at(8, last);
  run(60);
  EXPECT_EQ(bench.operand_read_done.cycles(), Cycles{9});
}

TEST_F(ScratchpadTiming, HalfReadPairsKeepTheirPartWhileAWriteHasTheBank) {
  Bench bench{clock, eight_banks(BankPorts::Single)};
  bench.operand_read.at(5, Bench::pair(row_in(0), row_in(1)));
  for (std::uint64_t cycle = 5; cycle < 8; ++cycle) {
    bench.load_write.at(cycle, Bench::write(row_in(1), 9));
  }
  // ifmap in 6; bank 1 is written in 6, 7 and 8; the read of bank 0 in 7 is not kept waiting
  bench.store_read.at(6, Bench::read(row_in(0), true));
  run(40);
  EXPECT_EQ(bench.operand_read_done.cycles(), Cycles{9});
  EXPECT_EQ(bench.store_read_done.cycles(), Cycles{7});
}

TEST_F(ScratchpadTiming, AWriteIsSeenByAReadServedOneCycleLater) {
  Bench bench{clock, eight_banks(BankPorts::Dual)};
  bench.load_write.at(5, Bench::write(row_in(6), 42));
  bench.store_read.at(6, Bench::read(row_in(6)));
  run(40);
  ASSERT_EQ(bench.store_data.got.size(), 1U);
  EXPECT_EQ(bench.store_data.got[0].item.bytes, (ByteRow{0, 42, 0, 0}));
}

TEST_F(ScratchpadTiming, SplitMemoriesNeverMeet) {
  AcceleratorConfig config = eight_banks(BankPorts::Single);
  config.scratchpad.organization = ScratchpadOrganization::Split;
  config.scratchpad.activation = {1, 1};
  config.scratchpad.weight = {1, 1};
  Bench bench{clock, config};
  for (int i = 0; i < 4; ++i) {
    OperandPair pair = Bench::pair(i, i);
    pair.weight.from.memory = LocalMemory::WeightScratchpad;
    bench.operand_read.at(5, pair);
  }
  run(40);
  EXPECT_EQ(bench.operands.cycles(), test::every(1, 8, 4));
  EXPECT_EQ(bench.conflicts(), 0U);
}

}  // namespace
}  // namespace systole

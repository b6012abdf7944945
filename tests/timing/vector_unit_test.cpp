#include "models/vector/vector_unit.hpp"

#include <array>
#include <deque>

#include "models/vector/depthwise_lanes.hpp"
#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

using test::Cycles;
using test::Feed;
using test::Neighbour;

AcceleratorConfig lanes_of(std::uint32_t lanes, std::uint32_t latency) {
  AcceleratorConfig config;
  config.array.rows = 16;
  config.array.cols = 16;
  config.vector.lanes = lanes;
  config.vector.latency = latency;
  return config;
}

struct Bench {
  Bench(const Clock& clock, const AcceleratorConfig& config)
      : completed{"completed", clock},
        unit{"unit", clock, vector_unit_config(config), upstream, completed.count, measurements},
        commands{"commands", clock, unit.commands},
        reads{"reads", clock, unit.scratchpad_read, unit.scratchpad_data},
        writes{"writes", clock, unit.scratchpad_write, completed} {
    LayerRegisters registers;
    registers.add.output.mode = RequantMode::ShiftOnly;
    registers.add.output.exponent = {0};
    registers.requant = registers.add.output;
    unit.configure(registers);
    reads.answer = [](const RowRead& read, RowData& data) {
      data.bytes = ByteRow(16, static_cast<std::uint8_t>(read.row));
      return true;
    };
  }
  void issue(std::uint64_t cycle, CommandBody body) {
    bodies.push_back({std::move(body)});
    commands.at(cycle, {&bodies.back(), static_cast<std::uint32_t>(bodies.size())});
  }
  static PoolCommand pool(std::uint32_t kernel, std::uint32_t outputs, std::uint32_t elements) {
    PoolCommand pool;
    pool.tile_h = outputs * kernel;
    pool.tile_w = 1;
    pool.kernel_h = kernel;
    pool.stride_h = kernel;
    pool.out_h = outputs;
    pool.out_w = 1;
    pool.output_row = 100;
    pool.elements = elements;
    return pool;
  }

  Measurements measurements;
  test::Tally completed;
  Wire<Cause> upstream{Cause::Idle};
  VectorUnit unit;
  Feed<IssuedCommand> commands;
  Neighbour<RowRead, RowData> reads;
  test::WriteSink writes;
  std::deque<Command> bodies;
};

class VectorUnitTiming : public test::SimTest {};

// A command pushed in 5 is taken and asks in 6; the scratchpad reads in 7, the row is here in 8.
TEST_F(VectorUnitTiming, AResultIsWrittenLatencyAfterItsLastOperandArrives) {
  Bench bench{clock, lanes_of(16, 5)};
  bench.issue(5, Bench::pool(1, 1, 16));
  run(60);
  EXPECT_EQ(bench.reads.cycles(), Cycles{6});
  EXPECT_EQ(bench.writes.cycles(), Cycles{8 + 5});
  EXPECT_TRUE(bench.writes.got[0].item.last);
}

TEST_F(VectorUnitTiming, WithALaneForEachElementARowIsAskedForEachCycle) {
  Bench bench{clock, lanes_of(16, 5)};
  bench.issue(5, Bench::pool(2, 4, 16));
  run(60);
  EXPECT_EQ(bench.reads.cycles(), test::every(1, 6, 8));
  EXPECT_EQ(bench.writes.cycles(), test::every(2, 9 + 5, 4));
  EXPECT_EQ(bench.writes.got[3].item.bytes, ByteRow(16, 7));
}

TEST_F(VectorUnitTiming, FewerLanesSpaceTheRowsByTheirPasses) {
  Bench bench{clock, lanes_of(4, 3)};
  bench.issue(5, Bench::pool(2, 3, 9));  // nine elements: three passes of four lanes
  run(80);
  EXPECT_EQ(bench.reads.cycles(), test::every(3, 6, 6));
  EXPECT_EQ(bench.writes.cycles(), test::every(6, 11 + 3, 3));
}

// The lanes have the six rows in 6 to 23; the last one arrives in 23, its result goes in 26.
TEST_F(VectorUnitTiming, IsBusyWhileTheLanesHaveARow) {
  Bench bench{clock, lanes_of(4, 3)};
  bench.issue(5, Bench::pool(2, 3, 9));
  run(80);
  const Ledger& ledger = bench.measurements.ledger;
  EXPECT_EQ(ledger.at(LedgerUnit::Vector, Cause::Busy), 18U + 1U);
  EXPECT_EQ(ledger.at(LedgerUnit::Vector, Cause::WaitBank), 0U);
  EXPECT_EQ(ledger.at(LedgerUnit::Vector, Cause::Drain), 2U + 2U);  // 24, 25; completion 27, 28
}

TEST_F(VectorUnitTiming, ASumAsksForBothOperandsOfARowOneAfterTheOther) {
  Bench bench{clock, lanes_of(8, 4)};
  bench.issue(5, AddCommand{{10, 20}, 30, 2});
  run(80);
  std::vector<std::uint32_t> rows;
  for (const auto& read : bench.reads.got) {
    rows.push_back(read.item.row);
  }
  EXPECT_EQ(rows, (std::vector<std::uint32_t>{10, 20, 11, 21}));
  EXPECT_EQ(bench.reads.cycles(), test::every(2, 6, 4));
  EXPECT_EQ(bench.writes.cycles(), (Cycles{10 + 4, 14 + 4}));
  EXPECT_EQ(bench.writes.got[1].item.bytes, ByteRow(16, 32));
}

TEST_F(VectorUnitTiming, TheNextCommandStartsInTheCycleThatSeesTheOneBeforeCompleted) {
  Bench bench{clock, lanes_of(16, 5)};
  bench.issue(5, Bench::pool(1, 1, 16));
  bench.issue(5, Bench::pool(1, 1, 16));
  run(60);
  EXPECT_EQ(bench.reads.cycles(), (Cycles{6, 16}));  // pushed 13, written 14, counted 15
}

/// Three taps in a row over five pixels; a row's elements are its number.
DepthwiseCommand three_taps() {
  DepthwiseCommand command;
  command.constants_row = 1;  // weights 1, 2, 3
  command.input_row = 4;      // pixels 4 to 8
  command.tile_h = 1;
  command.tile_w = 5;
  command.kernel_w = 3;
  command.out_h = 1;
  command.out_w = 3;
  command.output_row = 100;
  command.elements = 16;
  return command;
}

TEST_F(VectorUnitTiming, ADepthwiseConvolutionAsksForItsConstantsAndThenForEachTapOfEachPixel) {
  AcceleratorConfig config = lanes_of(2, 5);
  config.vector.mac_lanes = 16;
  Bench bench{clock, config};
  bench.issue(5, three_taps());
  run(80);
  EXPECT_EQ(bench.reads.cycles(), test::every(1, 6, 3 + 3 * 3));
  EXPECT_EQ(bench.writes.cycles(), test::every(3, 13 + 5, 3));
  for (const auto& [output, sum] : {std::pair{0, 32}, std::pair{1, 38}, std::pair{2, 44}}) {
    EXPECT_EQ(bench.writes.got[static_cast<std::size_t>(output)].item.bytes,
              ByteRow(16, static_cast<std::uint8_t>(sum)));
  }
  EXPECT_TRUE(bench.writes.got[2].item.last);
}

TEST_F(VectorUnitTiming, ADepthwiseConvolutionGoesAtThePaceOfTheMultipliers) {
  AcceleratorConfig config = lanes_of(16, 5);
  config.vector.mac_lanes = 6;
  Bench bench{clock, config};
  bench.issue(5, three_taps());
  run(80);
  EXPECT_EQ(bench.reads.cycles(), test::every(3, 6, 3 + 3 * 3)) << "16 elements, 6 at a time";
}

TEST_F(VectorUnitTiming, TapsInThePaddingAreNotAskedFor) {
  Bench bench{clock, lanes_of(16, 1)};
  PoolCommand pool = Bench::pool(3, 1, 16);
  pool.tile_h = 2;
  pool.origin_h = -1;
  bench.issue(5, pool);
  run(60);
  EXPECT_EQ(bench.reads.cycles(), (Cycles{6, 7}));
}

// 100 + 100 saturate at 127; from the bias on they would not, and 27 would be left.
TEST(DepthwiseLanes, AddTheirProductsFromZeroAndTheLastSumToTheBias) {
  AcceleratorConfig config = lanes_of(16, 1);
  config.array.accumulator_bits = 8;
  config.array.overflow = Overflow::Saturate;
  LayerRegisters registers;
  registers.requant.mode = RequantMode::ShiftOnly;
  registers.requant.exponent = {0};
  DepthwiseCommand command;
  command.kernel_w = 3;
  command.bias_rows = 1;
  command.elements = 1;
  DepthwiseLanes lanes{vector_unit_config(config).depthwise};
  lanes.begin(command, registers);
  const auto row = [](int value) {
    std::array<std::uint8_t, 16> bytes{};
    bytes[0] = static_cast<std::uint8_t>(value);
    return bytes;
  };
  for (const int constant : {1, 1, 1, -50}) {
    lanes.take_constants(row(constant).data());
  }
  EXPECT_EQ(lanes.take_tap(row(100).data(), true), 0U);
  EXPECT_EQ(lanes.take_tap(row(100).data(), false), 1U);
  EXPECT_EQ(lanes.take_tap(row(-100).data(), false), 0U);
  EXPECT_EQ(lanes.result(0), 27 - 50);
}

}  // namespace
}  // namespace systole

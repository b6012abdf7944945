#include "models/scratchpad/operand_queue.hpp"

#include <gtest/gtest.h>

namespace systole {
namespace {

constexpr std::uint32_t kDepth = 5;
constexpr std::uint32_t kReadLatency = 5;
constexpr std::uint32_t kSteps = 2;
constexpr std::uint64_t kInside = 20;

OperandQueue queue() { return {kDepth, kReadLatency, kSteps, kInside}; }

/// A step of so many rows, read as soon as the queue lets them; the cycles in which the array takes
/// them.
std::vector<std::uint64_t> read_step(OperandQueue& queue, std::uint64_t& now, int rows) {
  std::vector<std::uint64_t> taken;
  for (int row = 0; row < rows; ++row, ++now) {
    while (queue.full(now)) {
      ++now;
    }
    taken.push_back(queue.enter(now, true));
  }
  queue.end_step();
  return taken;
}

TEST(OperandQueue, WithoutDepthThereIsNone) {
  const OperandQueue none{0, kReadLatency, kSteps, kInside};
  EXPECT_FALSE(none.exists());
  EXPECT_FALSE(none.full(7));
}

TEST(OperandQueue, RowsAreWithTheArrayAfterTheReadLatency) {
  OperandQueue operands = queue();
  EXPECT_EQ(operands.enter(100, true), 105U);
  EXPECT_EQ(operands.enter(101, true), 106U);
  EXPECT_EQ(operands.enter(109, true), 114U);
}

TEST(OperandQueue, AnEntryWithoutDataLeavesInTheNextCycleOrBehindTheOneBefore) {
  OperandQueue operands = queue();
  EXPECT_EQ(operands.enter(100, false), 101U);
  EXPECT_EQ(operands.enter(101, true), 106U);
  EXPECT_EQ(operands.enter(102, false), 107U);
}

// The third step has room at once, as a step's place is given up with the results of the one behind
// it; the fourth waits for the second one's.
TEST(OperandQueue, TheFirstRowOfAStepWaitsForTheArray) {
  OperandQueue operands = queue();
  std::uint64_t now = 100;
  EXPECT_EQ(read_step(operands, now, 2), (std::vector<std::uint64_t>{105, 106}));
  EXPECT_EQ(read_step(operands, now, 2), (std::vector<std::uint64_t>{107, 108}));
  EXPECT_EQ(read_step(operands, now, 2), (std::vector<std::uint64_t>{109, 110}));
  EXPECT_EQ(read_step(operands, now, 2), (std::vector<std::uint64_t>{108 + kInside + 1, 130}));
  EXPECT_EQ(now, 108U) << "they are read, and wait";
}

TEST(OperandQueue, NothingIsReadWhileItIsFull) {
  OperandQueue operands = queue();
  std::uint64_t now = 100;
  for (int step = 0; step < 3; ++step) {
    read_step(operands, now, 1);
  }
  EXPECT_EQ(now, 103U);
  const std::vector<std::uint64_t> taken = read_step(operands, now, 7);
  EXPECT_EQ(taken.front(), 106 + kInside + 1);
  EXPECT_EQ(taken.back(), taken.front() + 6);
  EXPECT_EQ(now, taken.front() + 2) << "five wait; the sixth is read when the first one has left";
}

TEST(OperandQueue, AProgramStartsWithAnEmptyArray) {
  OperandQueue operands = queue();
  std::uint64_t now = 100;
  for (int step = 0; step < 4; ++step) {
    read_step(operands, now, 1);
  }
  operands.start();
  now = 104;
  EXPECT_EQ(read_step(operands, now, 1), (std::vector<std::uint64_t>{109}));
}

}  // namespace
}  // namespace systole

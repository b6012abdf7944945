#include "sim/program/residency.hpp"

#include <gtest/gtest.h>

namespace systole {
namespace {

LoadCommand load(Operand operand, std::uint32_t row, std::uint32_t rows, std::uint32_t row_bytes,
                 std::uint32_t block_pitch = 0) {
  LoadCommand command;
  command.operand = operand;
  command.destination.row = row;
  command.rows = rows;
  command.row_bytes = row_bytes;
  command.dram_pitch = row_bytes;
  command.block_pitch = block_pitch;
  return command;
}

LayerProgram program_of(const std::vector<CommandBody>& bodies) {
  LayerProgram program;
  for (const CommandBody& body : bodies) {
    program.commands.push_back({body});
  }
  return program;
}

PreloadCommand preload(std::uint32_t weights, std::uint32_t acc_row, std::uint32_t acc_rows) {
  PreloadCommand command;
  command.weights.row = weights;
  command.k = 16;
  command.acc_row = acc_row;
  command.acc_rows = acc_rows;
  return command;
}

// Two tiles of ifmap in two slots, the first slot used again; weights that stay.
TEST(Residences, TellSlotsAndHowOftenTheyAreFilled) {
  ComputeCommand compute;
  compute.count_w = 4;
  const auto parts =
      residences(program_of({load(Operand::Weight, 100, 16, 16), load(Operand::Ifmap, 0, 4, 16),
                             preload(100, 0, 4), compute, load(Operand::Ifmap, 50, 4, 16),
                             load(Operand::Ifmap, 0, 4, 16)}),
                 AcceleratorConfig{});
  ASSERT_EQ(parts.size(), 4U);
  EXPECT_EQ(parts[0].holds, Stream::Ifmap);
  EXPECT_EQ(parts[0].first_row, 0U);
  EXPECT_EQ(parts[0].rows, 4U);
  EXPECT_DOUBLE_EQ(parts[0].times_filled(), 2.0);
  EXPECT_EQ(parts[0].first_command, 1U);
  EXPECT_EQ(parts[0].last_command, 5U);
  EXPECT_EQ(parts[1].first_row, 50U);
  EXPECT_DOUBLE_EQ(parts[1].times_filled(), 1.0);
  EXPECT_EQ(parts[2].holds, Stream::Weight);
  EXPECT_EQ(parts[2].last_command, 2U) << "the preload reads them last";
  // Six commands in 32 parts: 0, 5, 10, 16, 21 and 26.
  EXPECT_EQ(parts[0].written_in, 1U << 5 | 1U << 26);
  EXPECT_EQ(parts[2].written_in, 1U << 0);
  EXPECT_EQ(parts[2].read_in, 1U << 10);
  EXPECT_EQ(parts[3].memory, LocalMemory::Accumulators);
  EXPECT_EQ(parts[3].holds, Stream::Psum);
}

TEST(Residences, OfALoadOfBlocksLeaveOutTheRowsBetween) {
  const auto parts =
      residences(program_of({load(Operand::Ifmap, 10, 2, 40, 100)}), AcceleratorConfig{});
  ASSERT_EQ(parts.size(), 3U) << "40 bytes are three local rows of 16";
  for (std::uint32_t block = 0; block < 3; ++block) {
    EXPECT_EQ(parts[block].first_row, 10 + block * 100);
    EXPECT_EQ(parts[block].rows, 2U);
  }
}

TEST(Residences, OfRowsThatHoldOneThingAfterTheOtherAreTwo) {
  const auto parts =
      residences(program_of({load(Operand::Ifmap, 0, 4, 16), load(Operand::Weight, 2, 4, 16)}),
                 AcceleratorConfig{});
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].rows, 4U);
  EXPECT_EQ(parts[1].first_row, 2U);
  EXPECT_EQ(parts[1].holds, Stream::Weight);
}

}  // namespace
}  // namespace systole

#include <gtest/gtest.h>

#include "sim/program/command_numbers.hpp"

namespace systole {
namespace {

/// 16 rows of 16 bytes.
Command load(std::uint64_t dram_address, std::uint32_t row) {
  LoadCommand load;
  load.dram_address = dram_address;
  load.dram_pitch = 16;
  load.rows = 16;
  load.row_bytes = 16;
  load.destination = {LocalMemory::Scratchpad, row};
  return {load};
}

class CommandNumbersTest : public testing::Test {
 protected:
  AcceleratorConfig config_;
  const TimingKey key_{config_};
  CommandNumbers numbers_{key_};
};

TEST_F(CommandNumbersTest, CommandsThatDifferInPlacesThatNoTimingSeesHaveOneNumber) {
  const Command first = load(0, 0);
  const Command elsewhere = load(16 * key_.alignment(), 32);
  const Command unaligned = load(1, 0);
  EXPECT_EQ(numbers_.of(first), numbers_.of(elsewhere));
  EXPECT_NE(numbers_.of(first), numbers_.of(unaligned));
}

TEST_F(CommandNumbersTest, KeysTakeBytesUntilTheyAreForgotten) {
  const Command command = load(0, 0);
  EXPECT_EQ(numbers_.bytes(), 0U);
  numbers_.of(command);
  EXPECT_GT(numbers_.bytes(), 0U);
  numbers_.forget();
  EXPECT_EQ(numbers_.bytes(), 0U);
}

}  // namespace
}  // namespace systole

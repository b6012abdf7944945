// What a run tells of a banked DRAM's commands, over all layers, is what one memory does: an
// independent checker finds no rule broken, and the requests alone give the same commands.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "tests/support/dram_checker.hpp"
#include "tests/support/dram_traces.hpp"
#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

dram::Command command_of(char letter) {
  const std::string letters = "RWAPQF";  // in the order of Command
  return static_cast<dram::Command>(letters.find(letter));
}

std::vector<dram::IssuedCommand> commands_of(const std::string& text) {
  std::vector<dram::IssuedCommand> commands;
  std::istringstream in{text};
  dram::IssuedCommand c;
  for (char letter = 0;
       in >> c.cycle >> letter >> c.channel >> c.unit >> c.bank_group >> c.bank >> c.row;) {
    c.command = command_of(letter);
    commands.push_back(c);
  }
  return commands;
}

class CommandsOfARun : public ::testing::TestWithParam<std::string> {};

TEST_P(CommandsOfARun, AreThoseOfOneMemoryOverAllLayers) {
  const TemporaryFolder folder;
  const Outcome run =
      systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w",
               "workloads/digits_cnn/digits_cnn.yaml", "--images", "3", "--engine", "fast",
               "--quiet", "--set", "dram.model=banked", "--set", "dram.preset=" + GetParam(),
               "--dram-trace", folder.file("trace"), "--dram-commands", folder.file("commands")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string commands = read_file(folder.file("commands"));
  EXPECT_THAT(timing_violations(preset(GetParam()), commands_of(commands)), ::testing::IsEmpty());

  const Outcome alone =
      systole({"dram", folder.file("trace"), "--dram", "configs/dram/" + GetParam() + ".yaml",
               "--dram-commands", folder.file("alone")});
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  const std::string requested = read_file(folder.file("alone"));
  EXPECT_GT(requested.size(), 10'000U);
  // It ends with the last data, and the run's file with the refresh behind it.
  EXPECT_EQ(requested, commands.substr(0, requested.size()));
}

INSTANTIATE_TEST_SUITE_P(Presets, CommandsOfARun,
                         ::testing::Values("ddr4_2400", "lpddr4_3200", "hbm2", "ddr3_2133"));

}  // namespace
}  // namespace systole::test

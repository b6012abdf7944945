#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(CliWatchdog, AWatchdogThatIsTooImpatientIsNoMistakeOfSystole) {
  for (const char* engine : {"systemc", "fast"}) {
    const Outcome outcome = systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w",
                                     "workloads/digits_cnn/digits_cnn.yaml", "--watchdog", "1",
                                     "--engine", engine, "--no-data"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, StartsWith("systole run: --watchdog 1: no "));
    EXPECT_THAT(outcome.err, HasSubstr("expected more cycles, the default is 1000000"));
    EXPECT_THAT(lines(outcome.err), SizeIs(1));
  }
}

TEST(CliWatchdog, AMemoryThatIsOnlySlowIsNoMistakeOfSystole) {
  const TemporaryFolder folder;
  std::string memory = read_file(SYSTOLE_SOURCE_DIR "/configs/dram/hbm2.yaml");
  memory = std::regex_replace(memory, std::regex{"\n  cl: [0-9]+"}, "\n  cl: 60000");
  memory = std::regex_replace(memory, std::regex{"\n  rtw: [0-9]+"}, "\n  rtw: 60010");
  memory = std::regex_replace(memory, std::regex{"\n  refi: [0-9]+"}, "\n  refi: 0");
  memory = std::regex_replace(memory, std::regex{"tck_ns: [0-9.]+"}, "tck_ns: 100");
  write_file(folder.file("slow.yaml"), memory);
  const Outcome outcome =
      systole({"run", "-a", "configs/tiny_4x4.yaml", "-w", "workloads/product_4x4/product_4x4.yaml",
               "--set", "clock_mhz=100000", "--set", "dram.model=banked", "--set",
               "dram.preset=" + folder.file("slow.yaml")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, StartsWith("systole run: no progress for 1000000 cycles"));
  EXPECT_THAT(outcome.err, HasSubstr("a read of this DRAM takes 60"));
  EXPECT_THAT(outcome.err, HasSubstr("cycles, expected --watchdog with more than 60"));
  EXPECT_THAT(lines(outcome.err), SizeIs(1));
}

}  // namespace
}  // namespace systole::test

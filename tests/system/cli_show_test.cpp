#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kTiny = "configs/tiny_4x4.yaml";
constexpr const char* kDigits = "workloads/digits_cnn/digits_cnn.yaml";

std::string shown(const std::vector<std::string>& arguments) {
  const Outcome outcome = systole(arguments);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  return outcome.out;
}

TEST(CliShow, TheShownConfigurationReadsBackAsItself) {
  const TemporaryFolder folder;
  const std::string first = shown({"show", "config", "-a", kTiny});
  write_file(folder.file("again.yaml"), first);
  // The energy table's path is relative to the file that names it.
  const std::string energy =
      "energy.table=" SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml";
  EXPECT_EQ(shown({"show", "config", "-a", folder.file("again.yaml"), "--set", energy}),
            shown({"show", "config", "-a", kTiny, "--set", energy}));
}

TEST(CliShow, OverridesAreInTheShownConfiguration) {
  const std::string text =
      shown({"show", "config", "-a", kTiny, "--set", "dram.latency_cycles=77"});
  EXPECT_THAT(text, HasSubstr("latency_cycles: 77"));
}

TEST(CliShow, AnOverrideOfAnUnknownKeyIsAnErrorWithASuggestion) {
  const Outcome outcome = systole({"show", "config", "-a", kTiny, "--set", "array.row=8"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(lines(outcome.err), SizeIs(1));
  EXPECT_THAT(outcome.err, StartsWith("--set array.row=8: "));
  EXPECT_THAT(outcome.err, HasSubstr("rows"));
}

TEST(CliShow, WorkloadListsEveryLayer) {
  const std::string text = shown({"show", "workload", "-w", kDigits});
  for (const char* const layer : {"conv1", "dw3", "add5", "fc9", "depthwise_conv2d", "total"}) {
    EXPECT_THAT(text, HasSubstr(layer));
  }
}

TEST(CliShow, MappingListsEveryLayerOnEveryAccelerator) {
  for (const char* const config : {"tiny_4x4", "gemmini_16x16", "edge_32x32", "tpu_v1_256x256"}) {
    const std::string text =
        shown({"show", "mapping", "-a", std::string{"configs/"} + config + ".yaml", "-w", kDigits});
    for (const char* const layer : {"conv1", "dw3", "add5", "fc9"}) {
      EXPECT_THAT(text, HasSubstr(layer)) << config;
    }
  }
}

TEST(CliShow, ProgramOfOneLayerLeavesTheOthersOut) {
  const std::string all = shown({"show", "program", "-a", kTiny, "-w", kDigits});
  const std::string one =
      shown({"show", "program", "-a", kTiny, "-w", kDigits, "--layer", "conv1"});
  EXPECT_THAT(one, StartsWith("# conv1: "));
  EXPECT_THAT(one, Not(HasSubstr("# fc9: ")));
  EXPECT_THAT(all, StartsWith(one));
  EXPECT_THAT(all, HasSubstr("# fc9: "));
}

TEST(CliShow, ALayerThatIsNotThereIsAnErrorWithASuggestion) {
  const Outcome outcome =
      systole({"show", "program", "-a", kTiny, "-w", kDigits, "--layer", "convv1"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_EQ(outcome.err,
            "systole show program: --layer: digits_cnn has no layer 'convv1' (did you mean "
            "'conv1'?)\n");
}

TEST(CliShow, ANetworkThatDoesNotFitIsRefusedWithEveryLayerAndItsMemory) {
  const Outcome outcome =
      systole({"show", "mapping", "-a", kTiny, "-w", kDigits, "--set", "array.rows=14", "--set",
               "array.cols=64", "--set", "scratchpad.capacity_kib=1"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(lines(outcome.err), SizeIs(testing::Ge(2U)));
  for (const auto& line : lines(outcome.err)) {
    EXPECT_THAT(line, testing::MatchesRegex(
                          "systole: layer '[a-z0-9]+': scratchpad: needs [0-9,]+ bytes, has 1,024 "
                          "bytes"));
  }
}

}  // namespace
}  // namespace systole::test

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
  for (const char* const name :
       {"tiny_4x4", "gemmini_16x16", "edge_32x32", "tpu_v1_256x256", "scalesim"}) {
    const std::string machine = "configs/" + std::string{name} + ".yaml";
    const std::string first = shown({"show", "config", "-a", machine});
    write_file(folder.file("again.yaml"), first);
    EXPECT_EQ(shown({"show", "config", "-a", folder.file("again.yaml")}), first) << name;
  }
}

// In a file they are relative to it, so what is printed must not depend on where it is written.
TEST(CliShow, TheShownConfigurationNamesFilesThatAreFoundFromAnywhere) {
  const TemporaryFolder folder;
  const std::string first =
      shown({"show", "config", "-a", kTiny, "--set", "energy.table=configs/energy/jouppi_7nm.yaml",
             "--set", "dram.model=banked", "--set", "dram.preset=configs/dram/hbm2.yaml"});
  EXPECT_THAT(first, HasSubstr("\"" SYSTOLE_SOURCE_DIR "/configs/energy/jouppi_7nm.yaml\""));
  EXPECT_THAT(first, HasSubstr("\"" SYSTOLE_SOURCE_DIR "/configs/dram/hbm2.yaml\""));
  write_file(folder.file("again.yaml"), first);
  EXPECT_EQ(shown({"show", "config", "-a", folder.file("again.yaml")}), first);
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

// Each at its key, whatever layer has it: one run tells all that is to be mended.
TEST(CliShow, PinnedTilesThatCannotBeAreToldAtTheirKeys) {
  const TemporaryFolder folder;
  const std::string workload = folder.file("net.yaml");
  write_file(workload,
             "name: net\n"
             "inputs: [{name: x, shape: [1, 8, 8, 32]}]\n"
             "outputs: [fc]\n"
             "layers:\n"
             "  - {name: conv, op: conv2d, inputs: [x], out_channels: 32, kernel: 1, weights: {},\n"
             "     mapping: {tile_oh: 9, tile_oc: 20, depthwise: column}}\n"
             "  - name: pool\n"
             "    op: max_pool2d\n"
             "    inputs: [conv]\n"
             "    kernel: 8\n"
             "    mapping:\n"
             "      tile_oh: 2\n"
             "      tile_ow: 3\n"
             "  - {name: flat, op: reshape, inputs: [pool], shape: [1, 32]}\n"
             "  - {name: fc, op: fully_connected, inputs: [flat], out_channels: 16, weights: {},\n"
             "     mapping: {tile_ic: 33}}\n");
  const Outcome outcome =
      systole({"show", "mapping", "-a", "configs/gemmini_16x16.yaml", "-w", workload, "--no-data"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            workload + ":6:25: layers[0].mapping.tile_oh: layer 'conv': 9 is outside 1..8\n" +
                workload +
                ":6:37: layers[0].mapping.tile_oc: layer 'conv': 20 is neither a multiple of "
                "array.cols (16) nor all 32\n" +
                workload +
                ":6:52: layers[0].mapping.depthwise: layer 'conv': of convolutions of two or "
                "more groups, this layer has one; expected no such key\n" +
                workload + ":12:16: layers[1].mapping.tile_oh: layer 'pool': 2 is outside 1..1\n" +
                workload + ":13:16: layers[1].mapping.tile_ow: layer 'pool': 3 is outside 1..1\n" +
                workload + ":16:25: layers[3].mapping.tile_ic: layer 'fc': 33 is outside 1..32\n");
}

}  // namespace
}  // namespace systole::test

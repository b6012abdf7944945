#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/system/systole_process.hpp"

// Networks through the hardware's loop unrollers (sequencer.unroller: loops).

namespace systole::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kGemmini = "configs/gemmini_16x16.yaml";

Outcome run_loops(const std::string& workload, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {
      "run", "-a", kGemmini, "-w", workload, "--set", "sequencer.unroller=loops"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return systole(arguments);
}

// Padding with a zero point, a table of constants, a depthwise layer that loops cannot say, pools
// and sums between them.
TEST(CliUnroller, RunsDigitsBitExact) {
  const TemporaryFolder folder;
  const std::string report = folder.file("report.json");
  const Outcome outcome =
      run_loops("workloads/digits_cnn/digits_cnn.yaml", {"--images", "3", "--json", report});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(read_file(report));
  EXPECT_EQ(json["totals"]["check"], "pass");
  EXPECT_EQ(json["accuracy"]["correct"], 3);
}

// The layers that go as commands have tilings to choose from.
TEST(CliUnroller, CandidatesOfOtherLayersAreTimed) {
  const TemporaryFolder folder;
  const auto report_with = [&](const std::string& candidates) {
    const std::string report = folder.file("report.json");
    const Outcome outcome = run_loops(
        "workloads/digits_cnn/digits_cnn.yaml",
        {"--images", "1", "--json", report, "--set", "compiler.candidates=" + candidates});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(read_file(report));
  };
  const nlohmann::json one = report_with("1");
  const nlohmann::json four = report_with("4");
  EXPECT_EQ(four["totals"]["check"], "pass");
  for (std::size_t i = 0; i < one["layers"].size(); ++i) {
    EXPECT_LE(four["layers"][i]["cycles"], one["layers"][i]["cycles"]) << one["layers"][i]["name"];
  }
}

// Cycles of these layers on Gemmini's RTL: tests/validation/data/gemmini_full_size.csv.
TEST(CliUnroller, LayersOfResnet18TakeTheCyclesOfGemminisRtl) {
  const TemporaryFolder folder;
  const std::string report = folder.file("report.json");
  const Outcome outcome = run_loops(
      "workloads/shapes/resnet18.yaml",
      {"--no-data", "--layers", "res2a_1,res4a_shortcut,res5a_1,res5a_shortcut", "--json", report});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(read_file(report));
  ASSERT_EQ(json["layers"].size(), 4U);
  EXPECT_EQ(json["layers"][0]["cycles"], 472077);
  EXPECT_EQ(json["layers"][1]["cycles"], 37202);
  EXPECT_EQ(json["layers"][2]["cycles"], 403532);
  EXPECT_EQ(json["layers"][3]["cycles"], 40272);
}

// 128 x 128 x 128 on Gemmini's RTL, as its library tiles it and with tiles of 64 x 64 x 32:
// tests/validation/data/gemmini_rtl_cycles.csv.
TEST(CliUnroller, PinnedTilesAreThoseOfTheLoops) {
  const TemporaryFolder folder;
  const auto cycles = [&](const std::string& mapping) {
    const std::string workload = folder.file("product.yaml");
    write_file(workload,
               "name: product\n"
               "inputs: [{name: a, shape: [128, 128]}]\n"
               "outputs: [c]\n"
               "layers:\n"
               "  - {name: c, op: fully_connected, inputs: [a], out_channels: 128, "
               "weights: {}" +
                   mapping + "}\n");
    const std::string report = folder.file("report.json");
    const Outcome outcome =
        run_loops(workload, {"--no-data", "--set", "dram.latency_cycles=20", "--json", report});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(read_file(report))["totals"]["cycles"].get<int>();
  };
  EXPECT_EQ(cycles(""), 10404);
  EXPECT_EQ(cycles(", mapping: {tile_ow: 64, tile_oc: 64, tile_ic: 32}"), 8975);
}

TEST(CliUnroller, ATileThatFitsNoHalfIsRefused) {
  const TemporaryFolder folder;
  const std::string workload = folder.file("product.yaml");
  write_file(workload,
             "name: product\n"
             "inputs: [{name: a, shape: [512, 512]}]\n"
             "outputs: [c]\n"
             "layers:\n"
             "  - {name: c, op: fully_connected, inputs: [a], out_channels: 512, weights: {}, "
             "mapping: {tile_ow: 512, tile_oc: 512, tile_ic: 512}}\n");
  const Outcome outcome = run_loops(workload, {"--no-data"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("layer 'c': half of the scratchpad: needs 524,288 bytes, has "
                                     "131,072 bytes; half of the accumulators: needs"));
}

TEST(CliUnroller, TheFastEngineRefusesLoops) {
  const Outcome outcome =
      run_loops("workloads/digits_cnn/digits_cnn.yaml", {"--engine", "fast", "--images", "1"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("expected --engine systemc or sequencer.unroller: none"));
}

}  // namespace
}  // namespace systole::test

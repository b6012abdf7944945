// The fast engine writes the report of the SystemC machine: every output checked, every cycle,
// count and ledger entry the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

constexpr const char* kDigits = "workloads/digits_cnn/digits_cnn.yaml";

nlohmann::json report_of(const std::string& engine, const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  const std::string file = folder.file("report.json");
  std::vector<std::string> all = {"run", "--engine", engine, "--quiet", "--json", file};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Outcome outcome = systole(all);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  auto report = nlohmann::json::parse(read_file(file));
  EXPECT_EQ(report["engine"], engine);
  report.erase("engine");
  report.erase("wall_seconds");
  return report;
}

class FastEngine : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(FastEngine, WritesTheReportOfTheSystemcMachine) {
  std::vector<std::string> arguments = {
      "-a", "configs/" + GetParam()[0] + ".yaml", "-w", kDigits, "--images", "2"};
  for (std::size_t i = 1; i < GetParam().size(); ++i) {
    arguments.insert(arguments.end(), {"--set", GetParam()[i]});
  }
  const nlohmann::json fast = report_of("fast", arguments);
  EXPECT_EQ(fast["totals"]["check"], "pass");
  EXPECT_EQ(fast, report_of("systemc", arguments));
}

INSTANTIATE_TEST_SUITE_P(
    Digits, FastEngine,
    ::testing::Values(
        std::vector<std::string>{"tiny_4x4"}, std::vector<std::string>{"gemmini_16x16"},
        std::vector<std::string>{"edge_32x32"}, std::vector<std::string>{"tpu_v1_256x256"},
        std::vector<std::string>{"gemmini_16x16", "array.overlap=none"},
        std::vector<std::string>{"gemmini_16x16", "array.dataflow=output_stationary"},
        std::vector<std::string>{"gemmini_16x16", "array.dataflow=input_stationary"},
        std::vector<std::string>{"gemmini_16x16", "requant.mode=shift_only"},
        std::vector<std::string>{"gemmini_16x16", "scratchpad.interleave_rows=1"},
        std::vector<std::string>{"gemmini_16x16", "compiler.fusion=keep",
                                 "compiler.objective=traffic"},
        std::vector<std::string>{"tiny_4x4", "compiler.fusion=keep", "compiler.buffers=3"},
        std::vector<std::string>{"edge_32x32", "compiler.fusion=keep", "dram.model=banked"},
        std::vector<std::string>{"gemmini_16x16", "compiler.pack_taps=true"},
        std::vector<std::string>{"gemmini_16x16", "compiler.candidates=4"},
        std::vector<std::string>{"tiny_4x4", "compiler.candidates=4", "compiler.fusion=keep"},
        std::vector<std::string>{"tiny_4x4", "compiler.pack_taps=true",
                                 "compiler.depthwise=column"},
        std::vector<std::string>{"gemmini_16x16", "compiler.depthwise=column",
                                 "array.gather_rows=9"},
        std::vector<std::string>{"gemmini_16x16", "compiler.depthwise=vector",
                                 "vector.mac_lanes=16"},
        std::vector<std::string>{"edge_32x32", "compiler.depthwise=vector", "vector.mac_lanes=7"},
        std::vector<std::string>{"gemmini_16x16", "dram.model=banked"},
        std::vector<std::string>{"edge_32x32", "dram.model=banked", "dram.preset=hbm2"},
        std::vector<std::string>{"tiny_4x4", "dram.model=banked", "dram.preset=lpddr4_3200"}));

/// Rows that gather several taps from two banks, while loads write to both: a read is settled when
/// all writes of its cycle are known, not before.
TEST(FastEngineOnGatheredRows, WaitsForTheWritesOfTheCycle) {
  const TemporaryFolder folder;
  write_file(folder.file("machine.yaml"),
             "name: gathered\n"
             "array: {rows: 16, cols: 16, overlap: none, max_compute_rows: 1, gather_rows: 9}\n"
             "scratchpad: {banks: 2}\n"
             "compiler: {buffers: 1}\n");
  write_file(
      folder.file("net.yaml"),
      "name: net\n"
      "inputs:\n"
      "  - {name: image, shape: [3, 2, 2, 3], scale: 0.05}\n"
      "outputs: [conv]\n"
      "layers:\n"
      "  - {name: conv, op: conv2d, inputs: [image], kernel: 2, stride: 2, out_channels: 4,\n"
      "     padding: [2, 1, 2, 1], weights: {scale: 0.01}, output: {scale: 0.05}}\n");
  const std::vector<std::string> arguments{
      "-a", folder.file("machine.yaml"), "-w", folder.file("net.yaml"), "--random-data", "91"};
  EXPECT_EQ(report_of("fast", arguments), report_of("systemc", arguments));
}

/// Branches of a convolution and a pool that are written straight into their concatenation.
constexpr const char* kBranches = R"(name: branches
inputs:
  - {name: image, shape: [2, 9, 9, 5], scale: 0.05, zero_point: 3}
outputs: [read]
layers:
  - {name: wide, op: conv2d, inputs: [image], kernel: 3, out_channels: 21, stride: 2, padding: same,
     weights: {}, bias: {}, output: {scale: 0.1, zero_point: -4}}
  - {name: narrow, op: conv2d, inputs: [image], kernel: 1, out_channels: 3, stride: 2,
     weights: {}, output: {scale: 0.1, zero_point: -4}}
  - {name: pooled, op: max_pool2d, inputs: [wide], kernel: 3, stride: 1, padding: same}
  - {name: joined, op: concat, inputs: [narrow, wide, pooled], axis: 3}
  - {name: read, op: conv2d, inputs: [joined], kernel: 3, out_channels: 7, padding: same,
     weights: {}, output: {scale: 0.2}}
)";

TEST(FastEngineConcatenation, WritesBranchesInPlaceLikeTheSystemcMachine) {
  const TemporaryFolder folder;
  write_file(folder.file("branches.yaml"), kBranches);
  const std::vector<std::string> arguments = {
      "-a", "configs/gemmini_16x16.yaml", "-w", folder.file("branches.yaml"), "--random-data", "3"};
  const nlohmann::json fast = report_of("fast", arguments);
  EXPECT_EQ(fast["totals"]["check"], "pass");
  EXPECT_EQ(fast["totals"]["host_read_bytes"], 0);
  EXPECT_EQ(fast, report_of("systemc", arguments));
}

TEST(FastEngineConcatenation, FindsBranchesInPlaceThatTheGoldenModelComputed) {
  const TemporaryFolder folder;
  write_file(folder.file("branches.yaml"), kBranches);
  for (const char* layers : {"pooled", "joined", "narrow,joined", "pooled,read"}) {
    const std::vector<std::string> arguments = {"-a",
                                                "configs/gemmini_16x16.yaml",
                                                "-w",
                                                folder.file("branches.yaml"),
                                                "--random-data",
                                                "3",
                                                "--layers",
                                                layers};
    const nlohmann::json fast = report_of("fast", arguments);
    EXPECT_EQ(fast["totals"]["check"], "pass") << layers;
    EXPECT_EQ(fast, report_of("systemc", arguments)) << layers;
  }
}

// With long bursts and a slow DRAM a layer that ends in the scratchpad has its last row before the
// last burst has come: bytes that nobody wants are a part of the layer, too.
TEST(FastEngineKeep, ALayerEndsWithTheBeatsOfItsLastBursts) {
  for (const char* memory : {"ideal", "banked"}) {
    std::vector<std::string> arguments = {"-a",       "configs/gemmini_16x16.yaml",
                                          "-w",       "workloads/digits_cnn/digits_cnn.yaml",
                                          "--images", "1"};
    for (const std::string& setting :
         {std::string{"compiler.fusion=keep"}, std::string{"array.rows=32"},
          std::string{"array.cols=32"}, std::string{"dma.max_burst_bytes=4096"},
          std::string{"dma.max_outstanding_reads=1"}, std::string{"dram.bytes_per_cycle=1"},
          "dram.model=" + std::string{memory}}) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    const nlohmann::json fast = report_of("fast", arguments);
    EXPECT_EQ(fast["totals"]["check"], "pass");
    EXPECT_EQ(fast, report_of("systemc", arguments)) << memory;
    for (const nlohmann::json& layer : fast["layers"]) {
      EXPECT_LE(layer["bandwidth"]["read_percent_of_peak"], 100) << layer["name"];
    }
  }
}

/// A head of attention: both products have computed matrices, and softmax has a zero point.
constexpr const char* kAttention = R"(name: attention
inputs:
  - {name: tokens, shape: [19, 40], scale: 0.05, zero_point: 11}
outputs: [context]
layers:
  - {name: q, op: fully_connected, inputs: [tokens], out_channels: 29, weights: {}, bias: {}, output: {scale: 0.1, zero_point: -9}}
  - {name: k, op: fully_connected, inputs: [tokens], out_channels: 29, weights: {}, bias: {}, output: {scale: 0.1}}
  - {name: v, op: fully_connected, inputs: [tokens], out_channels: 29, weights: {}, bias: {}, output: {scale: 0.1}}
  - {name: kt, op: transpose, inputs: [k], permutation: [1, 0]}
  - {name: scores, op: matmul, inputs: [q, kt], output: {scale: 0.4, zero_point: 5}}
  - {name: softmax, op: softmax, inputs: [scores]}
  - {name: context, op: matmul, inputs: [softmax, v], output: {scale: 0.05, zero_point: 3}}
)";

class FastEngineAttention : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(FastEngineAttention, TakesZeroPointsOffByTheSumsOfComputedColumns) {
  const TemporaryFolder folder;
  write_file(folder.file("attention.yaml"), kAttention);
  std::vector<std::string> arguments = {
      "-a", "configs/gemmini_16x16.yaml", "-w", folder.file("attention.yaml"), "--random-data",
      "7"};
  for (const std::string& setting : GetParam()) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  const nlohmann::json fast = report_of("fast", arguments);
  EXPECT_EQ(fast["totals"]["check"], "pass");
  const nlohmann::json& context = fast["layers"].back();
  EXPECT_EQ(context["name"], "context");
  EXPECT_EQ(context["host_read_bytes"], 19 * 29);
  EXPECT_EQ(context["host_write_bytes"], 32 * 4);  // 29 in whole blocks of columns
  EXPECT_EQ(fast, report_of("systemc", arguments));
}

INSTANTIATE_TEST_SUITE_P(
    Machines, FastEngineAttention,
    ::testing::Values(std::vector<std::string>{},
                      std::vector<std::string>{"array.dataflow=output_stationary"},
                      std::vector<std::string>{"array.dataflow=input_stationary"},
                      std::vector<std::string>{"array.overflow=saturate"},
                      std::vector<std::string>{"compiler.fusion=keep"},
                      std::vector<std::string>{"array.cols=8", "requant.lanes=8"}));

class FastEngineOnShapes : public ::testing::TestWithParam<std::string> {};

TEST_P(FastEngineOnShapes, RunsEveryLayer) {
  const nlohmann::json report =
      report_of("fast", {"-a", "configs/gemmini_16x16.yaml", "-w",
                         "workloads/shapes/" + GetParam() + ".yaml", "--no-data"});
  ASSERT_FALSE(report["layers"].empty());
  for (const nlohmann::json& layer : report["layers"]) {
    EXPECT_TRUE(layer["where"] == "host" || layer["op"] == "reshape" || layer["cycles"] > 0)
        << layer["name"];
  }
}

std::vector<std::string> shapes() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator{SYSTOLE_SOURCE_DIR "/workloads/shapes"}) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(FastEngineShapes, AreAllThatAreShipped) { EXPECT_EQ(shapes().size(), 12U); }

INSTANTIATE_TEST_SUITE_P(Networks, FastEngineOnShapes, ::testing::ValuesIn(shapes()),
                         [](const auto& test) { return test.param; });

TEST(Candidates, AreTimedAndTheFastestIsTaken) {
  const std::vector<std::string> one = {
      "-a",    "configs/gemmini_16x16.yaml", "-w", "workloads/shapes/googlenet.yaml", "--no-data",
      "--set", "scratchpad.capacity_kib=64"};
  std::vector<std::string> four = one;
  four.insert(four.end(), {"--set", "compiler.candidates=4"});
  const nlohmann::json estimated = report_of("fast", one);
  const nlohmann::json timed = report_of("fast", four);
  ASSERT_EQ(timed["layers"].size(), estimated["layers"].size());
  for (std::size_t i = 0; i < timed["layers"].size(); ++i) {
    EXPECT_LE(timed["layers"][i]["cycles"], estimated["layers"][i]["cycles"])
        << timed["layers"][i]["name"];
  }
  EXPECT_LT(timed["totals"]["cycles"], 0.99 * estimated["totals"]["cycles"].get<double>());
}

/// What a wide bus moves beside what is wanted counts too.
class TrafficAsTheObjective : public ::testing::TestWithParam<int> {
 protected:
  static nlohmann::json report(std::vector<std::string> keys) {
    std::vector<std::string> arguments = {"-a", "configs/gemmini_16x16.yaml", "-w",
                                          "workloads/shapes/squeezenet_1_0.yaml", "--no-data"};
    keys.emplace_back("scratchpad.capacity_kib=64");
    keys.push_back("dma.bus_bytes=" + std::to_string(GetParam()));
    for (const std::string& key : keys) {
      arguments.insert(arguments.end(), {"--set", key});
    }
    return report_of("fast", arguments);
  }
  static std::uint64_t bytes(const nlohmann::json& of) {
    return of["dram_read_bytes"].get<std::uint64_t>() + of["dram_write_bytes"].get<std::uint64_t>();
  }
};

TEST_P(TrafficAsTheObjective, MovesLess) {
  const nlohmann::json least = report({"compiler.objective=traffic"});
  EXPECT_LT(bytes(least["totals"]), bytes(report({})["totals"]));
  const nlohmann::json kept = report({"compiler.objective=traffic", "compiler.fusion=keep"});
  EXPECT_LE(bytes(kept["totals"]), bytes(least["totals"]));
  const nlohmann::json counted = report({"compiler.objective=traffic", "compiler.candidates=16"});
  for (std::size_t i = 0; i < counted["layers"].size(); ++i) {
    EXPECT_LE(bytes(counted["layers"][i]), bytes(least["layers"][i]))
        << counted["layers"][i]["name"];
  }
}

INSTANTIATE_TEST_SUITE_P(BusBytes, TrafficAsTheObjective, ::testing::Values(16, 64),
                         ::testing::PrintToStringParamName());

TEST(FastEngineWithoutData, TakesTheCyclesOfARunWithData) {
  const std::vector<std::string> digits = {"-a", "configs/gemmini_16x16.yaml", "-w", kDigits};
  std::vector<std::string> none = digits;
  none.emplace_back("--no-data");
  std::vector<std::string> one = digits;
  one.insert(one.end(), {"--images", "1"});
  const nlohmann::json timed = report_of("fast", none);
  const nlohmann::json run = report_of("fast", one);
  EXPECT_EQ(timed["totals"]["cycles"], run["totals"]["cycles"]);
  EXPECT_EQ(timed["totals"]["ledger"], run["totals"]["ledger"]);
}

TEST(FastEngineOnModels, IsBitExactOnPublishedOnes) {
  const std::string folder = SYSTOLE_TFLITE_DATA "/models/";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << folder << " is not there";
  }
  std::size_t models = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    const std::string model = entry.path().string();
    const nlohmann::json report =
        report_of("fast", {"-a", "configs/gemmini_16x16.yaml", "-w", model});
    EXPECT_EQ(report["totals"]["check"], "pass") << model;
    ++models;
  }
  EXPECT_EQ(models, 9U);
  std::cout << "held " << models << " models\n";
}

// uint8 and int8 activations, both styles of quantized graphs.
TEST(EnginesOnOnnxModels, AreBitExactAndEqual) {
  std::size_t models = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator{SYSTOLE_SOURCE_DIR "/tests/data/onnx"}) {
    const std::vector<std::string> arguments = {"-a",    "configs/gemmini_16x16.yaml",
                                                "--set", "requant.mode=float_scale",
                                                "-w",    (entry.path() / "model.onnx").string()};
    const nlohmann::json fast = report_of("fast", arguments);
    EXPECT_EQ(fast["totals"]["check"], "pass") << entry.path();
    EXPECT_EQ(fast, report_of("systemc", arguments)) << entry.path();
    ++models;
  }
  EXPECT_EQ(models, 7U);
}

/// Whether lines are in order of cycles, and those of one cycle in order of channels.
bool is_in_order_of_time(const std::string& commands) {
  std::istringstream in{commands};
  std::pair<std::uint64_t, std::uint64_t> last{0, 0}, next;
  for (std::string line, command; std::getline(in, line); last = next) {
    std::istringstream{line} >> next.first >> command >> next.second;
    if (next < last) {
      return false;
    }
  }
  return true;
}

/// The traces of two inferences: requests, and the commands of a banked memory.
std::pair<std::string, std::string> traces_of(const std::string& engine,
                                              const std::vector<std::string>& settings) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {"run",     "-a",           "configs/gemmini_16x16.yaml",
                                        "-w",      kDigits,        "--images",
                                        "2",       "--engine",     engine,
                                        "--quiet", "--dram-trace", folder.file("trace")};
  for (const std::string& setting : settings) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  const bool banked = settings.front() == "dram.model=banked";
  if (banked) {
    arguments.insert(arguments.end(), {"--dram-commands", folder.file("commands")});
  }
  const Outcome outcome = systole(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return {read_file(folder.file("trace")), banked ? read_file(folder.file("commands")) : ""};
}

// Every request and every command in the same cycle and in the same place of the file, over all
// layers.
TEST(EnginesOnTheDram, WriteTheSameTraces) {
  for (const std::vector<std::string>& settings :
       std::vector<std::vector<std::string>>{{"dram.model=ideal"},
                                             {"dram.model=banked"},
                                             {"dram.model=banked", "dram.preset=ddr3_2133"},
                                             {"dram.model=banked", "dram.preset=hbm2"}}) {
    const auto fast = traces_of("fast", settings);
    EXPECT_GT(fast.first.size() + fast.second.size(), 10'000U) << settings.back();
    EXPECT_TRUE(fast == traces_of("systemc", settings)) << settings.back();
    EXPECT_TRUE(is_in_order_of_time(fast.second)) << settings.back();
  }
}

}  // namespace
}  // namespace systole::test

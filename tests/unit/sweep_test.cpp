#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "sim/config/error_log.hpp"
#include "sim/network/refusal.hpp"
#include "sim/sweep/digest.hpp"
#include "sim/sweep/pareto.hpp"
#include "sim/sweep/point_log.hpp"
#include "sim/sweep/selection.hpp"
#include "sim/sweep/sweep_json.hpp"
#include "sim/sweep/sweep_tables.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::ofstream{file("net.yaml")};
  }
  ~SweepTest() override { fs::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  /// A spec around gemmini_16x16; `rest` is what follows.
  SweepSpec spec(const std::string& rest) const {
    std::ofstream{file("spec.yaml")}
        << "accelerator: " SYSTOLE_SOURCE_DIR "/configs/gemmini_16x16.yaml\n"
        << rest;
    return load_sweep(file("spec.yaml"));
  }

  std::string refusal(const std::string& rest) const {
    try {
      points(rest);
    } catch (const Refusal& error) {
      return error.what();
    }
    return "";
  }

  std::string errors(const std::string& rest) const {
    try {
      spec(rest);
    } catch (const ConfigError& error) {
      std::string text = error.what();
      const std::string name = file("spec.yaml");
      for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name)) {
        text.replace(at, name.size(), "spec");
      }
      return text;
    }
    return "accepted";
  }

  /// "8 16" for each point.
  std::vector<std::string> points(const std::string& rest) const {
    std::vector<std::string> texts;
    for (const Point& point : select_points(spec("workload: net.yaml\n" + rest))) {
      std::string text;
      for (const Assignment& assignment : point) {
        text += (text.empty() ? "" : " ") + assignment.text;
      }
      texts.push_back(text);
    }
    return texts;
  }

  const fs::path folder_ =
      fs::path{::testing::TempDir()} /
      ("sweep_" + std::string{::testing::UnitTest::GetInstance()->current_test_info()->name()});
};

TEST_F(SweepTest, AxesCombineWithTheLastOneFastest) {
  EXPECT_THAT(points("axes:\n"
                     "  - {key: array.rows, values: [8, 16]}\n"
                     "  - {key: array.cols, range: {from: 4, to: 8, step: 2}}\n"),
              ElementsAre("8 4", "8 6", "8 8", "16 4", "16 6", "16 8"));
}

TEST_F(SweepTest, RangesGrowByStepsOrByFactorsAndReachTheirEnd) {
  EXPECT_THAT(points("axes: [{key: array.rows, range: {from: 4, to: 32, times: 2}}]"),
              ElementsAre("4", "8", "16", "32"));
  EXPECT_THAT(points("axes: [{key: array.rows, range: {from: 4, to: 33, times: 2}}]"),
              ElementsAre("4", "8", "16", "32"));
  EXPECT_THAT(points("axes: [{key: array.rows, range: {from: 7, to: 9}}]"),
              ElementsAre("7", "8", "9"));
}

TEST_F(SweepTest, ZipsGoTogetherAndMayHoldProducts) {
  EXPECT_THAT(points("axes:\n"
                     "  - zip:\n"
                     "      - {key: array.rows, values: [1, 2, 3, 4]}\n"
                     "      - product:\n"
                     "          - {key: array.cols, values: [5, 6]}\n"
                     "          - {key: dma.bus_bytes, values: [8, 16]}\n"),
              ElementsAre("1 5 8", "2 5 16", "3 6 8", "4 6 16"));
}

TEST_F(SweepTest, ConstraintsCompareProductsOfKeysOfAxesAndOfTheBaseMachine) {
  const std::string axes =
      "axes:\n"
      "  - {key: array.rows, values: [8, 16, 32]}\n"
      "  - {key: array.cols, values: [8, 16, 32]}\n";
  EXPECT_THAT(points(axes + "constraints: ['array.rows*array.cols<=128']\n"),
              ElementsAre("8 8", "8 16", "16 8"));
  EXPECT_THAT(points(axes + "constraints: [array.rows == array.cols, array.rows != 16]\n"),
              ElementsAre("8 8", "32 32"));
  EXPECT_THAT(points(axes + "constraints: [array.rows * dma.bus_bytes > 256, array.cols < 16]\n"),
              ElementsAre("32 8"));  // bus_bytes is 16 in the base machine
  EXPECT_THAT(points(axes + "constraints: [array.dataflow == weight_stationary, 16 > array.rows,"
                            " 16 > array.cols]\n"),
              ElementsAre("8 8"));
  EXPECT_THAT(refusal(axes + "constraints: [array.dataflow == output_stationary]\n"),
              HasSubstr("spec.yaml:6:14: constraints: leave no point"));
  EXPECT_THAT(refusal(axes + "constraints: [array.dataflow < array.rows]\n"),
              HasSubstr("spec.yaml:6:14: constraints: 'array.dataflow < array.rows': "));
}

TEST_F(SweepTest, SettingsAreOfEveryPointAndKnownToConstraints) {
  const std::string axes = "axes: [{key: array.rows, values: [8, 16, 32]}]\n";
  EXPECT_THAT(points(axes + "set: {array.cols: 32}\nconstraints: [array.rows < array.cols]\n"),
              ElementsAre("8", "16"));
  EXPECT_EQ(spec("workload: net.yaml\n" + axes + "set: {array.cols: 32}\n").settings[0].value,
            "32");
  EXPECT_EQ(errors("workload: net.yaml\n" + axes + "set: {array.rows: 32}\n"),
            "spec:3:7: axes: sets array.rows twice");
  EXPECT_EQ(errors("workload: net.yaml\n" + axes + "set: {array.clos: 32, workload: x}\n"),
            "spec:4:19: set.array.clos: is no key of the accelerator (did you mean 'array.cols'?)\n"
            "spec:4:33: set.workload: is no key of the accelerator");
}

TEST_F(SweepTest, RandomPointsAreDistinctAndFollowTheSeed) {
  const std::string axes =
      "axes:\n"
      "  - {key: array.rows, range: {from: 1, to: 50}}\n"
      "  - {key: array.cols, range: {from: 1, to: 50}}\n"
      "constraints:\n"
      "  - array.rows <= array.cols\n";
  const auto first = points(axes + "sample: {method: random, points: 100, seed: 3}\n");
  EXPECT_EQ(first.size(), 100U);
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), 100U);
  EXPECT_EQ(first, points(axes + "sample: {method: random, points: 100, seed: 3}\n"));
  EXPECT_NE(first, points(axes + "sample: {method: random, points: 100, seed: 4}\n"));
  // All 1275 are found, and then it ends.
  EXPECT_EQ(points(axes + "sample: {method: random, points: 5000}\n").size(), 1275U);
  // However rare they are.
  EXPECT_EQ(points(axes + "  - array.cols <= 3\nsample: {method: random, points: 4}\n").size(), 4U);
}

// 1,999,980 of nearly ten thousand million.
TEST_F(SweepTest, RandomPointsAreDrawnFromWhatConstraintsOfOneAxisLeave) {
  const std::string axes =
      "axes:\n"
      "  - {key: scratchpad.capacity_kib, range: {from: 1, to: 100000}}\n"
      "  - {key: dram.latency_cycles, range: {from: 2, to: 100000}}\n"
      "sample: {method: random, points: 10}\n";
  EXPECT_EQ(points(axes + "constraints: [scratchpad.capacity_kib <= 20]\n").size(), 10U);
  EXPECT_EQ(
      points(axes + "constraints: [scratchpad.capacity_kib * dram.latency_cycles < 1e6]\n").size(),
      10U);
  EXPECT_THAT(refusal(axes + "constraints: [scratchpad.capacity_kib == 0]\n"),
              HasSubstr("constraints: leave no point"));
  EXPECT_THAT(refusal(axes + "constraints: [scratchpad.capacity_kib * dram.latency_cycles < 3]\n"),
              HasSubstr("constraints: no point is found: 100000 draws in a row gave nothing new"));
}

// Of a seed that was drawn before axes were narrowed.
TEST_F(SweepTest, RandomPointsStayThoseOfTheirSeed) {
  EXPECT_THAT(points("axes:\n"
                     "  - {key: array.rows, range: {from: 1, to: 50}}\n"
                     "  - {key: array.cols, range: {from: 1, to: 50}}\n"
                     "constraints: [array.rows <= array.cols]\n"
                     "sample: {method: random, points: 3, seed: 3}\n"),
              ElementsAre("19 36", "10 30", "25 37"));
}

// Any name that is no other format's is a workload's.
TEST_F(SweepTest, ADigestIsOfTensorsToo) {
  for (const std::string& net : {file("net.yaml"), file("net.YAML"), file("net.trace")}) {
    std::ofstream{net} << "weights: {file: w.npy}\n";
    std::ofstream{file("w.npy")} << "shape (16, 3)";
    const std::string before = digest_of_file(net);
    EXPECT_EQ(digest_of_file(net), before);
    std::ofstream{file("w.npy")} << "shape (64, 3)";
    EXPECT_NE(digest_of_file(net), before) << net;
  }
}

TEST_F(SweepTest, LatinHypercubesTakeEachStratumOfEachAxisOnce) {
  const auto found = points(
      "axes:\n"
      "  - {key: array.rows, range: {from: 1, to: 20}}\n"
      "  - {key: array.cols, range: {from: 1, to: 40}}\n"
      "sample: {method: latin_hypercube, points: 20, seed: 5}\n");
  ASSERT_EQ(found.size(), 20U);
  std::set<int> rows;
  std::set<int> col_strata;
  for (const std::string& point : found) {
    rows.insert(std::stoi(point));
    col_strata.insert((std::stoi(point.substr(point.find(' '))) - 1) / 2);
  }
  EXPECT_EQ(rows.size(), 20U);
  EXPECT_EQ(col_strata.size(), 20U);
}

TEST_F(SweepTest, EveryMistakeOfASpecIsToldWithItsPlace) {
  EXPECT_EQ(errors("workload: net.yaml\n"
                   "engine: systemc\n"
                   "images: 3\n"
                   "axes:\n"
                   "  - {key: array.row, values: [8]}\n"
                   "  - {key: array.cols, values: [], other: 1}\n"
                   "  - {key: dma.bus_bytes, range: {from: 8, to: 4}}\n"
                   "  - zip: [{key: vector.lanes, values: [1, 2]}, {key: name, values: [a]}]\n"
                   "constraints: [array.rows <, array.rosw < 8, 3 < 4]\n"
                   "sample: {method: grid, points: 0}\n"
                   "metrics: [cycles, energy]\n"),
            "spec:3:9: engine: expected fast, found 'systemc'\n"
            "spec:4:9: images: needs data: workload\n"
            "spec:6:11: axes[0].key: 'array.row' is no key of the accelerator, and not workload "
            "(did you mean 'array.rows'?)\n"
            "spec:7:31: axes[1].values: expected a list of values that is not empty\n"
            "spec:7:35: axes[1].other: unknown key, expected zip, product, key, values or range\n"
            "spec:8:47: axes[2].range.to: 4 is below from, 8\n"
            "spec:9:10: axes[3].zip: axis 1 has 1 values, expected 2, as many as axis 0\n"
            "spec:10:15: constraints[0]: expected a comparison such as array.rows <= array.cols\n"
            "spec:10:29: constraints[1]: 'array.rosw' is neither a key nor a number (did you mean "
            "'array.rows'?)\n"
            "spec:10:45: constraints[2]: names no key, expected at least one\n"
            "spec:11:18: sample.method: expected random or latin_hypercube, found 'grid'\n"
            "spec:11:32: sample.points: 0 is out of range, expected an integer in 1..1000000\n"
            "spec:12:19: metrics[1]: no metric 'energy', expected cycles, time_s, macs, "
            "utilization, dram_read_bytes, dram_write_bytes, dram_bytes, bytes_per_cycle, "
            "peak_bytes_per_cycle, energy_pj, pj_per_mac, energy_delay_js, tops, tops_per_watt, "
            "area_mm2, tops_per_mm2, accuracy or psum_overflows (did you mean 'energy_pj'?)");
  EXPECT_THAT(errors("axes: [{key: array.rows, values: [8]}]"),
              HasSubstr("workload: missing, expected a file, here or in an axis"));
  EXPECT_THAT(errors("workload: net.yaml\naxes: [{key: workload, values: [b]}]"),
              HasSubstr("workload: is set here and by an axis"));
  EXPECT_THAT(errors("workload: net.yaml\naxes: [{key: array.rows, values: [8]},"
                     " {key: array.rows, values: [9]}]"),
              HasSubstr("axes: sets array.rows twice"));
}

TEST_F(SweepTest, AWordThatAKeyCannotHaveIsRefused) {
  const std::string axes = "workload: net.yaml\naxes: [{key: array.rows, values: [8]}]\n";
  EXPECT_THAT(errors(axes + "constraints: [array.dataflow != weight_stationaryy]\n"),
              HasSubstr("spec:4:15: constraints[0]: array.dataflow: expected weight_stationary, "
                        "output_stationary or input_stationary, found 'weight_stationaryy'"));
  EXPECT_THAT(errors(axes + "constraints: [eight == array.rows]\n"),
              HasSubstr("constraints[0]: array.rows: expected an integer"));
  EXPECT_EQ(errors(axes + "constraints: [output_stationary != array.dataflow]\n"), "accepted");
}

// 2^32 times 2^32 is 0 in 64 bits.
TEST_F(SweepTest, AProductBeyondTheEndOfARangeDoesNotWrap) {
  EXPECT_EQ(points("axes:\n"
                   "  - {key: array.rows, range: {from: 4294967296, to: 1000000000000, times: "
                   "4294967296}}\n")
                .size(),
            1U);
}

// A factor of 1 would go on for ever.
TEST_F(SweepTest, ARangeThatNeverEndsIsRefused) {
  EXPECT_EQ(
      errors("workload: net.yaml\naxes: [{key: array.rows, range: {from: 1, to: 8, times: 1}}]\n"),
      "spec:3:57: axes[0].range.times: 1 is out of range, expected an integer in "
      "2..1000000000000");
}

TEST_F(SweepTest, TooManyCombinationsAreRefused) {
  EXPECT_THAT(refusal("axes:\n"
                      "  - {key: array.rows, range: {from: 1, to: 100000}}\n"
                      "  - {key: array.cols, range: {from: 1, to: 100000}}\n"),
              HasSubstr("spec.yaml:4:3: axes: give more than 10000000 combinations"));
}

TEST(Pareto, FrontHoldsWhatNothingBeatsAndAllThatAreEqual) {
  EXPECT_THAT(pareto_front({{3, 1}, {1, 3}, {2, 2}, {2, 3}, {2, 2}, {4, 4}}),
              ElementsAre(0, 1, 2, 4));
  EXPECT_THAT(pareto_front({{1, 1, 5}, {1, 1, 4}, {0, 9, 9}}), ElementsAre(1, 2));
  EXPECT_TRUE(pareto_front({}).empty());
}

PointResult sample_result(const std::string& key) {
  PointResult result;
  result.key = key;
  result.metrics[static_cast<std::size_t>(Metric::Cycles)] = 123456789;
  result.metrics[static_cast<std::size_t>(Metric::EnergyPj)] = 0.1;
  return result;
}

TEST_F(SweepTest, FinishedPointsAreReadBackAndABrokenLastLineIsRemoved) {
  const Point point = {{"array.rows", "8", "8"}};
  {
    PointLog log{file("log"), false};
    log.append(sample_result("a"), point);
    PointResult failed;
    failed.key = "b";
    failed.error = "does not fit, \"at all\"";
    log.append(failed, point);
  }
  const std::string path = file("log/points.jsonl");
  const auto size = fs::file_size(path);
  std::ofstream{path, std::ios::app} << "{\"key\":\"c\",\"val";
  EXPECT_THROW((PointLog{file("log"), false}), std::runtime_error);
  const PointLog log{file("log"), true};
  EXPECT_EQ(fs::file_size(path), size);
  ASSERT_EQ(log.finished().size(), 2U);
  EXPECT_EQ(log.finished().at("a").metrics, sample_result("a").metrics);
  EXPECT_EQ(log.finished().at("b").error, "does not fit, \"at all\"");
}

TEST_F(SweepTest, BrokenLinesOfLogsThatWerePutTogetherArePassedOver) {
  const Point point = {{"array.rows", "8", "8"}};
  const std::string too_deep(100'000, '[');
  fs::create_directories(file("log"));
  std::ofstream{file("log/points.jsonl")}
      << line_of(sample_result("a"), point) << "{\"key\":\"b\",\"val"
      << line_of(sample_result("c"), point) << "{\"key\":" << too_deep << '\n'
      << line_of(sample_result("d"), point);
  const PointLog log{file("log"), true};
  ASSERT_EQ(log.finished().size(), 2U);
  EXPECT_EQ(log.finished().at("d").metrics, sample_result("d").metrics);
  std::ofstream{file("log/points.jsonl")} << "not a point\n{}\n";
  EXPECT_THROW((PointLog{file("log"), true}), std::runtime_error);
}

TEST_F(SweepTest, TablesHaveARowForEachPointAndFailuresSayWhy) {
  const SweepSpec sweep = spec(
      "workload: net.yaml\n"
      "axes: [{key: array.rows, values: [8, 16, 32]}]\n"
      "metrics: [cycles]\n"
      "pareto: [cycles, energy_pj]\n");
  PointResult failed;
  failed.error = "a, \"b\"";
  const SweepTables tables =
      sweep_tables(sweep, select_points(sweep), {sample_result("a"), failed, sample_result("c")});
  EXPECT_EQ(tables.points,
            "point,array.rows,cycles,energy_pj,error\r\n"
            "0,8,123456789,0.1,\r\n"
            "1,16,,,\"a, \"\"b\"\"\"\r\n"
            "2,32,123456789,0.1,\r\n");
  EXPECT_EQ(tables.pareto,
            "point,array.rows,cycles,energy_pj,error\r\n"
            "0,8,123456789,0.1,\r\n"
            "2,32,123456789,0.1,\r\n");
  EXPECT_THAT(tables.front, ElementsAre(0U, 2U));

  const nlohmann::ordered_json json = sweep_json(
      sweep, select_points(sweep), {sample_result("a"), failed, sample_result("c")}, tables.front);
  EXPECT_EQ(json.at("columns").size(), 3U);
  EXPECT_EQ(json.at("columns")[2].dump(),
            R"({"name":"energy_pj","metric":true,"unit":"pJ","more_is_better":false})");
  EXPECT_EQ(json.at("rows").dump(),
            R"([["8",123456789,0.1],["16",null,null],["32",123456789,0.1]])");
  EXPECT_EQ(json.at("front").dump(), "[0,2]");
  EXPECT_EQ(json.at("errors").dump(), R"({"1":"a, \"b\""})");
  EXPECT_EQ(json.at("accelerator"), SYSTOLE_SOURCE_DIR "/configs/gemmini_16x16.yaml")
      << "as the spec has it, which is where the page's command runs";
}

TEST_F(SweepTest, APointWithoutAMetricOfTheFrontIsNotOnItAndTheMetricIsNamed) {
  const SweepSpec sweep = spec(
      "workload: net.yaml\n"
      "axes: [{key: array.rows, values: [8, 16]}]\n"
      "pareto: [cycles, area_mm2]\n");
  PointResult with_area = sample_result("b");
  with_area.metrics[static_cast<std::size_t>(Metric::AreaMm2)] = 2;
  const SweepTables tables =
      sweep_tables(sweep, select_points(sweep), {sample_result("a"), with_area});
  EXPECT_THAT(tables.front, ElementsAre(1U));
  EXPECT_THAT(tables.missing, ElementsAre(Metric::AreaMm2));
}

}  // namespace
}  // namespace systole

// Sweeps: what their points are known by, and what is written of them.

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>

#include "sim/config/digest.hpp"
#include "sim/run/inputs.hpp"
#include "sim/sweep/pareto.hpp"
#include "sim/sweep/point_log.hpp"
#include "sim/sweep/point_run.hpp"
#include "sim/sweep/sweep_json.hpp"
#include "sim/sweep/sweep_tables.hpp"
#include "tests/unit/sweep_test_files.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

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

// An empty one is named whenever a layer is called as it is.
TEST_F(SweepTest, ADigestIsOfEmptyFilesToo) {
  std::ofstream{file("other.yaml")} << "name: conv1\n";
  const std::string before = digest_of_file(file("other.yaml"));
  std::ofstream{file("conv1")} << "";
  EXPECT_NE(digest_of_file(file("other.yaml")), before);
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
  result.metrics[static_cast<std::size_t>(Metric::EnergyDelayJs)] = 0.1;
  return result;
}

TEST(SweepMetrics, ANormalizedTableGivesNoneOfJoules) {
  RunResult run;
  run.layers.emplace_back();
  run.layers[0].cycles = 100;
  run.layers[0].gemm.macs = 50;
  run.layers[0].events.add(Event::DramFetchedBytes, 8);
  EnergyTable table = load_energy_table(SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml");
  for (const bool normalized : {false, true}) {
    table.normalized = normalized;
    const MetricValues values = metrics_of(run, table);
    const auto known = [&](Metric metric) {
      return values[static_cast<std::size_t>(metric)].has_value();
    };
    EXPECT_TRUE(known(Metric::EnergyPj));
    EXPECT_TRUE(known(Metric::PjPerMac));
    EXPECT_EQ(known(Metric::EnergyDelayJs), !normalized);
    EXPECT_EQ(known(Metric::TopsPerWatt), !normalized);
  }
}

TEST_F(SweepTest, FinishedPointsAreReadBackAndABrokenLastLineIsRemoved) {
  const Point point = {{"array.rows", "8", "8", ""}};
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
  const Point point = {{"array.rows", "8", "8", ""}};
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

TEST_F(SweepTest, AFileThatIsNoLogStaysAsItIs) {
  const Point point = {{"array.rows", "8", "8", ""}};
  const std::string line = line_of(sample_result("a"), point);
  const std::string path = file("log/points.jsonl");
  fs::create_directories(file("log"));
  const auto refusal_of = [&](const std::string& text) -> std::string {
    std::ofstream{path} << text;
    try {
      const PointLog log{file("log"), true};
    } catch (const ConfigError& error) {
      std::ostringstream left;
      left << std::ifstream{path}.rdbuf();
      EXPECT_EQ(left.str(), text);
      return std::string{error.what()}.substr(path.size());
    }
    return "";
  };
  EXPECT_EQ(refusal_of("my notes"),
            ":1:1: no finished point, expected a line that 'systole sweep' wrote");
  EXPECT_EQ(refusal_of(line + "and my notes"),
            ":2:1: no finished point, expected a line that 'systole sweep' wrote");
  for (const std::string part : {"", "{", "{\"key\":", "{\"key\":\"b\",\"val"}) {
    EXPECT_EQ(refusal_of(line + part), "") << part;
    EXPECT_EQ(refusal_of(part), "") << part;
  }
}

// Memory at 0 is a file that opens and gives an error when it is read. Nothing is cut off it.
TEST_F(SweepTest, ALogThatCannotBeReadToItsEndIsNoEmptyOne) {
  const std::string path = file("log/points.jsonl");
  fs::create_directories(file("log"));
  fs::create_symlink("/proc/self/mem", path);
  try {
    const PointLog log{file("log"), true};
    FAIL() << "read";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.what(), path + ": cannot be read to its end");
  }
}

TEST_F(SweepTest, APointThatCannotBeAppendedSaysWhy) {
  PointLog log{file("log"), false};
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit full{10, limit.rlim_max};
  const auto on_full = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  std::string why;
  try {
    log.append(sample_result("a"), {{"array.rows", "8", "8", ""}});
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, on_full);
  EXPECT_EQ(why, file("log/points.jsonl") + ": cannot be written: File too large");
}

// `images: N` are the first N; a network has no more than all of its images.
TEST_F(SweepTest, ImagesAreTheFirstOnes) {
  const std::string net = SYSTOLE_SOURCE_DIR "/workloads/digits_cnn/digits_cnn.yaml";
  const Network network = load_workload(net);
  const LabelledInputs inputs = load_inputs(net, network);
  std::vector<std::uint64_t> right{0};  // of the first 0, 1, 2, ... images
  for (std::uint64_t i = 0; i < inference_count(network, inputs); ++i) {
    const std::vector<TensorData> tensors = golden_tensors(network, inputs, i);
    right.push_back(right.back() +
                    count_correct(network, tensors.at(network.outputs.at(0)), inputs, i));
  }
  std::size_t wrong = 0;
  while (right.at(wrong + 1) > wrong) {
    ++wrong;
  }
  const std::size_t all = right.size() - 1;
  ASSERT_LT(wrong, all);
  for (const std::size_t images : {std::size_t{1}, wrong, wrong + 1, all - 1, all, all + 1}) {
    const SweepSpec sweep = spec("workload: " + net +
                                 "\naxes: [{key: array.rows, values: [16]}]\n"
                                 "data: workload\ncheck: false\nimages: " +
                                 std::to_string(images) + "\n");
    const std::vector<Point> points = select_points(sweep);
    const PointRunner runner{sweep, points};
    const PointResult result = runner.run(points.at(0), runner.machine_of(points[0]));
    EXPECT_EQ(result.error, "");
    const std::size_t count = std::min(images, all);
    EXPECT_EQ(result.metrics[static_cast<std::size_t>(Metric::Accuracy)],
              static_cast<double>(right.at(count)) / static_cast<double>(count))
        << images;
  }
}

TEST_F(SweepTest, AMetricIsANumber) {
  const std::string line = line_of(sample_result("a"), {{"array.rows", "8", "8", ""}});
  const std::string cycles = "\"cycles\":";
  const std::size_t begin = line.find(cycles) + cycles.size();
  ASSERT_NE(begin, std::string::npos);
  const auto with = [&](const std::string& value) {
    std::string changed = line;
    return changed.replace(begin, changed.find(',', begin) - begin, value);
  };
  EXPECT_EQ(result_of(with("7"))->metrics[static_cast<std::size_t>(Metric::Cycles)], 7);
  EXPECT_EQ(result_of(with("null"))->metrics[static_cast<std::size_t>(Metric::Cycles)],
            std::nullopt);
  for (const char* const other : {"true", "\"7\"", "[7]"}) {
    EXPECT_FALSE(result_of(with(other))) << other;
  }
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

TEST_F(SweepTest, ThePageHasEnergiesInMacsWhereTheTablesAreNormalized) {
  const SweepSpec sweep = spec(
      "workload: net.yaml\n"
      "axes: [{key: array.rows, values: [8, 16, 32]}]\n"
      "metrics: [energy_pj]\n");
  PointResult failed;
  failed.error = "refused";
  const PointResult joules = sample_result("a");
  PointResult macs = sample_result("b");
  macs.metrics[static_cast<std::size_t>(Metric::EnergyDelayJs)].reset();
  const auto unit_of = [&](const std::vector<PointResult>& results) {
    const nlohmann::ordered_json json = sweep_json(sweep, select_points(sweep), results, {});
    EXPECT_EQ(json.at("normalized"), json.at("columns")[1].at("unit") != "pJ");
    return json.at("columns")[1].at("unit").get<std::string>();
  };
  EXPECT_EQ(unit_of({joules, joules, failed}), "pJ");
  EXPECT_EQ(unit_of({macs, macs, failed}), "MAC");
  EXPECT_EQ(unit_of({macs, joules, failed}), "pJ or MAC");
  EXPECT_EQ(unit_of({failed, failed, failed}), "pJ");
}

// A text that looks like something else is that to --set.
TEST_F(SweepTest, ThePagesCommandsHaveTextsInQuotes) {
  std::ofstream{file("my.yaml")} << "";
  const SweepSpec sweep = spec(
      "workload: net.yaml\n"
      "set: {energy.table: 'my.yaml', dram.preset: hbm2}\n"
      "axes:\n"
      "  - {key: name, values: ['null', plain]}\n"
      "  - {key: array.rows, values: [8]}\n");
  const nlohmann::ordered_json json =
      sweep_json(sweep, select_points(sweep), {sample_result("a"), sample_result("b")}, {});
  EXPECT_EQ(json.at("in_quotes").dump(), R"({"0":{"name":"\"null\""}})");
  EXPECT_EQ(json.at("settings").dump(), R"({"energy.table":{"text":"my.yaml","set":"\"my.yaml\""},)"
                                        R"("dram.preset":{"text":"hbm2","set":"hbm2"}})")
      << "from the folder of the spec";
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

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/system/browser.hpp"
#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// A small network on gemmini_16x16.
std::string write_spec_of(const TemporaryFolder& folder, const std::string& rest) {
  std::string spec = folder.file("spec.yaml");
  write_file(spec, "accelerator: " SYSTOLE_SOURCE_DIR
                   "/configs/gemmini_16x16.yaml\n"
                   "workload: " SYSTOLE_SOURCE_DIR "/workloads/digits_cnn/digits_cnn.yaml\n" +
                       rest);
  return spec;
}

/// Twelve points, six of which are refused by the machine's own rules.
std::string write_spec(const TemporaryFolder& folder, const std::string& more = "") {
  return write_spec_of(folder,
                       "axes:\n"
                       "  - {key: array.cols, values: [4, 16, 32, 64]}\n"
                       "  - {key: dram.bytes_per_cycle, values: [8, 16, 24]}\n" +
                           more);
}

/// The page of a sweep, and how the sweep ended.
struct Page {
  std::string file;
  int exit_code = 0;
};

Page page_of(const std::string& spec, const TemporaryFolder& folder) {
  std::string page = folder.file("sweep.html");
  const Outcome swept = systole({"sweep", spec, "-o", folder.file("s"), "--html", page});
  return {page, swept.exit_code};
}

std::string tables(const std::string& folder) {
  return read_file(folder + "/points.csv") + read_file(folder + "/pareto.csv");
}

TEST(CliSweep, TablesAreTheSameForAnyNumberOfWorkersAndSilentInAPipe) {
  const TemporaryFolder folder;
  std::string spec = write_spec(folder);
  const Outcome one = systole({"sweep", spec, "-o", folder.file("one"), "-j", "1"});
  ASSERT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(one.err, "");
  EXPECT_THAT(one.out, HasSubstr("12 points, 12 of them run now, 6 failed"));
  ASSERT_EQ(systole({"sweep", spec, "-o", folder.file("four"), "-j", "4"}).exit_code, 0);
  EXPECT_EQ(tables(folder.file("one")), tables(folder.file("four")));
  EXPECT_EQ(lines(read_file(folder.file("one/points.csv"))).size(), 13U);
}

TEST(CliSweep, APointHasTheCyclesThatRunReports) {
  const TemporaryFolder folder;
  std::string spec = write_spec(folder);
  ASSERT_EQ(systole({"sweep", spec, "-o", folder.file("s")}).exit_code, 0);
  const std::string json = folder.file("run.json");
  const Outcome run = systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w",
                               "workloads/digits_cnn/digits_cnn.yaml", "--no-data", "--set",
                               "array.cols=32", "--set", "dram.bytes_per_cycle=8", "--json", json});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto cycles =
      nlohmann::json::parse(read_file(json)).at("totals").at("cycles").get<std::uint64_t>();
  EXPECT_THAT(read_file(folder.file("s/points.csv")),
              HasSubstr("\r\n6,32,8," + std::to_string(cycles) + ","));
}

TEST(CliSweep, AKilledSweepGoesOnAndNothingRunsTwice) {
  const TemporaryFolder folder;
  std::string spec = write_spec(folder);
  ASSERT_EQ(systole({"sweep", spec, "-o", folder.file("whole")}).exit_code, 0);
  const auto finished = lines(read_file(folder.file("whole/points.jsonl")));
  std::filesystem::create_directory(folder.file("part"));
  std::string part;
  for (std::size_t i = 0; i < 5; ++i) {
    part += finished[i] + '\n';
  }
  write_file(folder.file("part/points.jsonl"), part + finished[5].substr(0, 30));
  EXPECT_EQ(systole({"sweep", spec, "-o", folder.file("part")}).exit_code, 2);
  const Outcome resumed = systole({"sweep", spec, "-o", folder.file("part"), "--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("12 points, 7 of them run now"));
  EXPECT_EQ(tables(folder.file("whole")), tables(folder.file("part")));
  // Other points of the same machine are new, those that are known are not.
  write_spec(folder, "  - {key: energy.node, values: [as_table, 7nm]}\n");
  EXPECT_THAT(systole({"sweep", spec, "-o", folder.file("part"), "--resume"}).out,
              HasSubstr("24 points, "));
}

// What a point is made of, files by what is in them; and the point itself does not run twice.
TEST(CliSweep, WhateverChangesAPointMakesItRunAgain) {
  const TemporaryFolder folder;
  const auto copy = [&](const std::string& from, const std::string& to) {
    std::filesystem::copy(SYSTOLE_SOURCE_DIR "/" + from, folder.file(to));
  };
  copy("workloads/digits_cnn", "net");
  copy("configs/energy/horowitz_45nm.yaml", "table.yaml");
  copy("configs/dram/ddr4_2400.yaml", "dram.yaml");
  const std::string spec = folder.file("spec.yaml");
  const auto write = [&](const std::string& rest) {
    write_file(spec, "accelerator: " SYSTOLE_SOURCE_DIR
                     "/configs/gemmini_16x16.yaml\n"
                     "workload: net/digits_cnn.yaml\n"
                     "set: {dram.model: banked, dram.preset: dram.yaml, energy.table: table.yaml}\n"
                     "axes: [{key: array.max_compute_rows, values: [16]}]\n" +
                         rest);
  };
  const auto expect_run = [&](const std::string& what, int points) {
    const Outcome outcome = systole({"sweep", spec, "-o", folder.file("s"), "--resume"});
    EXPECT_THAT(outcome.out, HasSubstr("1 points, " + std::to_string(points) + " of them run now"))
        << what << ": " << outcome.err;
  };
  const auto change = [&](const std::string& file, const std::string& from, const std::string& to) {
    std::string text = read_file(folder.file(file));
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file;
    write_file(folder.file(file), text.replace(at, from.size(), to));
    expect_run(file, 1);
  };
  for (const std::string data :
       {"", "data: random\n", "data: random\ndata_seed: 2\n", "data: workload\nimages: 2\n",
        "data: workload\nimages: 2\ncheck: false\n", "data: workload\nimages: 3\n"}) {
    write(data);
    expect_run(data, 1);
    expect_run(data, 0);
  }
  change("table.yaml", "value: 0.1\n", "value: 0.2\n");
  change("dram.yaml", "  cl: 17", "  cl: 18");
  std::string labels = read_file(folder.file("net/test_labels.npy"));
  labels.back() = '\1';
  write_file(folder.file("net/test_labels.npy"), labels);
  expect_run("labels", 1);
  write("metrics: [macs]\ndata: workload\nimages: 3\n");
  expect_run("other columns", 0);
}

TEST(CliSweep, RangesOfPointsAddUpToTheWhole) {
  const TemporaryFolder folder;
  std::string spec = write_spec(folder);
  ASSERT_EQ(systole({"sweep", spec, "-o", folder.file("whole")}).exit_code, 0);
  EXPECT_EQ(lines(systole({"sweep", spec, "--list"}).out).size(), 13U);
  std::string all;
  for (const char* range : {"0:5", "5:6", "6:12"}) {
    const std::string part = folder.file(range);
    ASSERT_EQ(systole({"sweep", spec, "-o", part, "--points", range}).exit_code, 0);
    EXPECT_FALSE(std::filesystem::exists(part + "/points.csv"));
    all += read_file(part + "/points.jsonl");
  }
  std::filesystem::create_directory(folder.file("all"));
  write_file(folder.file("all/points.jsonl"), all);
  EXPECT_THAT(systole({"sweep", spec, "-o", folder.file("all"), "--resume"}).out,
              HasSubstr("12 points, 0 of them run now"));
  EXPECT_EQ(tables(folder.file("whole")), tables(folder.file("all")));
  EXPECT_EQ(systole({"sweep", spec, "-o", folder.file("x"), "--points", "6:13"}).exit_code, 2);
  EXPECT_EQ(systole({"sweep", spec, "-o", folder.file("x"), "--points", "6"}).exit_code, 2);
}

TEST(CliSweep, DataGiveTheAccuracyOfEachPoint) {
  const TemporaryFolder folder;
  std::string spec = folder.file("spec.yaml");
  write_file(spec, "accelerator: " SYSTOLE_SOURCE_DIR
                   "/configs/gemmini_16x16.yaml\n"
                   "axes:\n"
                   "  - {key: workload, values: [" SYSTOLE_SOURCE_DIR
                   "/workloads/digits_cnn/digits_cnn.yaml]}\n"
                   "  - {key: requant.rounding, values: [nearest_even, floor]}\n"
                   "data: workload\n"
                   "images: 20\n"
                   "metrics: [accuracy]\n"
                   "pareto: [accuracy, cycles]\n");
  const Outcome outcome = systole({"sweep", spec, "-o", folder.file("s")});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2 points, 2 of them run now, 0 failed"));
  const auto rows = lines(read_file(folder.file("s/points.csv")));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0], "point,workload,requant.rounding,accuracy,cycles,error\r");
}

TEST(CliSweep, ASweepOfWhichNoPointCanRunEndsWithCodeOne) {
  const TemporaryFolder folder;
  const std::string spec = write_spec(folder, "  - {key: requant.lanes, values: [1000]}\n");
  const Outcome outcome = systole({"sweep", spec, "-o", folder.file("s")});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("12 points, 12 of them run now, 12 failed"));
  EXPECT_EQ(lines(read_file(folder.file("s/points.csv"))).size(), 13U);
}

TEST(CliSweep, WithoutItsWorkloadItLeavesNothing) {
  const TemporaryFolder folder;
  const std::string spec = folder.file("spec.yaml");
  write_file(spec, "accelerator: " SYSTOLE_SOURCE_DIR
                   "/configs/gemmini_16x16.yaml\nworkload: none.yaml\n"
                   "axes: [{key: array.rows, values: [8]}]\n");
  EXPECT_EQ(systole({"sweep", spec, "-o", folder.file("s")}).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(folder.file("s")));
}

TEST(CliSweep, ThePageMayLieInTheFolderThatTheSweepMakes) {
  const TemporaryFolder folder;
  const std::string spec = write_spec_of(folder, "axes: [{key: array.cols, values: [16]}]\n");
  const std::string page = folder.file("new/s/page.html");
  const Outcome outcome = systole({"sweep", spec, "-o", folder.file("new/s"), "--html", page});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(page));
}

TEST(CliSweep, WhatItsTablesCannotReplaceIsToldBeforePointsRun) {
  for (const char* const table : {"points.csv", "pareto.csv", "points.jsonl"}) {
    const TemporaryFolder folder;
    const std::string spec = write_spec(folder);
    const std::string in_its_way = folder.file(std::string{"s/"} + table);
    std::filesystem::create_directories(in_its_way);
    for (const char* const resume : {"--resume", "-j1"}) {
      const Outcome outcome = systole({"sweep", spec, "-o", folder.file("s"), resume});
      EXPECT_EQ(outcome.exit_code, 2);
      EXPECT_EQ(outcome.err, "systole: " + in_its_way + ": is a folder, expected a file\n");
    }
    EXPECT_FALSE(std::filesystem::is_regular_file(folder.file("s/points.jsonl")));
  }
}

TEST(CliSweep, TheSpecsMistakesComeWithTheirPlaceFirst) {
  const TemporaryFolder folder;
  const std::string axes = "axes: [{key: array.cols, values: [4, 16]}]\n";
  const std::string none = write_spec_of(folder, axes + "constraints: [array.cols > 16]\n");
  EXPECT_EQ(systole({"sweep", none, "--list"}).err, none + ":4:14: constraints: leave no point\n");
  const std::string huge =
      write_spec_of(folder,
                    "axes:\n"
                    "  - {key: requant.seed, range: {from: 1, to: 100000}}\n"
                    "  - {key: dram.latency_cycles, range: {from: 2, to: 10000}}\n");
  EXPECT_EQ(systole({"sweep", huge, "-o", folder.file("s")}).err,
            huge + ":4:3: axes: give more than 10000000 combinations, expected fewer, or sample\n");
  EXPECT_FALSE(std::filesystem::exists(folder.file("s")));
}

TEST(CliSweep, ASampleThatIsTooSmallIsSaidSo) {
  const TemporaryFolder folder;
  const std::string spec = write_spec(folder, "sample: {method: random, points: 20}\n");
  const Outcome outcome = systole({"sweep", spec, "-o", folder.file("s")});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("12 of the 20 points asked for: axes and constraints give"));
  const Outcome list = systole({"sweep", spec, "--list"});
  EXPECT_EQ(lines(list.out).size(), 13U);
  EXPECT_EQ(list.err, "12 of the 20 points asked for: axes and constraints give no more\n");
  const std::string squares = write_spec(folder, "sample: {method: latin_hypercube, points: 20}\n");
  EXPECT_THAT(
      systole({"sweep", squares, "-o", folder.file("l")}).out,
      HasSubstr("of the 20 points asked for: strata that are double or break a constraint"));
}

TEST(CliSweep, ABrowserDrawsThePageOfASweep) {
  const TemporaryFolder folder;
  const std::string spec = write_spec(folder);
  const Page page = page_of(spec, folder);
  ASSERT_EQ(page.exit_code, 0);
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_by_browser(page.file, folder);
  // The scatter, what each of the two keys does, and the parallel coordinates.
  EXPECT_EQ(occurrences(dom, "<canvas"), 4U);
  EXPECT_EQ(occurrences(dom, "data-drawn=\"true\""), 4U);
  EXPECT_THAT(dom, HasSubstr("Sweep spec</h1>"));
  EXPECT_THAT(dom, HasSubstr("6 of 12 points shown"));
  EXPECT_THAT(dom, HasSubstr("id=\"points\""));
  EXPECT_THAT(dom, HasSubstr("of cycles, energy<")) << "metrics are named as elsewhere";
  // Three points ask for more than the bus takes, two have fewer columns than lanes, one both.
  EXPECT_THAT(dom, HasSubstr("Why points failed"));
  EXPECT_THAT(dom, ContainsRegex("\\(24\\) is above dma.bus_bytes[^<]*</td><td>3</td><td>5</td>"));
  EXPECT_THAT(dom, ContainsRegex("requant.lanes [^<]*</td><td>2</td><td>0</td>"));
}

// Axes whose names share their last words keep as many as tell them apart.
TEST(CliSweep, ThePagesAxesHaveNamesOfTheirOwn) {
  const TemporaryFolder folder;
  const std::string spec = write_spec(folder,
                                      "  - {key: requant.lanes, values: [4, 8]}\n"
                                      "  - {key: vector.lanes, values: [4, 8]}\n");
  const Page page = page_of(spec, folder);
  ASSERT_EQ(page.exit_code, 0);
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  EXPECT_THAT(drawn_by_browser(page.file, folder),
              HasSubstr("parallel coordinates of cols, bytes_per_cycle, requant.lanes, "
                        "vector.lanes, cycles, "));
}

// A path is wider than the room beside an axis: its file's name stands there, and none is left out.
TEST(CliSweep, ThePagesAxesNameFilesWithoutTheirFolders) {
  const TemporaryFolder folder;
  std::string spec = "accelerator: " SYSTOLE_SOURCE_DIR
                     "/configs/tiny_4x4.yaml\naxes:\n  - key: workload\n    values:\n";
  for (const char* const name : {"a_network", "b_network", "c_network_of_long_name", "d_network"}) {
    const std::string file = folder.file(std::string{name} + ".yaml");
    write_file(file,
               "name: n\ninputs: [{name: i, shape: [1, 4, 4, 4]}]\noutputs: [l]\n"
               "layers: [{name: l, op: max_pool2d, inputs: [i], kernel: 2}]\n");
    spec += "      - " + file + '\n';
  }
  write_file(folder.file("files.yaml"), spec);
  const Page page = page_of(folder.file("files.yaml"), folder);
  ASSERT_EQ(page.exit_code, 0);
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_by_browser_after(
      "document.body.dataset.ticks = charts[1].drawn.scales.x.ticks.map((t) => t.label).join(' ');"
      "document.body.dataset.end = varied[0].brief(2, 13);",
      page.file, folder);
  EXPECT_THAT(dom, HasSubstr("data-ticks=\"a_network b_network c_network_…long_name d_network\""));
  EXPECT_THAT(dom, HasSubstr("data-end=\"c_netw…g_name\""));
}

// As a run says it. Another table, which can, is another point.
TEST(CliSweep, WhatATableCannotPriceIsRefusedWithItsPlaceUntilItCan) {
  const TemporaryFolder folder;
  const std::string base = SYSTOLE_SOURCE_DIR "/configs/energy/";
  write_file(folder.file("table.yaml"), read_file(base + "eyeriss_65nm.yaml"));
  const std::string spec = write_spec_of(folder,
                                         "set: {energy.node: 7nm}\n"
                                         "axes: [{key: energy.table, values: [table.yaml]}]\n");
  const Outcome refused = systole({"sweep", spec, "-o", folder.file("s")});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, HasSubstr("--set energy.node=7nm: energy.node: eyeriss_65nm names no "));
  write_file(folder.file("table.yaml"), read_file(base + "horowitz_45nm.yaml"));
  const Outcome resumed = systole({"sweep", spec, "-o", folder.file("s"), "--resume"});
  EXPECT_THAT(resumed.out, HasSubstr("1 points, 1 of them run now, 0 failed")) << resumed.err;
}

TEST(CliSweep, ThePageOfANormalizedTableHasNoJoules) {
  const TemporaryFolder folder;
  const std::string spec =
      write_spec_of(folder, "set: {energy.table: " SYSTOLE_SOURCE_DIR
                            "/configs/energy/eyeriss_normalized.yaml}\n"
                            "axes: [{key: array.max_compute_rows, values: [16, 32]}]\n");
  const Page page = page_of(spec, folder);
  ASSERT_EQ(page.exit_code, 0);
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_by_browser_after(
      "document.body.dataset.energy = columnNamed('energy_pj').show(2e6);"
      "document.body.dataset.near = told(columnNamed('energy_pj'), 1234567, 1);",
      page.file, folder);
  EXPECT_THAT(dom, HasSubstr("data-energy=\"2.00 MMAC\""));
  EXPECT_THAT(dom, HasSubstr("data-near=\"1,234,567 MAC\""));
  EXPECT_THAT(dom, HasSubstr("1 pJ stands for the energy of one MAC"));
}

// Energies that differ by less than three digits tell, and a metric that is the same everywhere.
TEST(CliSweep, ThePagesTicksAndFiltersTellValuesApart) {
  const TemporaryFolder folder;
  const std::string spec =
      write_spec_of(folder,
                    "axes: [{key: array.max_compute_rows, values: [16, 32, 64]}]\n"
                    "metrics: [cycles, utilization, energy_pj, time_s]\n");
  const Page page = page_of(spec, folder);
  ASSERT_EQ(page.exit_code, 0);
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_by_browser_after(
      "const picked = document.querySelectorAll('select')[1];"
      "let alike = 0;"
      "[...picked.options].forEach((option) => {"
      "  picked.value = option.value; picked.onchange();"
      "  const texts = charts[0].drawn.scales.y.ticks.map((t) => t.label);"
      "  alike += texts.length - new Set(texts).size; });"
      "document.body.dataset.alike = alike;"
      "const inputs = [...document.querySelectorAll('.range input')];"
      "inputs.forEach((input) => { input.value = input.placeholder; input.onchange(); });"
      "applyFilters();"
      "document.body.dataset.inputs = inputs.length;"
      "document.body.dataset.left = shown.length;",
      page.file, folder);
  EXPECT_THAT(dom, HasSubstr("data-alike=\"0\""));
  EXPECT_THAT(dom, HasSubstr("data-inputs=\"8\""));
  EXPECT_THAT(dom, HasSubstr("data-left=\"3\""));
}

// Of the two tables one knows all areas: three points have one, which more memory makes larger.
TEST(CliSweep, PointsThatLackAFigureComeLastInThePagesTable) {
  const TemporaryFolder folder;
  const std::string energy = SYSTOLE_SOURCE_DIR "/configs/energy/";
  const std::string spec = write_spec_of(
      folder, "axes:\n  - {key: scratchpad.capacity_kib, values: [256, 512, 128]}\n" +
                  ("  - {key: energy.table, values: [" + energy + "horowitz_45nm.yaml, " + energy) +
                  "cacti_45nm_lop.yaml]}\nmetrics: [cycles, area_mm2]\n");
  const Page page = page_of(spec, folder);
  ASSERT_EQ(page.exit_code, 0);
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_by_browser_after(
      "const area = [...document.querySelectorAll('#points th button')].find((button) =>"
      "  button.textContent === 'area mm2');"
      "const order = () => { area.click();"
      "  return [...document.querySelectorAll('#points tbody tr')].map((row) =>"
      "    row.cells[0].textContent).join(' '); };"
      "document.body.dataset.rising = order();"
      "document.body.dataset.falling = order();",
      page.file, folder);
  EXPECT_THAT(dom, HasSubstr("data-rising=\"5 1 3 0 2 4\""));
  EXPECT_THAT(dom, HasSubstr("data-falling=\"3 1 5 4 2 0\""));
}

// Of two the median lies between them. The points (1,3), (2,1), (3,2), (2,2) and one without an x
// have a front for each way of what is better.
TEST(CliSweep, ThePageFindsMediansAndFronts) {
  const TemporaryFolder folder;
  const Page page = page_of(
      write_spec_of(folder, "axes: [{key: array.max_compute_rows, values: [16, 32]}]\n"), folder);
  ASSERT_EQ(page.exit_code, 0);
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_by_browser_after(
      "document.body.dataset.middles = [[7], [1, 2], [1, 2, 9], [1, 2, 4, 9]]"
      "  .map((sorted) => [0.25, 0.5, 0.75].map((q) => quantile(sorted, q)).join(' ')).join('; ');"
      "const front = (x, y) => frontOf([0, 1, 2, 3, 4],"
      "  {values: [1, 2, 3, 2, null], more_is_better: x},"
      "  {values: [3, 1, 2, 2, 0], more_is_better: y}).join(' ');"
      "document.body.dataset.fronts = [front(false, false), front(false, true),"
      "  front(true, false), front(true, true)].join('; ');",
      page.file, folder);
  EXPECT_THAT(dom, HasSubstr("data-middles=\"7 7 7; 1.25 1.5 1.75; 1.5 2 5.5; 1.75 3 5.25\""));
  EXPECT_THAT(dom, HasSubstr("data-fronts=\"0 1; 0; 1 2; 0 2\""));
}

TEST(CliSweep, ThePagesCommandRunsTheChosenPoint) {
  const TemporaryFolder folder;
  const std::string spec =
      write_spec_of(folder, "axes: [{key: name, values: ['null', '-', 'a: b']}]\n");
  const Page page = page_of(spec, folder);
  ASSERT_EQ(page.exit_code, 0);
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_by_browser_after(
      "document.body.dataset.commands = [...document.querySelectorAll('#points tbody tr')]"
      ".map((row) => { row.click(); return document.querySelector('pre').textContent; })"
      ".map((text) => text.match(/--set (.*) --html/)[1]).join(' ');",
      page.file, folder);
  EXPECT_THAT(dom, HasSubstr("data-commands=\"'name=&quot;null&quot;' 'name=&quot;-&quot;' "
                             "'name=&quot;a: b&quot;'\""));
  for (const char* const name : {"null", "-", "a: b"}) {
    const Outcome run = systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w",
                                 "workloads/digits_cnn/digits_cnn.yaml", "--no-data", "--set",
                                 std::string{"name=\""} + name + "\""});
    EXPECT_THAT(run.out, HasSubstr(std::string{"digits_cnn on "} + name)) << run.err;
  }
}

TEST(CliSweep, ThePageHasTheSameBytesAfterAResumeAndNeedsAllPoints) {
  const TemporaryFolder folder;
  const std::string spec = write_spec(folder);
  const std::string first = folder.file("1.html");
  const std::string second = folder.file("2.html");
  ASSERT_EQ(systole({"sweep", spec, "-o", folder.file("s"), "--html", first}).exit_code, 0);
  ASSERT_EQ(
      systole({"sweep", spec, "-o", folder.file("s"), "--resume", "--html", second}).exit_code, 0);
  EXPECT_EQ(read_file(first), read_file(second));
  const Outcome part =
      systole({"sweep", spec, "-o", folder.file("x"), "--points", "0:2", "--html", first});
  EXPECT_EQ(part.exit_code, 2);
  EXPECT_THAT(part.err, HasSubstr("--html needs the results of all points"));
  const Outcome nowhere =
      systole({"sweep", spec, "-o", folder.file("y"), "--html", folder.file("none/page.html")});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("there is no folder"));
  EXPECT_FALSE(std::filesystem::exists(folder.file("y")));
}

// What no point has is not drawn, and the page says why.
TEST(CliSweep, ThePageOfASweepThatFailsSaysWhy) {
  const TemporaryFolder folder;
  const std::string spec = write_spec(folder, "  - {key: requant.lanes, values: [1000]}\n");
  const Page page = page_of(spec, folder);
  ASSERT_EQ(page.exit_code, 1);
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  EXPECT_THAT(drawn_by_browser(page.file, folder),
              HasSubstr("requant.lanes (1000) is above array.cols"));
}

}  // namespace
}  // namespace systole::test

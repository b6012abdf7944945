// From the text of a spec to its points.

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "tests/unit/sweep_test_files.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

// Three strata of two values: the middles are at 1/6, 1/2 and 5/6, the second value begins at 1/2.
TEST_F(SweepTest, AStratumOfALatinHypercubeHasTheValueAtItsMiddle) {
  const auto found = points(
      "axes:\n"
      "  - {key: array.rows, values: [8, 16]}\n"
      "  - {key: array.cols, values: [1, 2, 3]}\n"
      "sample: {method: latin_hypercube, points: 3}\n");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(std::count_if(found.begin(), found.end(),
                          [](const std::string& point) { return point.rfind("16 ", 0) == 0; }),
            2);
}

// Of two points in two axes there are two hypercubes.
TEST_F(SweepTest, LatinHypercubesMatchAxesAtRandom) {
  std::set<std::set<std::string>> found;
  for (int seed = 1; seed <= 20; ++seed) {
    const auto of_seed = points(
        "axes:\n"
        "  - {key: array.rows, values: [8, 16]}\n"
        "  - {key: array.cols, values: [1, 2]}\n"
        "sample: {method: latin_hypercube, points: 2, seed: " +
        std::to_string(seed) + "}\n");
    found.emplace(of_seed.begin(), of_seed.end());
  }
  EXPECT_EQ(found, (std::set<std::set<std::string>>{{"8 1", "16 2"}, {"8 2", "16 1"}}));
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
  EXPECT_THAT(errors("workload: net.yaml\naxes: [{key: workload, values: [net.yaml]}]"),
              HasSubstr("workload: is set here and by an axis"));
  EXPECT_THAT(errors("workload: net.yaml\naxes: [{key: array.rows, values: [8]},"
                     " {key: array.rows, values: [9]}]"),
              HasSubstr("axes: sets array.rows twice"));
}

// Not to where one stands: net.yaml and my.yaml are not there.
TEST_F(SweepTest, FilesAreRelativeToTheSpec) {
  std::ofstream{file("my.yaml")} << "";
  const SweepSpec files = spec(
      "set: {energy.table: './my.yaml'}\n"
      "axes:\n"
      "  - {key: workload, values: [net.yaml]}\n"
      "  - {key: dram.preset, values: [hbm2, my.yaml]}\n");
  EXPECT_EQ(files.settings[0].file, file("my.yaml"));
  EXPECT_EQ(files.settings[0].value, '"' + file("my.yaml") + '"');
  EXPECT_EQ(files.axes[0].steps[0][0].value, file("net.yaml"));
  EXPECT_EQ(files.axes[1].steps[0][0].value, "hbm2");
  EXPECT_EQ(files.axes[1].steps[0][0].file, "");
  EXPECT_EQ(files.axes[1].steps[1][0].value, file("my.yaml"));
  EXPECT_EQ(files.axes[1].steps[1][0].text, "my.yaml") << "as the tables show it";
}

TEST_F(SweepTest, FilesThatCannotBeReadAreToldWithTheirPlaces) {
  fs::current_path(SYSTOLE_SOURCE_DIR);
  const std::string here = folder_.string() + "/";
  EXPECT_EQ(errors("set: {energy.table: configs/energy/horowitz_45nm.yaml}\n"  // from here it is
                   "axes:\n"
                   "  - {key: workload, values: [none.yaml, net.yaml, '', .]}\n"
                   "  - {key: dram.preset, values: [hbm2, hbm.yaml]}\n"
                   "  - {key: energy.table, range: {from: 1, to: 2}}\n"),
            "spec:2:21: set.energy.table: " + here +
                "configs/energy/horowitz_45nm.yaml: no such file\n"
                "spec:4:30: axes[0].values[0]: " +
                here +
                "none.yaml: no such file\n"
                "spec:4:51: axes[0].values[2]: expected a file, found ''\n"
                "spec:4:55: axes[0].values[3]: " +
                here +
                ": is a directory, expected a file\n"
                "spec:5:39: axes[1].values[1]: " +
                here +
                "hbm.yaml: no such file\n"
                "spec:6:32: axes[2].range: gives no files, expected values");
}

TEST_F(SweepTest, AValueThatNoMachineCanHaveIsRefusedWhereItStands) {
  EXPECT_EQ(errors("workload: net.yaml\n"
                   "set: {dma.bus_bytes: sixteen, dma.page_bytes: 3}\n"
                   "axes:\n"
                   "  - {key: array.dataflow, values: [weight_stationary, wieght_stationary]}\n"
                   "  - {key: array.rows, values: [16, -1, 1.5, true, '8']}\n"
                   "  - {key: array.cols, range: {from: 0, to: 8}}\n"
                   "  - {key: dma.max_burst_bytes, range: {from: 16, to: 64, step: 16}}\n"
                   "  - {key: dram.latency_cycles, range: {from: 2, to: 200000}}\n"
                   "  - {key: dram.preset, values: [hbm2, hbm3]}\n"),
            "spec:3:22: set.dma.bus_bytes: expected an integer in 1..1024, found 'sixteen'\n"
            "spec:3:47: set.dma.page_bytes: 3 is no power of two, expected one in 0..1073741824\n"
            "spec:5:55: axes[0].values[1]: array.dataflow: expected weight_stationary, "
            "output_stationary or input_stationary, found 'wieght_stationary' (did you mean "
            "'weight_stationary'?)\n"
            "spec:6:36: axes[1].values[1]: array.rows: -1 is out of range, expected an integer in "
            "1..1024\n"
            "spec:6:40: axes[1].values[2]: array.rows: expected an integer in 1..1024, found "
            "'1.5'\n"
            "spec:6:45: axes[1].values[3]: array.rows: expected an integer in 1..1024, found "
            "'true'\n"
            "spec:6:51: axes[1].values[4]: array.rows: expected an integer in 1..1024, found the "
            "text '8'\n"
            "spec:7:30: axes[2].range: gives 0: array.cols: 0 is out of range, expected an integer "
            "in 1..1024\n"
            "spec:8:39: axes[3].range: gives 48: dma.max_burst_bytes: 48 is no power of two, "
            "expected one in 1..4096\n"
            "spec:9:39: axes[4].range: gives 200000: dram.latency_cycles: 200000 is out of range, "
            "expected an integer in 2..100000\n"
            "spec:10:39: axes[5].values[1]: dram.preset: expected ddr3_2133, ddr4_2400, hbm2 or "
            "lpddr4_3200, or the name of a YAML file, found 'hbm3' (did you mean 'hbm2'?)");
}

// Rules between keys are for points: other keys may be what they ask for.
TEST_F(SweepTest, AValueThatSomeMachineCanHaveIsTaken) {
  EXPECT_EQ(errors("workload: net.yaml\n"
                   "set: {dma.bus_bytes: 1024}\n"
                   "axes:\n"
                   "  - {key: array.activation_bits, values: [8, 32]}\n"
                   "  - {key: array.number_format, values: [int, fp32]}\n"
                   "  - {key: scratchpad.capacity_kib, values: [7]}\n"
                   "  - {key: scratchpad.weight.banks, values: [2]}\n"
                   "  - {key: scratchpad.organization, values: [split, unified]}\n"
                   "  - {key: energy.node, values: [7nm]}\n"
                   "  - {key: name, values: ['a: b', '-']}\n"),
            "accepted");
}

TEST_F(SweepTest, MistakesAreToldWhereTheAcceleratorIsMissingOrHasSome) {
  const std::string mistakes =
      "workload: none.yaml\n"
      "set: {foo.bar: 3, dma.bus_bytes: x}\n"
      "axes: [{key: dram.latency_cycle, values: [3]}]\n"
      "constraints: [array.rosw < 8, array.foo == bar, array.dataflow == weight]\n";
  const std::string told =
      "spec:2:11: workload: " + file("none.yaml") +
      ": no such file\n"
      "spec:3:16: set.foo.bar: is no key of the accelerator\n"
      "spec:3:34: set.dma.bus_bytes: expected an integer in 1..1024, found 'x'\n"
      "spec:4:14: axes[0].key: 'dram.latency_cycle' is no key of the accelerator, and not workload "
      "(did you mean 'dram.latency_cycles'?)\n"
      "spec:5:15: constraints[0]: 'array.rosw' is neither a key nor a number (did you mean "
      "'array.rows'?)\n"
      "spec:5:31: constraints[1]: 'array.foo' is neither a key nor a number (did you mean "
      "'array.cols'?)\n"
      "spec:5:49: constraints[2]: array.dataflow: expected weight_stationary, output_stationary or "
      "input_stationary, found 'weight'";
  const auto with = [&](const std::string& accelerator) {
    std::ofstream{file("spec.yaml")} << accelerator << '\n' << mistakes;
    return errors_of_spec();
  };
  EXPECT_EQ(with("accelerator: nope.yaml"),
            "spec:1:14: accelerator: " + file("nope.yaml") + ": no such file\n" + told);
  EXPECT_EQ(with("#"),
            "spec:2:1: accelerator: missing, expected a text that is not empty\n" + told);
  std::ofstream{file("bad.yaml")} << "name: bad\narray: {rows: 0, cols: 4}\n";
  EXPECT_EQ(with("accelerator: bad.yaml"),
            told + '\n' + file("bad.yaml") +
                ":2:15: array.rows: 0 is out of range, expected an integer in 1..1024");
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

TEST_F(SweepTest, ConstraintsCompareFilesWhateverTheyAreCalled) {
  std::ofstream{file("b.yaml")} << "";
  const std::string table = SYSTOLE_SOURCE_DIR "/configs/energy/";
  const std::string axes =
      "axes:\n"
      "  - {key: dram.preset, values: [hbm2, b.yaml]}\n"
      "  - {key: energy.table, values: [" +
      table + "horowitz_45nm.yaml, ./b.yaml]}\n";
  EXPECT_THAT(points(axes + "constraints: [energy.table == b.yaml, dram.preset != ./b.yaml]\n"),
              ElementsAre("hbm2 ./b.yaml"));
  EXPECT_THAT(points(axes + "constraints: [dram.preset == hbm2, energy.table != " + table +
                     "horowitz_45nm.yaml, workload == ./net.yaml]\n"),
              ElementsAre("hbm2 ./b.yaml"));
  EXPECT_EQ(errors("workload: net.yaml\n" + axes +
                   "constraints: [energy.table != b, workload == net, dram.preset == c.yaml]\n"),
            "spec:6:15: constraints[0]: energy.table: no point has 'b', expected " + table +
                "horowitz_45nm.yaml or ./b.yaml\n"
                "spec:6:34: constraints[1]: workload: no point has 'net', expected net.yaml\n"
                "spec:6:51: constraints[2]: dram.preset: no point has 'c.yaml', expected hbm2 or "
                "b.yaml (did you mean 'b.yaml'?)");
}

// What a constraint could be meant for is not known then.
TEST_F(SweepTest, ConstraintsAreNotComparedWithFilesThatAreNotThere) {
  std::ofstream{file("tab.yaml")} << "";
  EXPECT_EQ(errors("workload: net.yaml\n"
                   "axes: [{key: energy.table, values: [nope.yaml]}]\n"
                   "constraints: [energy.table == tab.yaml]\n"),
            "spec:3:37: axes[0].values[0]: " + file("nope.yaml") + ": no such file");
  EXPECT_THAT(errors("workload: net.yaml\n"
                     "set: {energy.table: nope.yaml}\n"
                     "axes: [{key: array.rows, values: [8]}]\n"
                     "constraints: [energy.table == tab.yaml]\n"),
              Not(HasSubstr("constraints")));
}

TEST_F(SweepTest, ConstraintsThatSayNothingAreRefused) {
  const std::string axes = "workload: net.yaml\naxes: [{key: array.rows, values: [8]}]\n";
  EXPECT_EQ(errors(axes + "constraints:\n"
                          "  - scratchpad.activation.banks != 4\n"
                          "  - scratchpad.activation.banks <= 4\n"
                          "  - array.dataflow == array.rows\n"
                          "  - array.dataflow != 3\n"
                          "  - array.foo == 8\n"
                          "  - array.foo == bar\n"
                          "  - array.rows == array.colls\n"
                          "  - array.rows == 1.5\n"),
            "spec:5:5: constraints[0]: scratchpad.activation.banks: the accelerator has none, and "
            "neither set nor an axis gives one\n"
            "spec:6:5: constraints[1]: scratchpad.activation.banks: the accelerator has none, and "
            "neither set nor an axis gives one\n"
            "spec:7:5: constraints[2]: compares numbers with words\n"
            "spec:8:5: constraints[3]: array.dataflow: expected weight_stationary, "
            "output_stationary or input_stationary, found '3'\n"
            "spec:9:5: constraints[4]: 'array.foo' is neither a key nor a number (did you mean "
            "'array.cols'?)\n"
            "spec:10:5: constraints[5]: 'array.foo' is neither a key nor a number (did you mean "
            "'array.cols'?)\n"
            "spec:11:5: constraints[6]: 'array.colls' is neither a key nor a number (did you mean "
            "'array.cols'?)");
}

// 2^31 times 2^33 is 0 in 64 bits.
TEST_F(SweepTest, AProductBeyondTheEndOfARangeDoesNotWrap) {
  EXPECT_EQ(points("axes:\n"
                   "  - {key: requant.seed, range: {from: 2147483648, to: 1000000000000, times: "
                   "8589934592}}\n")
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
                      "  - {key: requant.seed, range: {from: 1, to: 100000}}\n"
                      "  - {key: dram.latency_cycles, range: {from: 2, to: 100000}}\n"),
              HasSubstr("spec.yaml:4:3: axes: give more than 10000000 combinations"));
}

}  // namespace
}  // namespace systole

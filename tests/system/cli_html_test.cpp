#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/system/browser.hpp"
#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using Json = nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class CliHtml : public ::testing::Test {
 protected:
  CliHtml() {
    for (const char* const config : {"tiny_4x4", "gemmini_16x16"}) {
      const Outcome run =
          systole({"run", "-a", std::string{"configs/"} + config + ".yaml", "-w",
                   "workloads/digits_cnn/digits_cnn.yaml", "--no-data", "--quiet", "--set",
                   "energy.table=configs/energy/cacti_45nm_lop.yaml", "--json",
                   file(config) + ".json", "--html", file(config) + ".html"});
      EXPECT_EQ(run.exit_code, 0) << run.err;
    }
  }
  std::string file(const std::string& name) const { return folder_.file(name); }
  Outcome compare(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"compare", file("tiny_4x4.json"), file("gemmini_16x16.json")};
    words.insert(words.end(), more.begin(), more.end());
    return systole(words);
  }

  std::string drawn(const std::string& page) const { return drawn_by_browser(page, folder_); }
  std::string drawn_after(const std::string& script, const std::string& page) const {
    return drawn_by_browser_after(script, page, folder_);
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(CliHtml, ABrowserDrawsEveryChartOfARun) {
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn(file("gemmini_16x16.html"));
  // Ledger, roofline, utilization, bandwidth, traffic and energy; the floor plan.
  EXPECT_EQ(occurrences(dom, "<canvas"), 6U);
  EXPECT_EQ(occurrences(dom, "data-drawn=\"true\""), 7U);
  EXPECT_THAT(dom, HasSubstr("digits_cnn on gemmini_16x16</h1>"));
  EXPECT_THAT(dom, HasSubstr("id=\"layers\""));
}

TEST_F(CliHtml, ABrowserDrawsTwoRunsSideBySide) {
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const Outcome outcome = compare({"--html", file("both.html")});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string dom = drawn(file("both.html"));
  EXPECT_EQ(occurrences(dom, "<canvas"), 10U);  // four beside the six of one run
  EXPECT_EQ(occurrences(dom, "data-drawn=\"true\""), 11U);
  EXPECT_THAT(dom, HasSubstr("2 runs side by side</h1>"));
  EXPECT_THAT(outcome.out, HasSubstr("The clocks differ: "));
  EXPECT_THAT(dom, HasSubstr("The clocks differ: ")) << "the page remarks what the text does";
  EXPECT_THAT(dom, HasSubstr(">2: gemmini_16x16</button>")) << "remarks are of run 2, say";
}

TEST_F(CliHtml, ARunsHeadingSortsByTimesOfTheFirst) {
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  ASSERT_EQ(compare({"--html", file("both.html")}).exit_code, 0);
  const std::string dom = drawn_after(
      "document.querySelectorAll('#comparison th button')[2].click();"
      "const times = [...document.querySelectorAll('#comparison tbody tr')].map((row) =>"
      "  Number((row.cells[2].textContent.match(/\\((\\S+) ×\\)/) || [0, -1])[1]));"
      "document.body.dataset.sorted = times.length > 8 && times[0] > times[1] &&"
      "  times.every((t, i) => i === 0 || times[i - 1] >= t);"
      "document.querySelectorAll('#layers-beside th button')[1].click();"
      "document.body.dataset.slowest ="
      "  document.querySelector('#layers-beside tbody tr').cells[0].textContent;",
      file("both.html"));
  EXPECT_THAT(dom, HasSubstr("data-sorted=\"true\""));
  EXPECT_THAT(dom, HasSubstr("data-slowest=\"conv6\""));
}

TEST_F(CliHtml, EnergiesOfANormalizedTableAreInMacs) {
  const Outcome energy =
      systole({"energy", file("tiny_4x4.json"), "--table", "configs/energy/eyeriss_normalized.yaml",
               "--json", file("normalized.json")});
  ASSERT_EQ(energy.exit_code, 0) << energy.err;
  const Outcome both = systole(
      {"compare", file("tiny_4x4.json"), file("normalized.json"), "--html", file("mixed.html")});
  ASSERT_EQ(both.exit_code, 0) << both.err;
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_after(
      "const select = document.querySelector('select'); select.value = 1; select.onchange();"
      "const row = (name) => [...document.querySelectorAll('#comparison tbody tr')].find((r) =>"
      "  r.cells[0].textContent === name).cells;"
      "document.body.dataset.energy = row('energy')[2].textContent;"
      "document.body.dataset.macs = row('energy, in those of one MAC')[2].textContent;"
      "document.body.dataset.delay = row('energy x delay, J s')[2].textContent;"
      "document.body.dataset.tiles = document.querySelector('.tiles').textContent;",
      file("mixed.html"));
  EXPECT_THAT(dom, HasSubstr("data-energy=\"–\""));
  EXPECT_THAT(dom, ContainsRegex("data-macs=\"[0-9.]+ MMAC\""));
  EXPECT_THAT(dom, HasSubstr("data-delay=\"–\""));
  EXPECT_THAT(dom, ContainsRegex("data-tiles=\"[^\"]* MMACenergy, eyeriss_normalized"));
  EXPECT_THAT(dom, ContainsRegex("data-tiles=\"[^\"]* MACenergy per MAC– TOPS/W"));
}

TEST_F(CliHtml, NamesThatAreNumbersHaveNoRatio) {
  for (const char* const name : {"16", "48"}) {
    std::string report = read_file(file("tiny_4x4.json"));
    const std::string workload = "\"workload\": \"";
    const std::size_t begin = report.find(workload) + workload.size();
    report.replace(begin, report.find('"', begin) - begin, name);
    write_file(file(name) + ".json", report);
  }
  ASSERT_EQ(systole({"compare", file("16.json"), file("48.json"), "--html", file("names.html")})
                .exit_code,
            0);
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn(file("names.html"));
  EXPECT_THAT(dom, HasSubstr("workload</td><td>16</td><td>48</td>"));
  EXPECT_THAT(dom, HasSubstr("check</td><td>skipped</td><td>skipped</td>"));
}

// HBM2's banks give 256 bytes a cycle, and the bus takes 16.
TEST_F(CliHtml, TheRooflineOfABankedDramIsNoHigherThanTheBus) {
  const Outcome run =
      systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w",
               "workloads/digits_cnn/digits_cnn.yaml", "--no-data", "--quiet", "--set",
               "dram.model=banked", "--set", "dram.preset=hbm2", "--html", file("hbm2.html")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_after(
      "const {data} = charts.find((c) => c.drawn.config.type === 'scatter').drawn;"
      "const read = data.datasets[0].data.filter(({layer: {bandwidth: {roofline: r}}}) =>"
      "  r.roof_cycles.dram_read >= Math.max(r.roof_cycles.dram_write, r.roof_cycles.dram_banks));"
      "document.body.dataset.roof = data.datasets[1].label;"
      "document.body.dataset.exact = read.length > 0 && read.every(({x, layer}) =>"
      "  Math.abs(x * layer.dram_read_bytes / layer.macs - 1) < 1e-9);",
      file("hbm2.html"));
  EXPECT_THAT(dom, HasSubstr("data-roof=\"roof: 256 MACs/cycle, 16 B/cycle\""));
  EXPECT_THAT(dom, HasSubstr("data-exact=\"true\""));
}

TEST_F(CliHtml, ThePageSaysBesideTheAccuracyHowManySumsOverflowed) {
  const Outcome run = systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w",
                               "workloads/digits_cnn/digits_cnn.yaml", "--images", "2", "--engine",
                               "fast", "--quiet", "--set", "array.accumulator_bits=14", "--set",
                               "accumulators.capacity_kib=56", "--html", file("narrow.html")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  EXPECT_THAT(drawn(file("narrow.html")), ContainsRegex(" of 2 images, [0-9.]+ k psum overflows<"));
}

// A name takes no more of a chart than leaves most of it to the bars; the tooltip has all of it.
TEST_F(CliHtml, LongNamesOfLayersAreShortened) {
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  std::string name(150, 'x');
  name += "_end";
  write_file(file("long.yaml"),
             "name: long\ninputs:\n  - {name: in, shape: [1, 8, 8, 4]}\noutputs: [" + name +
                 "]\nlayers:\n  - {name: " + name +
                 ", op: conv2d, inputs: [in], kernel: 1, out_channels: 4, weights: {}}\n");
  const Outcome run = systole({"run", "-a", "configs/tiny_4x4.yaml", "-w", file("long.yaml"),
                               "--no-data", "--quiet", "--html", file("long.html")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string dom = drawn_after(
      "const {data, scales: {y}, width} = charts[0].drawn;"
      "document.body.dataset.narrow = y.width < 0.4 * width;"
      "document.body.dataset.tick = y.ticks[0].label;"
      "document.body.dataset.title = nameTitle([{label: data.labels[0]}]).join('');",
      file("long.html"));
  EXPECT_THAT(dom, HasSubstr("data-narrow=\"true\""));
  EXPECT_THAT(dom, HasSubstr("x_end\" data-title"));
  EXPECT_THAT(dom, HasSubstr("data-tick=\"xxxxx"));
  EXPECT_THAT(dom, HasSubstr("data-title=\"" + name + "\""));
}

TEST_F(CliHtml, ThePageRoundsAsTheTextDoes) {
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_after(
      "document.body.dataset.rounded ="
      "  [energyText(999700), bytesText(1048320), countText(999999), energyText(999.4),"
      "   countText(999), decimals(0.0017), decimals(0), areaText(6186), areaText(1.5e9),"
      "   figures(999.4), figures(65536)].join(' ');",
      file("tiny_4x4.html"));
  EXPECT_THAT(dom, HasSubstr("data-rounded=\"1.00 µJ 1.00 MiB 1.00 M 999 pJ 999 0.0017 0.00 "
                             "6,186 µm² 1,500 mm² 999 65,536\""));
}

// Browsers show nothing of a canvas of too many lines.
TEST_F(CliHtml, ChartsOfManyLayersAreNotTallerThanBrowsersShow) {
  if (!browser_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn_after(
      "const names = [...Array(6000).keys()].map((i) => 'layer' + i);"
      "const {drawn} = stackedBars(document.querySelector('main'), 'tall', names,"
      "  [{name: 'busy', values: names.map(() => 1)}], 'cycles', whole);"
      "const {canvas, ctx} = drawn;"
      "document.body.dataset.lines = canvas.height <= MOST_LINES;"
      "document.body.dataset.shown ="
      "  ctx.getImageData(0, 0, canvas.width, 1000).data.some((value) => value > 0);"
      "document.body.dataset.names = charts[0].drawn.scales.y.ticks.length ==="
      "  charts[0].drawn.data.labels.length;",
      file("gemmini_16x16.html"));
  EXPECT_THAT(dom, HasSubstr("data-lines=\"true\""));
  EXPECT_THAT(dom, HasSubstr("data-shown=\"true\""));
  EXPECT_THAT(dom, HasSubstr("data-names=\"true\""))
      << "every bar of the usual height has its name";
}

TEST_F(CliHtml, ComparePrintsBothRuns) {
  const Outcome outcome = compare();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("tiny_4x4"));
  EXPECT_THAT(outcome.out, HasSubstr("gemmini_16x16"));
  EXPECT_THAT(outcome.out, HasSubstr("conv1"));
}

TEST_F(CliHtml, WhatIsNoReportIsRefusedAndNothingIsWritten) {
  write_file(file("other.json"), R"({"systole": "1.0.0"})");
  const Outcome outcome =
      systole({"compare", file("tiny_4x4.json"), file("other.json"), "--html", file("none.html")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("other.json: accelerator: missing"));
  EXPECT_THAT(outcome.err, HasSubstr("other.json: legalization: missing"));
  EXPECT_FALSE(std::filesystem::exists(file("none.html")));
  EXPECT_EQ(systole({"compare", file("tiny_4x4.json")}).err,
            "systole compare: expected 2 REPORT.json or more, found 1; see 'systole compare "
            "--help'\n");
}

// Every view of one run says the same.
TEST_F(CliHtml, OneRunGivesEveryView) {
  for (const char* const engine : {"systemc", "fast"}) {
    const std::string folder = file(engine);
    std::vector<std::string> words{"run",
                                   "-a",
                                   "configs/gemmini_16x16.yaml",
                                   "-w",
                                   "workloads/digits_cnn/digits_cnn.yaml",
                                   "--images",
                                   "1",
                                   "--engine",
                                   engine,
                                   "--html",
                                   folder + ".html",
                                   "--timeline",
                                   folder + "_timeline.json",
                                   "--csv",
                                   folder + "_csv",
                                   "--json",
                                   folder + ".json",
                                   "--scalesim",
                                   folder + "_scalesim",
                                   "--bandwidth-csv",
                                   folder + "_bandwidth.csv"};
    const bool has_waveforms = std::string{engine} == "systemc";
    if (has_waveforms) {
      words.insert(words.end(), {"--vcd", folder + ".vcd"});
    }
    const Outcome run = systole(words);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const Json report = Json::parse(read_file(folder + ".json"));
    const std::string page = read_file(folder + ".html");
    const std::size_t data = page.find("[{\"file\"");
    EXPECT_EQ(Json::parse(page.substr(data, page.find("</script>", data) - data))[0]["report"],
              report);
    std::uint64_t end = 0;
    const Json timeline = Json::parse(read_file(folder + "_timeline.json"));
    for (const Json& event : timeline["traceEvents"]) {
      if (event["ph"] == "X") {
        end = std::max(end, event["ts"].get<std::uint64_t>() + event["dur"].get<std::uint64_t>());
      }
    }
    const auto cycles = report["totals"]["cycles"].get<std::uint64_t>();
    EXPECT_EQ(end, 1 + cycles) << "the slice of the last layer ends where the run does";
    EXPECT_EQ(lines(read_file(folder + "_csv/layers.csv")).size(), report["layers"].size() + 1);
    EXPECT_THAT(run.out, HasSubstr("digits_cnn on gemmini_16x16"));
    EXPECT_TRUE(std::filesystem::exists(folder + "_scalesim/COMPUTE_REPORT.csv"));
    EXPECT_TRUE(std::filesystem::exists(folder + "_bandwidth.csv"));
    if (has_waveforms) {
      // A cycle is 10 ns, the first one is 1; the last change is in the last cycles.
      const std::string waves = read_file(folder + ".vcd");
      const std::uint64_t last = std::stoull(waves.substr(waves.rfind("\n#") + 2)) / 10;
      EXPECT_LE(last, cycles + 1);
      EXPECT_GT(last + 200, cycles);
    }
  }
}

TEST_F(CliHtml, APageDoesNotReplaceWhatItIsMadeOf) {
  const std::string spec = file("spec.yaml");
  write_file(spec, "accelerator: " SYSTOLE_SOURCE_DIR
                   "/configs/tiny_4x4.yaml\n"
                   "workload: " SYSTOLE_SOURCE_DIR
                   "/workloads/digits_cnn/digits_cnn.yaml\n"
                   "axes: [{key: array.cols, values: [4]}]\n");
  const Outcome outcome = systole({"sweep", spec, "-o", file("s"), "--html", spec});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("SPEC and --html name the same file"));
  const Outcome onto_folder = systole({"sweep", spec, "-o", file("s"), "--html", file("s")});
  EXPECT_THAT(onto_folder.err, HasSubstr("--output and --html name the same file"));
}

TEST_F(CliHtml, APageThatCannotBeWrittenIsSaidBeforeTheRun) {
  const Outcome outcome =
      systole({"run", "-a", "configs/tiny_4x4.yaml", "-w", "workloads/digits_cnn/digits_cnn.yaml",
               "--no-data", "--html", file("nowhere/page.html")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("nowhere/page.html: there is no folder"));
  EXPECT_EQ(outcome.out, "");
}

}  // namespace
}  // namespace systole::test

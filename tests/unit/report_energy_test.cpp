#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "sim/report/csv_report.hpp"
#include "sim/report/energy_figures.hpp"
#include "sim/report/energy_recompute.hpp"
#include "sim/report/energy_text.hpp"
#include "sim/report/json_report.hpp"
#include "tests/golden/report_sample.hpp"

namespace systole {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

const std::string kTables = SYSTOLE_SOURCE_DIR "/configs/energy/";

/// The sample's counters, with the energies of a shipped table.
RunResult run_with(const std::string& table) {
  RunResult run = sample_run();
  run.config.scratchpad.activation = {64, 4};
  run.config.accumulators = {16, 2};
  run.config.requant.lanes = 4;
  run.config.vector.lanes = 4;
  run.config.energy.table = kTables + table + ".yaml";
  return run;
}

Json report_of(const RunResult& run) {
  const EnergyTable table = load_energy_table(run.config);
  // As it is read from a file.
  return Json::parse(json_report(run, energy_per_layer(run, table), table).dump());
}

Json recomputed(Json report, const std::vector<std::string>& overrides) {
  const RunResult run = run_of_report(report, "r.json", overrides);
  const EnergyTable table = load_energy_table(run.config);
  put_energies(report, run, energy_per_layer(run, table), table);
  return report;
}

TEST(EnergyRecompute, TheSameTableGivesTheSameReport) {
  const Json report = report_of(run_with("horowitz_45nm"));
  EXPECT_EQ(recomputed(report, {}).dump(), report.dump());
}

// The report names its table from where the run was started.
TEST(EnergyRecompute, SaysThatTheReportsTableIsNotHere) {
  Json report = report_of(run_with("horowitz_45nm"));
  report["config"]["energy"]["table"] = "elsewhere/t.yaml";
  try {
    run_of_report(report, "r.json", {});
    ADD_FAILURE() << "accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(),
                 "r.json: energy.table: elsewhere/t.yaml: no such file from here, expected --table "
                 "FILE");
  }
  EXPECT_EQ(run_of_report(report, "r.json", {"energy.table=" + kTables + "jouppi_7nm.yaml"})
                .config.energy.table,
            kTables + "jouppi_7nm.yaml");
}

TEST(EnergyRecompute, AnotherTableGivesTheReportThatARunWithItGives) {
  const Json report = report_of(run_with("horowitz_45nm"));
  const std::string other = kTables + "cacti_45nm_lop.yaml";
  EXPECT_EQ(recomputed(report, {"energy.table=" + other}).dump(),
            report_of(run_with("cacti_45nm_lop")).dump());
}

TEST(EnergyRecompute, KeysOfEnergyChangeWhatTheyChangeInARun) {
  RunResult gated = run_with("horowitz_45nm");
  const Json report = report_of(gated);
  gated.config.energy.zero_gating = true;
  gated.config.energy.node = ProcessNode::Nm7;
  EXPECT_EQ(recomputed(report, {"energy.zero_gating=true", "energy.node=7nm"}).dump(),
            report_of(gated).dump());
}

std::string refusal(const std::string& text) {
  try {
    run_of_report(parse_report(text, "r.json"), "r.json", {});
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

TEST(EnergyRecompute, WhatIsNoReportIsRefused) {
  Json report = report_of(run_with("horowitz_45nm"));
  EXPECT_EQ(refusal(report.dump()), "");
  EXPECT_THAT(refusal("{"), HasSubstr("r.json: is no JSON, at byte"));
  EXPECT_EQ(refusal("[]"), "r.json: expected an object");
  EXPECT_EQ(refusal("{}"), "r.json: systole: missing");
  Json broken = report;
  broken["layers"][1].erase("cycles");
  EXPECT_EQ(refusal(broken.dump()), "r.json: layers[1].cycles: missing");
  broken = report;
  broken["layers"][0]["where"] = "gpu";
  EXPECT_EQ(refusal(broken.dump()), "r.json: layers[0].where: unknown: 'gpu'");
  broken = report;
  broken["layers"][0]["events"]["dram_fetched_bytes"] = 1;
  EXPECT_EQ(refusal(broken.dump()),
            "r.json: layers[0].events: more bytes are used than are fetched");
  broken = report;
  broken["layers"][0]["events"]["dram_read_ifmap_bytes"] = ~std::uint64_t{0};  // no sum may wrap
  EXPECT_EQ(refusal(broken.dump()),
            "r.json: layers[0].events.dram_read_ifmap_bytes: 18446744073709551615, expected at "
            "most 9007199254740992");
  broken = report;
  broken["layers"][0]["m"] = ~std::uint64_t{0};
  EXPECT_THAT(refusal(broken.dump()), HasSubstr("layers[0].m: 18446744073709551615, expected at"));
  broken = report;
  broken["layers"][0]["products_per_pe"] = std::uint64_t{1} << 32U;
  EXPECT_THAT(refusal(broken.dump()), HasSubstr("layers[0].products_per_pe: 4294967296, expected"));
  broken = report;
  broken["config"]["scratchpad"]["organization"] = "unified";
  broken["config"]["scratchpad"].erase("weight");
  broken["layers"][0]["events"]["weight_scratchpad_read_bits"] = 1;
  EXPECT_EQ(refusal(broken.dump()),
            "r.json: layers[0].events.weight_scratchpad_read_bits: 1, expected 0: the scratchpad "
            "is unified");
  broken = report;
  broken["config"]["array"]["rows"] = 0;
  EXPECT_THAT(refusal(broken.dump()), HasSubstr("array.rows"));
}

TEST(EnergyRecompute, ARunHasInferencesAndLayers) {
  Json report = report_of(run_with("horowitz_45nm"));
  report["inferences"] = 0;
  report["layers"] = Json::array();
  EXPECT_EQ(refusal(report.dump()),
            "r.json: inferences: 0, expected at least 1\n"
            "r.json: layers: is empty, expected at least one");
}

TEST(EnergyRecompute, AllMistakesOfAReportAreToldInOneRun) {
  Json report = report_of(run_with("horowitz_45nm"));
  ASSERT_GE(report["layers"].size(), 3U);
  report["engine"] = 1;
  report.erase("inferences");
  report["config"]["array"]["rows"] = 0;
  report["config"]["array"]["colums"] = 4;
  report["layers"][0]["m"] = -1;
  report["layers"][1]["where"] = "gpu";
  report["layers"][1].erase("check");
  report["layers"][2] = "conv";
  for (const std::size_t i : {0U, 1U}) {  // told once
    report["layers"][i]["events"].erase("mac");
    report["layers"][i]["events"]["teleports"] = 1;
  }
  EXPECT_EQ(refusal(report.dump()),
            "r.json: config.array.rows: 0 is out of range, expected an integer in 1..1024\n"
            "r.json: config.array.colums: unknown key (did you mean 'cols'?)\n"
            "r.json: engine: expected a text\n"
            "r.json: inferences: missing\n"
            "r.json: layers[0].m: expected a count\n"
            "r.json: layers[0].events.mac: missing (a report of another version?)\n"
            "r.json: layers[0].events.teleports: unknown event (a report of another version?)\n"
            "r.json: layers[1].where: unknown: 'gpu'\n"
            "r.json: layers[1].check: missing\n"
            "r.json: layers[2]: expected an object");
}

TEST(EnergyRecompute, OfManyMistakesTheFirstAreTold) {
  Json report = report_of(run_with("horowitz_45nm"));
  report["layers"] = Json::array();
  for (int i = 0; i < 150; ++i) {
    report["layers"].push_back(i);
  }
  const std::string text = refusal(report.dump());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 100);
  EXPECT_THAT(text, HasSubstr("\nr.json: has 150 mistakes, the first 100 are above"));
}

TEST(EnergyFigures, FollowFromEnergyTimeAndMacs) {
  Summary s;
  s.macs = 1000;
  s.cycles = s.product_cycles = 500;
  s.energy.add(EnergyComponent::Dram, EnergyOperand::Ifmap, {4000, 4000, 4000});
  EXPECT_DOUBLE_EQ(pj_per_mac(s), 4);
  EXPECT_DOUBLE_EQ(tops_per_watt(s), 0.5);
  EXPECT_DOUBLE_EQ(energy_delay_js(s, 500), 4e-9 * 1e-6);
  EXPECT_DOUBLE_EQ(achieved_tops(s, 500), 2e3 / 1e-6 / 1e12);
  AcceleratorConfig config;
  config.clock_mhz = 1000;
  EXPECT_DOUBLE_EQ(peak_tops(s, config), 0.512);
  Summary composed = s;  // half of the time 16 products at once, half of it one
  composed.cycles = 100;
  composed.product_cycles = 50 * 16 + 50;
  EXPECT_DOUBLE_EQ(peak_tops(composed, config), 8.5 * 0.512);
  EXPECT_DOUBLE_EQ(tops_per_mm2(0.512, {2e6, 2e6, 2e6}), 0.256);
}

// The host's products take no cycles and no energy: counted, they would lift a machine above its
// own peak. Those of the vector unit take both.
TEST(EnergyFigures, AreOfTheMacsThatTheMachineRuns) {
  RunResult run = sample_run();
  run.layers[1].gemm = {64, 8, 9, 4608};  // in the vector unit
  LayerResult host;
  host.name = "up";
  host.op = "transpose_conv2d";
  host.where = Place::Host;
  host.gemm = {4096, 64, 1024, 268435456};
  run.layers.push_back(host);
  std::vector<EnergyBreakdown> energy = sample_energy();
  energy.emplace_back();
  const Summary total = totals_of(run, energy);
  EXPECT_EQ(total.macs, 4608 + 4608 + 1280 + 268435456U);
  EXPECT_EQ(total.machine_macs(), 4608 + 4608 + 1280U);
  EXPECT_EQ(total.off_array_macs, 4608 + 268435456U);
  EXPECT_DOUBLE_EQ(pj_per_mac(total), total.energy.total().pj / 10496);
  EXPECT_DOUBLE_EQ(tops_per_watt(total), 2 * 10496 / total.energy.total().pj);
  EXPECT_DOUBLE_EQ(achieved_tops(total, 1000), 2e-3 * 10496 / 4000);
  EXPECT_LT(achieved_tops(total, 1000), peak_tops(total, run.config));

  const Json report = json_report(run, energy, sample_table());
  EXPECT_EQ(report["totals"]["macs"], total.macs);
  EXPECT_EQ(report["totals"]["energy_per_mac_pj"], pj_per_mac(total));
  EXPECT_TRUE(report["layers"][3]["energy_per_mac_pj"].is_null());
  EXPECT_TRUE(report["layers"][3]["tops_per_watt"].is_null());
  EXPECT_THAT(csv_report(run, energy, sample_table())[0].text, HasSubstr(",0,0,0,,skipped\r\n"));
  EXPECT_THAT(energy_text_report(run, energy, sample_table(), {}),
              HasSubstr("a MAC being two operations; without the host's"));
  EXPECT_THAT(energy_text_report(sample_run(), sample_energy(), sample_table(), {}),
              Not(HasSubstr("without the host's")));
}

TEST(EnergyText, ShowsLayersOperandsAndWhatIsMissing) {
  const RunResult run = run_with("horowitz_45nm");
  const EnergyTable table = load_energy_table(run.config);
  const std::string text = energy_text_report(run, energy_per_layer(run, table), table, {});
  for (const char* const part :
       {"Energy by layer", "conv1", "per MAC", "ifmap", "TOPS/W", "J s", "at most", "SRAM"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(EnergyText, LargeAreasHaveNoExponent) {
  RunResult run = run_with("cacti_45nm_lop");
  run.config.scratchpad.activation.capacity_kib = 512 * 1024;
  const EnergyTable table = load_energy_table(run.config);
  EXPECT_THAT(energy_text_report(run, energy_per_layer(run, table), table, {}),
              ContainsRegex("scratchpad +1,[0-9]{3} mm²"));
}

TEST(EnergyText, ANormalizedTableGivesMacsAndNoJoules) {
  RunResult run = run_with("eyeriss_normalized");
  run.layers[0].events.add(Event::RequantShift, 1);
  const EnergyTable table = load_energy_table(run.config);
  const std::vector<EnergyBreakdown> energy = energy_per_layer(run, table);
  for (const std::string& text :
       {energy_text_report(run, energy, table, {}), text_report(run, energy, table, {})}) {
    EXPECT_THAT(text, HasSubstr("Energy by eyeriss_normalized, in energies of one MAC"));
    EXPECT_THAT(text, HasSubstr("kMAC"));
    EXPECT_THAT(text, HasSubstr("no TOPS/W: the table gives no joules"));
    for (const char* const unit : {"pJ", "nJ", "µJ", "J s", "mW", "µW"}) {
      EXPECT_THAT(text, Not(HasSubstr(unit)));
    }
  }
  EXPECT_THAT(csv_report(run, energy, table)[0].text, HasSubstr("energy [MAC],"));
}

TEST(EnergyRecompute, ANormalizedTableLeavesNoFiguresOfJoules) {
  const Json report = report_of(run_with("horowitz_45nm"));
  EXPECT_EQ(report["units"]["pj"], "pJ");
  const Json other = recomputed(report, {"energy.table=" + kTables + "eyeriss_normalized.yaml"});
  EXPECT_EQ(other["units"]["pj"], "MAC");
  for (const Json& part : {other["totals"], other["layers"][0]}) {
    EXPECT_TRUE(part["tops_per_watt"].is_null());
    EXPECT_TRUE(part["energy_delay_js"].is_null());
    EXPECT_GT(part["energy_per_mac_pj"], 0.0);
  }
  EXPECT_EQ(recomputed(other, {"energy.table=" + kTables + "horowitz_45nm.yaml"}).dump(),
            report.dump());
}

TEST(EnergyText, WhatTheTableDoesNotKnowOfARequantizedValueIsSaid) {
  RunResult run = run_with("jouppi_7nm");
  run.layers[0].events.add(Event::RequantShift, 1);
  const EnergyTable table = load_energy_table(run.config);
  const std::vector<EnergyBreakdown> energy = energy_per_layer(run, table);
  EXPECT_THAT(
      text_report(run, energy, table, {}),
      HasSubstr("  -  a value by multiplier_shift, 32 bits: multiply 1.12, shift -, add 0.03; "));
  const Json requantization = report_of(run)["requantization"];
  EXPECT_GT(requantization["multiply_pj"], 0.0);
  EXPECT_TRUE(requantization["shift_pj"].is_null());
  EXPECT_TRUE(requantization["pj_per_value"].is_null());
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find("\r\n", begin);
    all.push_back(text.substr(begin, end - begin));
    begin = end + 2;
  }
  return all;
}

TEST(CsvReport, HasOneLinePerLayerMemoryAndComponent) {
  const auto files = csv_report(sample_run(), sample_energy(), sample_table());
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].name, "layers.csv");
  EXPECT_EQ(lines(files[0].text).size(), 1 + 3U);
  EXPECT_EQ(files[1].name, "memories.csv");
  EXPECT_EQ(lines(files[1].text).size(), 1 + 3 * 3U);
  EXPECT_EQ(files[2].name, "energy.csv");
  EXPECT_EQ(lines(files[2].text).size(), 1 + 3 * kEnergyComponents);
}

TEST(CsvReport, ColumnsMatchTheirHeaders) {
  for (const NamedText& file : csv_report(sample_run(), sample_energy(), sample_table())) {
    const auto all = lines(file.text);
    const auto commas = [](const std::string& line) {
      return std::count(line.begin(), line.end(), ',');
    };
    for (const std::string& line : all) {
      EXPECT_EQ(commas(line), commas(all[0])) << file.name << ": " << line;
    }
  }
}

TEST(CsvReport, TextsWithCommasAndQuotesAreQuoted) {
  RunResult run = sample_run();
  run.layers[0].name = "a,\"b\"";
  EXPECT_THAT(csv_report(run, sample_energy(), sample_table())[0].text,
              HasSubstr("\r\n\"a,\"\"b\"\"\",conv2d,"));
}

}  // namespace
}  // namespace systole

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <stdexcept>
#include <string>

#include "sim/config/error_log.hpp"
#include "sim/report/compare_text.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Json report(std::uint64_t conv_cycles, const std::string& table) {
  return {{"systole", "0.1.0"},
          {"accelerator", "tiny"},
          {"workload", "net"},
          {"energy_table", table},
          {"area", nullptr},
          {"totals",
           {{"cycles", conv_cycles + 50},
            {"dram_read_bytes", 1000U},
            {"dram_write_bytes", 24U},
            {"utilization", 0.25},
            {"energy_pj", 10.0},
            {"energy_delay_js", 1e-9}}},
          {"layers",
           {{{"name", "conv"}, {"cycles", conv_cycles}},
            {{"name", "flat"}, {"cycles", 0U}},
            {{"name", "fc"}, {"cycles", 50U}}}}};
}

/// The same with what the remarks below the tables are about.
Json priced(const Json& energy, const Json& notes = Json::array()) {
  Json json = report(100, "t");
  json["clock_mhz"] = 1000U;
  json["config"] = {{"energy", energy}};
  json["energy_notes"] = notes;
  return json;
}

Json settings(const std::string& node, const std::string& dram) {
  return {{"table", "t.yaml"}, {"node", node}, {"dram", dram}, {"zero_gating", false}};
}

Json with_area(std::initializer_list<const char*> missing) {
  Json json = report(100, "t");
  json["area"] = {{"total_um2", 2e6}, {"not_in_table", Json::array()}};
  for (const char* const what : missing) {
    json["area"]["not_in_table"].push_back(what);
  }
  return json;
}

std::string compare_text(const std::vector<NamedReport>& reports, const ReportStyle& style) {
  return systole::compare_text(reports, compared_figures(reports), style);
}

std::string compared(const Json& first, const Json& second) {
  return compare_text({{"a.json", first}, {"b.json", second}}, {});
}

std::string error_of(const Json& damaged) {
  try {
    compare_text({{"a.json", report(100, "t")}, {"b.json", damaged}}, {});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(CompareText, SaysThatTheNetworksAreNotTheSame) {
  EXPECT_THAT(compared(report(100, "t"), report(350, "t")), Not(HasSubstr("networks")));
  Json other = report(350, "t");
  other["workload"] = "other";
  EXPECT_THAT(compared(report(100, "t"), other),
              HasSubstr("The networks differ: net (3 layers) in 1, other (3 layers) in 2.\n"));
  Json part = report(350, "t");
  part["layers"] = {{{"name", "conv"}, {"cycles", 350U}}};
  EXPECT_THAT(compared(report(100, "t"), part),
              HasSubstr("The networks differ: net (3 layers) in 1, net (1 layer) in 2.\n"));
}

TEST(CompareText, SaysThatAReportsCheckFailed) {
  Json checked = report(100, "t");
  checked["totals"]["check"] = "pass";
  Json failed = checked;
  failed["totals"]["check"] = "fail";
  EXPECT_THAT(compared(checked, checked), Not(HasSubstr("golden")));
  EXPECT_THAT(compared(checked, failed),
              HasSubstr("\nThe check against the golden model failed in 2: what ran there is not "
                        "the network.\n"));
  EXPECT_THAT(compared(failed, failed), HasSubstr("failed in 1 and 2"));
}

TEST(CompareText, SaysThatDataAndAccuraciesDiffer) {
  Json with = report(100, "t");
  with["data"] = "workload";
  with["accuracy"] = {{"accuracy", 1.0}};
  Json without = report(100, "t");
  without["data"] = "none";
  without["accuracy"] = nullptr;
  EXPECT_THAT(compared(with, with), Not(HasSubstr("differ")));
  const std::string text = compared(with, without);
  EXPECT_THAT(text, HasSubstr("\nThe data differ: workload in 1, none in 2.\n"));
  EXPECT_THAT(text, Not(HasSubstr("accuracies")));
  Json wrong = with;
  wrong["accuracy"]["accuracy"] = 0.35;
  EXPECT_THAT(compared(with, wrong),
              HasSubstr("\nThe accuracies differ: 100.0 % in 1, 35.0 % in 2.\n"));
}

TEST(CompareText, GivesEachRunInTimesOfTheFirst) {
  const std::string text =
      compare_text({{"a.json", report(100, "t")}, {"b.json", report(350, "t")}}, {});
  EXPECT_THAT(text, HasSubstr("a.json"));
  EXPECT_THAT(text, HasSubstr("2.67"));  // 400 / 150
  EXPECT_THAT(text, HasSubstr("3.50"));  // conv
  EXPECT_THAT(text, HasSubstr("1.00 KiB"));
  EXPECT_THAT(text, Not(HasSubstr("flat")));
  EXPECT_THAT(text, Not(HasSubstr("different tables")));
  EXPECT_THAT(text, Not(HasSubstr("different versions")));
}

TEST(CompareText, SaysThatVersionsDiffer) {
  Json other = report(100, "t");
  other["systole"] = "0.2.0";
  EXPECT_THAT(compare_text({{"a", report(100, "t")}, {"b", other}}, {}),
              HasSubstr("different versions"));
}

TEST(CompareText, LayersOfOneRunAloneAreShownAsMissingInTheOther) {
  Json other = report(100, "t");
  other["layers"][0]["name"] = "conv_b";
  const std::string text = compare_text({{"a", report(100, "t")}, {"b", other}}, {});
  EXPECT_THAT(text, HasSubstr("conv_b"));
  EXPECT_THAT(text, HasSubstr("     -"));
}

TEST(CompareText, SaysThatEnergiesAreOfDifferentTables) {
  EXPECT_THAT(compare_text({{"a", report(1, "t")}, {"b", report(1, "u")}}, {}),
              HasSubstr("different tables"));
}

TEST(CompareText, EnergiesOfNormalizedTablesAreMacs) {
  Json macs = report(100, "n");
  macs["units"] = {{"pj", "MAC"}};
  macs["totals"]["energy_delay_js"] = nullptr;
  const std::string both = compared(macs, macs);
  EXPECT_THAT(both, HasSubstr("10.0 MAC"));
  EXPECT_THAT(both, Not(HasSubstr("pJ")));
  const std::string mixed = compared(report(100, "t"), macs);
  EXPECT_THAT(mixed, HasSubstr("10.0 pJ     1.00"));
  EXPECT_THAT(mixed, HasSubstr("10.0 MAC         -               -"));
}

TEST(CompareText, NamesTheSettingsInWhichEnergiesOfOneTableDiffer) {
  const Json as_table = settings("as_table", "default");
  EXPECT_THAT(compared(priced(as_table), priced(settings("7nm", "hbm2"))),
              HasSubstr("\nThe energies are of different settings: energy.dram is default in 1, "
                        "hbm2 in 2; energy.node is as_table in 1, 7nm in 2.\n"));
  Json gated = as_table;
  gated["zero_gating"] = true;
  EXPECT_THAT(
      compare_text({{"a", priced(as_table)}, {"b", priced(gated)}, {"c", priced(as_table)}}, {}),
      HasSubstr("energy.zero_gating is false in 1 and 3, true in 2.\n"));
}

TEST(CompareText, TheFolderOfATableIsNoSettingOfIts) {
  Json elsewhere = settings("as_table", "default");
  elsewhere["table"] = "/home/me/t.yaml";
  EXPECT_THAT(compared(priced(settings("as_table", "default")), priced(elsewhere)),
              Not(HasSubstr("differ")));
}

TEST(CompareText, ShowsNotesOnEnergyThatOneReportAloneHas) {
  const Json as_table = settings("as_table", "default");
  const std::string both = "what it does not give is of another table";
  const std::string one = "priced as fp16: MACs of the table's 16-bit multiplier and 32-bit adder";
  EXPECT_THAT(compared(priced(as_table, {both}), priced(as_table, {both, one})),
              HasSubstr("\nThe energy notes differ: \"priced as fp16: MACs of the table's 16-bit "
                        "multiplier and 3…\" in 2.\n"));
  EXPECT_THAT(compared(priced(as_table, {both}), priced(as_table, {both})),
              Not(HasSubstr("notes")));
}

TEST(CompareText, NotesThatAnotherTableOrSettingBringsAreNotSaidTwice) {
  const Json scaled = priced(settings("7nm", "default"), {"scaled from 45nm to 7nm"});
  Json other_table = priced(settings("as_table", "default"));
  EXPECT_THAT(compared(other_table, scaled), Not(HasSubstr("notes")));
  other_table["config"] = scaled["config"];
  EXPECT_THAT(compared(other_table, scaled), HasSubstr("notes"));
  other_table["energy_table"] = "u";
  EXPECT_THAT(compared(other_table, scaled), Not(HasSubstr("notes")));
}

TEST(CompareText, TablesOfOneNameAndOtherValuesAreNotOneTable) {
  Json a = priced(settings("as_table", "default"), {"a note"});
  Json b = priced(settings("as_table", "default"));
  EXPECT_THAT(compared(a, b), AllOf(Not(HasSubstr("tables of one name")), HasSubstr("notes")))
      << "reports of older versions do not say";
  a["energy_table_digest"] = "1";
  EXPECT_THAT(compared(a, b), Not(HasSubstr("tables of one name")));
  b["energy_table_digest"] = "2";
  EXPECT_THAT(compared(a, b),
              AllOf(HasSubstr("\nThe energies are of tables of one name and different values: "
                              "compare under one ('systole energy --json').\n"),
                    Not(HasSubstr("notes"))));
  b["energy_table"] = "u";
  EXPECT_THAT(compared(a, b), AllOf(Not(HasSubstr("tables of one name")),
                                    HasSubstr("\nThe energies are of different tables: ")));
}

TEST(CompareText, GivesTimesWhereClocksDiffer) {
  Json slow = report(84, "t");  // 134 cycles beside 150
  slow["clock_mhz"] = 800U;
  EXPECT_THAT(compared(priced({}), slow),
              HasSubstr("\nThe clocks differ: 1000 MHz in 1, 800 MHz in 2; in time the runs take "
                        "1.00 and 1.12 of the first.\n"));
  EXPECT_THAT(compared(priced({}), priced({})), Not(HasSubstr("clocks")));
  const Json unknown = report(100, "t");
  EXPECT_THAT(compare_text({{"a", priced({})}, {"b", unknown}, {"c", slow}}, {}),
              HasSubstr("1000 MHz in 1, 800 MHz in 3; in time the runs take 1.00, - and 1.12 of"));
  EXPECT_THAT(compare_text({{"a", unknown}, {"b", priced({})}, {"c", slow}}, {}),
              HasSubstr("\nThe clocks differ: 1000 MHz in 2, 800 MHz in 3.\n"));
}

TEST(CompareText, NamesWhatIsNotInAnArea) {
  EXPECT_THAT(compared(with_area({"SRAM"}), with_area({})),
              HasSubstr("\nAreas lack what their tables do not give: SRAM in 1.\n"));
  EXPECT_THAT(compared(with_area({"SRAM"}), with_area({"adder", "SRAM"})),
              HasSubstr("SRAM in 1; adder and SRAM in 2.\n"));
  EXPECT_THAT(compared(with_area({}), with_area({})), Not(HasSubstr("Areas")));
}

TEST(CompareText, ReportsThatDoNotFitGoOnInAnotherTable) {
  ReportStyle narrow;
  narrow.width = 80;
  std::vector<NamedReport> reports(10, {"a.json", report(1234567, "t")});
  const std::string text = compare_text(reports, narrow);
  const std::size_t begin = text.find("Cycles by layer");
  const std::size_t next = text.find("Cycles by layer, continued");
  ASSERT_NE(next, std::string::npos);
  for (std::size_t i = 1; i <= reports.size(); ++i) {
    const std::string head = "  " + std::to_string(i) + " ";
    EXPECT_NE(text.find(head, begin), std::string::npos) << i;
  }
  EXPECT_GT(text.find("last", begin), next);
}

TEST(CompareText, LongNamesAreCutInTheMiddleAndKeepTheOtherColumns) {
  Json named = with_area({});
  named["workload"] = std::string(48, 'w') + "_end";
  const std::string folder = "results/of/a/long/path/";
  const std::string text =
      compare_text({{folder + "a.json", named}, {folder + "b.json", named}}, {});
  for (const char* const part : {"a.json", "b.json", "w_end", "accelerator", "util.", "area"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(CompareText, RemarksKeepToTheWidthAndShowNoControlCharacters) {
  ReportStyle narrow;
  narrow.width = 80;
  const std::string text = compare_text({{"a", priced(settings("as_table", "default"))},
                                         {"b", priced(settings("7nm", "\033[2Jhbm2"))}},
                                        narrow);
  EXPECT_THAT(text,
              HasSubstr("\nThe energies are of different settings: energy.dram is default in "
                        "1, \xEF\xBF\xBD[2Jhbm2 in\n2; energy.node is as_table in 1, 7nm in 2.\n"));
}

TEST(CompareText, WhatRemarksNeedMayBeMissingOrOfAnotherKind) {
  const Json whole = priced(settings("7nm", "hbm2"), {"a note"});
  Json foreign = with_area({});
  EXPECT_THAT(compared(whole, foreign), Not(HasSubstr("differ")));
  foreign["area"]["not_in_table"] = 3;
  foreign["clock_mhz"] = "fast";
  foreign["config"] = Json::array({"energy"});
  foreign["energy_notes"] = Json::array({"a note", 3});
  EXPECT_THAT(compared(whole, foreign), Not(HasSubstr("differ")));
  foreign["area"].erase("not_in_table");
  foreign["config"] = {{"energy", "none"}};
  foreign["energy_notes"] = "none";
  EXPECT_THAT(compared(foreign, whole), Not(HasSubstr("differ")));
}

TEST(CompareText, NamesTheKeyThatIsMissingOrWrong) {
  Json damaged = report(1, "t");
  damaged["totals"].erase("energy_pj");
  EXPECT_EQ(error_of(damaged), "b.json: totals.energy_pj: missing");
  damaged = report(1, "t");
  damaged["layers"][2]["cycles"] = -1;
  EXPECT_EQ(error_of(damaged), "b.json: layers[2].cycles: expected a count");
  damaged = report(1, "t");
  damaged["layers"] = 7;
  EXPECT_EQ(error_of(damaged), "b.json: layers: expected a list");
  EXPECT_EQ(error_of(Json::array()), "b.json: expected an object");
}

TEST(CompareText, FiguresThatNoRunHasAreRefused) {
  Json no_run = report(1, "t");
  no_run["clock_mhz"] = 0;
  no_run["totals"]["check"] = "maybe";
  no_run["totals"]["utilization"] = -3;
  no_run["totals"]["energy_pj"] = -1.5;
  no_run["layers"] = Json::array();
  EXPECT_EQ(error_of(no_run),
            "b.json: totals.utilization: -3, expected 0 to 1\n"
            "b.json: totals.energy_pj: -1.5, expected 0 or more\n"
            "b.json: layers: is empty, expected at least one\n"
            "b.json: totals.check: unknown: 'maybe'\n"
            "b.json: clock_mhz: 0, expected 1 or more");
}

TEST(CompareText, TellsAllMistakesOfAllReports) {
  Json first = report(1, "t");
  first.erase("workload");
  first["totals"]["utilization"] = "much";
  first["layers"][0] = 7;
  first["layers"][2].erase("name");
  Json second = report(1, "t");
  second.erase("totals");  // whose keys nobody misses
  second["area"] = Json::object();
  try {
    compared(first, second);
    ADD_FAILURE() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(
        error.lines(),
        ElementsAre("a.json: workload: missing", "a.json: totals.utilization: expected a number",
                    "a.json: layers[0]: expected an object", "a.json: layers[2].name: missing",
                    "b.json: totals: missing", "b.json: area.total_um2: missing"));
  }
}

}  // namespace
}  // namespace systole

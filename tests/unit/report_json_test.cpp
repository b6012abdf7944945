#include "sim/report/json_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "sim/files/atomic_file.hpp"
#include "tests/golden/report_sample.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = SYSTOLE_SOURCE_DIR "/sim/report/report.schema.json";

Json sample() { return json_report(sample_run(), sample_energy(), sample_table()); }

/// An events object read back, and what is wrong with it.
EventCounts read_events(const Json& events, std::vector<std::string>* mistakes = nullptr) {
  ReportErrors errors{"r.json"};
  std::set<std::string> told;
  const EventCounts counts = events_from_json(ReportObject{events, errors, "events"}, told);
  if (mistakes != nullptr) {
    *mistakes = errors.lines();
  }
  return counts;
}

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& item : object.items()) {
    names.push_back(item.key());
  }
  return names;
}

bool contains_all(const Json& object, const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return object.contains(name); });
}

TEST(ReportJson, HasTheKeysThatScriptsRelyOn) {
  const Json json = sample();
  EXPECT_TRUE(contains_all(json, {"systole", "accelerator", "workload", "engine", "clock_mhz",
                                  "totals", "layers", "wall_seconds"}));
  EXPECT_TRUE(
      contains_all(json["totals"], {"cycles", "compute_cycles", "macs", "utilization",
                                    "dram_read_bytes", "dram_write_bytes", "energy_pj", "check"}));
  EXPECT_TRUE(contains_all(
      json["layers"][0],
      {"name", "op", "m", "n", "k", "cycles", "compute_cycles", "macs", "utilization",
       "dram_read_bytes", "dram_write_bytes", "bandwidth", "energy_pj", "ledger", "check"}));
}

TEST(ReportJson, TotalsAreTheSumsOfTheLayers) {
  const Json json = sample();
  const Json& totals = json["totals"];
  for (const char* key : {"cycles", "compute_cycles", "macs", "dram_read_bytes", "dram_write_bytes",
                          "compulsory_read_bytes", "compulsory_write_bytes"}) {
    std::uint64_t sum = 0;
    for (const Json& layer : json["layers"]) {
      sum += layer[key].get<std::uint64_t>();
    }
    EXPECT_EQ(totals[key], sum) << key;
  }
  for (const std::string& component : keys(totals["energy_by_component_pj"])) {
    double sum = 0;
    for (const Json& layer : json["layers"]) {
      sum += layer["energy_pj"][component].get<double>();
    }
    EXPECT_DOUBLE_EQ(totals["energy_by_component_pj"][component].get<double>(), sum) << component;
  }
  EXPECT_EQ(totals["cycles"], 4000);
  EXPECT_DOUBLE_EQ(totals["energy_pj"].get<double>(), 1.5 * 1256 + 141000);
  EXPECT_DOUBLE_EQ(totals["energy_high_pj"].get<double>(), 1.5 * 1256 + 282000);
}

TEST(ReportJson, UtilizationIsMacsOverWhatTheArrayCouldDo) {
  const Json json = sample();
  EXPECT_DOUBLE_EQ(json["layers"][0]["utilization"].get<double>(), 4608.0 / (1000 * 16));
  EXPECT_DOUBLE_EQ(json["totals"]["utilization"].get<double>(), 5888.0 / (4000 * 16));
}

TEST(ReportJson, UtilizationIsOfAllProductsThatComposablePesCouldForm) {
  RunResult run = sample_run();
  run.layers[0].operands.products_per_pe = 4;
  const Json json = json_report(run, sample_energy(), sample_table());
  EXPECT_DOUBLE_EQ(json["layers"][0]["utilization"].get<double>(), 4608.0 / (4 * 1000 * 16));
  EXPECT_DOUBLE_EQ(json["totals"]["utilization"].get<double>(),
                   5888.0 / ((4 * 1000 + 200 + 2800) * 16));
}

TEST(ReportJson, OffTheArrayAreTheBytesOfTheVectorUnitAndOfTheHost) {
  RunResult run = sample_run();
  run.layers[0].events.add(Event::HostReadBytes, 100);  // of a layer of the array: biases
  run.layers[1].events.add(Event::HostWriteBytes, 300);
  const Json json = json_report(run, sample_energy(), sample_table());
  EXPECT_EQ(json["totals"]["off_array"]["bytes"], 512U + 128 + 300);
  EXPECT_DOUBLE_EQ(json["totals"]["off_array"]["bytes_ratio"].get<double>(),
                   940.0 / (4608 + 100 + 640 + 300 + 1546));
}

TEST(ReportJson, BandwidthIsInBytesPerCycleAndInGigabytesPerSecondAtTheClock) {
  const Json json = sample();
  const Json& layer = json["layers"][0]["bandwidth"];
  EXPECT_DOUBLE_EQ(layer["average_bytes_per_cycle"].get<double>(), 4.608);
  EXPECT_DOUBLE_EQ(layer["average_gb_per_s"].get<double>(), 2.304);  // 500 MHz
  // 1000 cycles are less than a window: all of the bytes, over those cycles.
  EXPECT_DOUBLE_EQ(layer["peak_bytes_per_cycle"].get<double>(), 4.608);
  EXPECT_DOUBLE_EQ(json["layers"][2]["bandwidth"]["peak_bytes_per_cycle"].get<double>(), 1.0);
  EXPECT_DOUBLE_EQ(json["totals"]["bandwidth"]["peak_bytes_per_cycle"].get<double>(), 4.608);
}

TEST(ReportJson, ThePeaksWindowIsNoLongerThanItsLayer) {
  RunResult run = sample_run();
  run.layers[1].cycles = 0;
  const Json json = json_report(run, sample_energy(), sample_table());
  EXPECT_EQ(json["layers"][0]["bandwidth"]["peak_window_cycles"], 1000U);
  EXPECT_EQ(json["layers"][1]["bandwidth"]["peak_window_cycles"], 0U);
  EXPECT_EQ(json["layers"][2]["bandwidth"]["peak_window_cycles"], kBandwidthWindow);
  EXPECT_EQ(json["totals"]["bandwidth"]["peak_window_cycles"], 1000U) << "of the busiest layer";
}

TEST(ReportJson, ThePeakIsNoLessThanTheAverageOfALayerOfLittleMoreThanAWindow) {
  RunResult run = sample_run();
  LayerResult& layer = run.layers[0];
  layer.cycles = kBandwidthWindow + 76;
  layer.peak_bytes_per_window = 4208;  // of 4608, 4.1 a cycle
  const Json json = json_report(run, sample_energy(), sample_table());
  const Json& bandwidth = json["layers"][0]["bandwidth"];
  EXPECT_DOUBLE_EQ(bandwidth["average_bytes_per_cycle"].get<double>(), 4608.0 / 1100);
  EXPECT_EQ(bandwidth["peak_bytes_per_cycle"], bandwidth["average_bytes_per_cycle"]);
}

TEST(ReportJson, EveryUnitsLedgerAddsUpToTheCyclesAndHoldsNoZeros) {
  const Json json = sample();
  ASSERT_EQ(json["layers"].size(), sample_run().layers.size());
  for (const Json& layer : json["layers"]) {
    EXPECT_EQ(layer["ledger"].size(), kLedgerUnits);
    for (const auto& unit : layer["ledger"].items()) {
      std::uint64_t sum = 0;
      for (const Json& cycles : unit.value()) {
        EXPECT_GT(cycles.get<std::uint64_t>(), 0U);
        sum += cycles.get<std::uint64_t>();
      }
      EXPECT_EQ(sum, layer["cycles"]) << unit.key();
    }
  }
}

TEST(ReportJson, OnlyWallSecondsDiffersBetweenTwoRuns) {
  RunResult again = sample_run();
  again.wall_seconds *= 2;
  Json first = sample();
  Json second = json_report(again, sample_energy(), sample_table());
  EXPECT_NE(first.dump(), second.dump());
  first.erase("wall_seconds");
  second.erase("wall_seconds");
  EXPECT_EQ(first.dump(), second.dump());
}

TEST(ReportJson, OneFailureFailsTheRunAndNoComparisonIsSkipped) {
  RunResult run = sample_run();
  EXPECT_EQ(sample()["totals"]["check"], "pass");
  run.layers[1].check = Check::Fail;
  EXPECT_EQ(json_report(run, sample_energy(), sample_table())["totals"]["check"], "fail");
  for (LayerResult& layer : run.layers) {
    layer.check = Check::Skipped;
  }
  EXPECT_EQ(json_report(run, sample_energy(), sample_table())["totals"]["check"], "skipped");
}

TEST(ReportJson, WhatIsNotKnownIsNull) {
  RunResult run = sample_run();
  run.accuracy.reset();
  const Json json = json_report(run, sample_energy(), sample_table());
  EXPECT_TRUE(json["accuracy"].is_null());
  EXPECT_EQ(json["legalization"][0]["sqnr_db"], 41.25);
  EXPECT_TRUE(json["legalization"][1]["sqnr_db"].is_null());
}

TEST(ReportJson, WithoutDataTheEventsThatDependOnValuesAreNull) {
  RunResult run = sample_run();
  EXPECT_EQ(sample()["data"], "workload");
  EXPECT_TRUE(sample()["totals"]["events"]["mac_zero_operand"].is_number());
  run.data = DataSource::None;
  const Json json = json_report(run, sample_energy(), sample_table());
  EXPECT_EQ(json["data"], "none");
  EXPECT_TRUE(json["totals"]["events"]["mac_zero_operand"].is_null());
  EXPECT_TRUE(json["layers"][0]["events"]["mac_zero_operand"].is_null());
  EXPECT_TRUE(json["layers"][0]["events"]["mac"].is_number());
  const EventCounts read_back = read_events(json["layers"][0]["events"]);
  EXPECT_EQ(read_back[Event::Mac], run.layers[0].events[Event::Mac]);
  EXPECT_EQ(read_back[Event::MacZeroOperand], 0U);
}

TEST(ReportJson, ARunWithoutCyclesDividesByNothing) {
  RunResult run = sample_run();
  run.layers.clear();
  run.accuracy = Accuracy{};
  const Json json = json_report(run, {}, sample_table());
  EXPECT_EQ(json["totals"]["utilization"], 0.0);
  EXPECT_EQ(json["totals"]["bandwidth"]["average_gb_per_s"], 0.0);
  EXPECT_EQ(json["accuracy"]["accuracy"], 0.0);
}

TEST(ReportJson, NamesThatAreNotUtf8CanBeWritten) {
  RunResult run = sample_run();
  run.layers[0].name = "conv\xFF";
  const Json json = json_report(run, sample_energy(), sample_table());
  EXPECT_EQ(json["layers"][0]["name"], "conv\uFFFD");
  EXPECT_NO_THROW(json.dump());
}

TEST(ReportJson, EventsComeBackFromAReport) {
  const RunResult run = sample_run();
  const Json json = sample();
  EXPECT_TRUE(read_events(json["layers"][0]["events"]) == run.layers[0].events);
}

TEST(ReportJson, EventsThatAreNotThisVersionsAreRefused) {
  const auto error = [](const Json& events) {
    std::vector<std::string> errors;
    read_events(events, &errors);
    return errors.empty() ? "" : errors.at(0);
  };
  Json events = sample()["layers"][0]["events"];
  events["teleports"] = 1;
  EXPECT_EQ(error(events),
            "r.json: events.teleports: unknown event (a report of another version?)");
  events.erase("teleports");
  events["mac"] = -1;
  EXPECT_EQ(error(events), "r.json: events.mac: expected a count");
  events.erase("mac");
  EXPECT_EQ(error(events), "r.json: events.mac: missing (a report of another version?)");
  EXPECT_EQ(error(Json::array()), "r.json: events: expected an object");
}

TEST(ReportJson, TheSchemaListsEveryComponentUnitAndCause) {
  Json schema;
  std::ifstream{kSchema} >> schema;
  const Json& definitions = schema["definitions"];
  const auto names = [](std::size_t count, const auto& name) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) {
      all.emplace_back(name(i));
    }
    return all;
  };
  EXPECT_EQ(definitions["components"]["required"], names(kEnergyComponents, [](std::size_t i) {
              return energy_component_name(static_cast<EnergyComponent>(i));
            }));
  EXPECT_EQ(definitions["operands"]["required"], names(kEnergyOperands, [](std::size_t i) {
              return energy_operand_name(static_cast<EnergyOperand>(i));
            }));
  EXPECT_EQ(definitions["ledger"]["required"], names(kLedgerUnits, [](std::size_t i) {
              return ledger_unit_name(static_cast<LedgerUnit>(i));
            }));
  EXPECT_EQ(definitions["ledger"]["additionalProperties"]["propertyNames"]["enum"],
            names(kCauses, [](std::size_t i) { return cause_name(static_cast<Cause>(i)); }));
}

TEST(ReportJson, TheSchemaListsTheKeysInTheOrderOfTheReport) {
  Json schema;
  std::ifstream{kSchema} >> schema;
  const Json json = sample();
  const Json& properties = schema["properties"];
  EXPECT_EQ(keys(properties), keys(json));
  EXPECT_EQ(schema["required"], keys(json));
  EXPECT_EQ(properties["totals"]["required"], keys(json["totals"]));
  EXPECT_EQ(properties["layers"]["items"]["required"], keys(json["layers"][0]));
  EXPECT_EQ(schema["definitions"]["layer_bandwidth"]["required"],
            keys(json["layers"][0]["bandwidth"]));
  EXPECT_EQ(properties["accuracy"]["oneOf"][1]["required"], keys(json["accuracy"]));
  EXPECT_EQ(properties["legalization"]["items"]["required"], keys(json["legalization"][0]));
}

// Python's jsonschema is the judge where it is installed (Debian: python3-jsonschema).
TEST(ReportJson, IsValidByItsSchema) {
  if (std::system("python3 -c 'import jsonschema' 2>/dev/null") != 0) {
    GTEST_SKIP() << "python3-jsonschema is not installed";
  }
  const std::string file = SYSTOLE_BINARY_DIR "/report_sample.json";
  const std::string normalized = SYSTOLE_BINARY_DIR "/report_normalized.json";
  EnergyTable macs;  // and knows nothing
  macs.normalized = true;
  write_file_atomically(file, sample().dump(2));
  write_file_atomically(normalized, json_report(sample_run(), sample_energy(), macs).dump(2));
  const std::string validate =
      "python3 -c 'import json, jsonschema, sys; "
      "schema = json.load(open(sys.argv[2])); jsonschema.Draft7Validator.check_schema(schema); "
      "jsonschema.Draft7Validator(schema).validate(json.load(open(sys.argv[1])))' ";
  for (const std::string& each : {file, normalized}) {
    EXPECT_EQ(std::system((validate + "'" + each + "' '" + kSchema + "'").c_str()), 0) << each;
  }
}

}  // namespace
}  // namespace systole

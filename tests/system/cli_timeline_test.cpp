#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

class CliTimeline : public ::testing::Test {
 protected:
  /// Runs the digits network on gemmini_16x16; gives the events.
  Json run(const std::vector<std::string>& more = {}, const std::string& images = "1") {
    std::vector<std::string> words{"run",       "-a",         "configs/gemmini_16x16.yaml",
                                   "-w",        kDigits,      "--images",
                                   images,      "--quiet",    "--json",
                                   file("run"), "--timeline", file("timeline")};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return Json::parse(read_file(file("timeline"))).at("traceEvents");
  }
  Json report() const { return Json::parse(read_file(file("run"))); }
  std::string file(const std::string& name) const { return folder_.file(name + ".json"); }

  static constexpr const char* kDigits = "workloads/digits_cnn/digits_cnn.yaml";

 private:
  TemporaryFolder folder_;
};

TEST_F(CliTimeline, LoadsMoveTheBytesOfTheReport) {
  std::map<std::string, std::map<std::string, std::uint64_t>> bytes;  // by layer and slice
  for (const Json& event : run()) {
    if (event["ph"] == "X" && event.contains("args") && event["args"].contains("bytes")) {
      bytes[event["args"]["layer"]][event["name"]] += event["args"]["bytes"].get<std::uint64_t>();
    }
  }
  const Json all = report();
  ASSERT_EQ(all["layers"].size(), 9U);
  for (const Json& layer : all["layers"]) {
    for (const char* const operand : {"ifmap", "weight", "bias", "requant"}) {
      EXPECT_EQ(bytes[layer["name"]][std::string{"load "} + operand],
                layer["bandwidth"]["operands"][operand]["read_bytes"])
          << layer["name"] << ' ' << operand;
    }
  }
}

TEST_F(CliTimeline, CommandsThatWaitedTellForWhat) {
  std::size_t waited = 0;
  for (const Json& event : run()) {
    if (event["ph"] == "X" && event["tid"] != 0) {
      const bool waits = event["args"]["cycles_in_station"].get<std::uint64_t>() > 1;
      EXPECT_EQ(event["args"]["waited_for"].is_string(), waits) << event;
      waited += waits ? 1 : 0;
    }
  }
  EXPECT_GT(waited, 50U);
}

TEST_F(CliTimeline, SlicesOfATrackFollowEachOtherAndLieInTheirLayers) {
  std::map<int, std::uint64_t> ends;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> layers;
  const Json events = run();
  for (const Json& event : events) {
    if (event["ph"] == "X" && event["tid"] == 0) {
      const auto first = event["ts"].get<std::uint64_t>();
      layers[event["name"]] = {first, first + event["dur"].get<std::uint64_t>()};
    }
  }
  const Json all = report();
  ASSERT_EQ(layers.size(), all["layers"].size());
  std::uint64_t start = 1;
  for (const Json& layer : all["layers"]) {
    const auto cycles = layer["cycles"].get<std::uint64_t>();
    EXPECT_EQ(layers[layer["name"]], std::pair(start, start + cycles)) << layer["name"];
    start += cycles;
  }
  std::set<int> named;
  for (const Json& event : events) {
    if (event["ph"] == "M" && event["name"] == "thread_name") {
      EXPECT_TRUE(named.insert(event["tid"].get<int>()).second);
    }
    if (event["ph"] != "X" || event["tid"] == 0) {
      continue;
    }
    const auto first = event["ts"].get<std::uint64_t>();
    const std::uint64_t end = first + event["dur"].get<std::uint64_t>();
    std::uint64_t& last = ends[event["tid"]];
    EXPECT_LE(last, first) << event;
    last = end;
    EXPECT_GT(end, first);
    EXPECT_LE(layers[event["args"]["layer"]].first, first) << event;
    EXPECT_GE(layers[event["args"]["layer"]].second, end) << event;
    EXPECT_EQ(named.count(event["tid"]), 1U) << "a slice on a track without a name";
  }
  // The array and the vector unit share their entries, at different times.
  EXPECT_LE(ends.size(), 8U + 16U + 16U + 4U)
      << "more tracks than entries of the reservation station";
}

TEST_F(CliTimeline, CountersAddUpToTheBytesOnTheBusInEveryInference) {
  double bytes = 0, rate = 0;
  std::uint64_t since = 0;
  for (const Json& event : run({}, "2")) {
    if (event["ph"] == "C" && event["name"] == "DRAM, bytes per cycle") {
      bytes += rate * static_cast<double>(event["ts"].get<std::uint64_t>() - since);
      since = event["ts"].get<std::uint64_t>();
      rate = event["args"]["read"].get<double>() + event["args"]["written"].get<double>();
    }
  }
  const Json totals = report()["totals"];
  const double expected =
      totals["dram_read_bytes"].get<double>() + totals["dram_write_bytes"].get<double>();
  EXPECT_NEAR(bytes, 2 * expected, 2e-4 * totals["cycles"].get<double>())
      << "rates have four digits";
  EXPECT_EQ(rate, 0) << "the last counter must end the curve";
}

// Both engines say when each command was allocated, issued and completed, and what it waited for.
TEST_F(CliTimeline, TheFastEngineWritesTheSameBytes) {
  for (const std::vector<std::string>& machine : std::vector<std::vector<std::string>>{
           {},
           {"--set", "name=two_images"},
           {"--set", "array.dataflow=output_stationary", "--set", "sequencer.frontend_latency=7"},
           {"--set", "array.overlap=none", "--set", "dram.latency_cycles=200"},
           {"--set", "dram.model=banked", "--set", "sequencer.execute_entries=3"}}) {
    const std::string images = machine.size() == 2 ? "2" : "1";
    run(machine, images);
    const std::string reference = read_file(file("timeline"));
    std::vector<std::string> fast = machine;
    fast.insert(fast.end(), {"--engine", "fast"});
    run(fast, images);
    EXPECT_TRUE(read_file(file("timeline")) == reference) << testing::PrintToString(machine);
  }
}

// The rules of the Trace Event Format (Google, 2016) for the three kinds of events that are
// written.
TEST_F(CliTimeline, EveryEventHasWhatTheFormatAsksFor) {
  const Json events = run({"--engine", "fast"});
  for (const Json& event : events) {
    ASSERT_TRUE(event.is_object());
    EXPECT_EQ(event.at("pid"), 1);
    EXPECT_TRUE(event.at("name").is_string());
    const std::string kind = event.at("ph");
    if (kind == "M") {
      EXPECT_TRUE(event.at("name") == "process_name" || event.at("name") == "thread_name");
      EXPECT_TRUE(event.at("args").at("name").is_string());
    } else if (kind == "X") {
      EXPECT_TRUE(event.at("ts").is_number_unsigned());
      EXPECT_TRUE(event.at("dur").is_number_unsigned());
      EXPECT_TRUE(event.at("tid").is_number_unsigned());
    } else {
      ASSERT_EQ(kind, "C");
      EXPECT_TRUE(event.at("ts").is_number_unsigned());
      ASSERT_FALSE(event.at("args").empty());
      for (const Json& value : event.at("args")) {
        EXPECT_TRUE(value.is_number());
      }
    }
  }
}

// Commands x cycles in the reservation station, by unit, from the slices and from the counter.
TEST_F(CliTimeline, TheStationHoldsWhatTheSlicesSay) {
  std::map<std::string, double> held, counted;
  std::map<std::string, std::pair<std::uint64_t, double>> since;
  std::map<int, std::string> unit_of_track;
  for (const Json& event : run()) {
    if (event["ph"] == "M" && event["name"] == "thread_name") {
      const std::string name = event["args"]["name"];
      unit_of_track[event["tid"]] = name.substr(0, name.find(' '));
    } else if (event["ph"] == "X" && event["tid"] != 0) {
      held[unit_of_track[event["tid"]]] +=
          event["dur"].get<double>() + event["args"]["cycles_in_station"].get<double>();
    } else if (event["ph"] == "C" && event["name"] == "commands in the station") {
      const auto now = event["ts"].get<std::uint64_t>();
      for (const auto& [unit, value] : event["args"].items()) {
        auto& [last, rate] = since[unit];
        counted[unit] += rate * static_cast<double>(now - last);
        last = now;
        rate = value.get<double>();
      }
    }
  }
  EXPECT_EQ(held.size(), 4U);
  for (const auto& [unit, cycles] : held) {
    EXPECT_NEAR(counted[unit], cycles, 1e-4 * static_cast<double>(since[unit].first)) << unit;
    EXPECT_EQ(since[unit].second, 0) << "the last counter must end the curve";
  }
}

// With layers that the hardware's unrollers run, too, whose first command comes later.
TEST_F(CliTimeline, TheBandwidthOfALayerEndsWhereTheNextOneBegins) {
  std::uint64_t last = 0;
  for (const Json& event : run({"--set", "sequencer.unroller=loops", "--set",
                                "sequencer.frontend_latency=0", "--engine", "systemc"})) {
    if (event["ph"] == "C" && event["name"] == "DRAM, bytes per cycle") {
      EXPECT_LE(last, event["ts"].get<std::uint64_t>()) << event;
      last = event["ts"].get<std::uint64_t>();
    }
  }
  EXPECT_EQ(last, 1 + report()["totals"]["cycles"].get<std::uint64_t>());
}

TEST_F(CliTimeline, TheStationIsAveragedOverTheCyclesThatAWindowHas) {
  int averages = 0;
  for (const Json& event : run({"--timeline-cycles", "0:50"})) {
    if (event["ph"] == "C" && event["name"] == "commands in the station") {
      EXPECT_LE(event["ts"].get<std::uint64_t>(), 50U);
      if (event["ts"] == 1) {
        ++averages;
        EXPECT_GT(event["args"]["load"].get<double>(), 0.5) << "over 49 cycles, not 1024";
      }
    }
  }
  EXPECT_EQ(averages, 1);
}

TEST_F(CliTimeline, AWindowLeavesOutWhatIsOutsideAndChangesNoCycle) {
  const std::size_t all = run().size();
  const Json whole = report()["totals"]["cycles"];
  const Json events = run({"--timeline-cycles", "2000:2500"});
  EXPECT_EQ(report()["totals"]["cycles"], whole);
  EXPECT_LT(events.size(), all / 2);
  std::size_t slices = 0;
  for (const Json& event : events) {
    if (event["ph"] == "X") {
      ++slices;
      EXPECT_LT(event["ts"].get<std::uint64_t>(), 2500U);
      EXPECT_GT(event["ts"].get<std::uint64_t>() + event["dur"].get<std::uint64_t>(), 2000U);
    }
  }
  EXPECT_GT(slices, 5U);
}

// Around where a layer ends, and where a configuration is, which takes no time.
TEST_F(CliTimeline, AWindowOfOneCycleHasWhatCoversIt) {
  const std::vector<std::string> machine{"--set", "sequencer.unroller=loops"};
  const Json all = run(machine);
  const auto covers = [](const Json& event, std::uint64_t cycle) {
    const auto first = event["ts"].get<std::uint64_t>();
    const auto cycles = event["dur"].get<std::uint64_t>();
    return first <= cycle && cycle < first + std::max(cycles, std::uint64_t{1});
  };
  const auto end = report()["layers"][0]["cycles"].get<std::uint64_t>();
  std::set<std::uint64_t> chosen{1, end, end + 1};
  for (const Json& event : all) {
    if (event["ph"] == "X" && event["dur"] == 0) {
      chosen.insert(event["ts"].get<std::uint64_t>());
      chosen.insert(event["ts"].get<std::uint64_t>() + 1);
      break;
    }
  }
  ASSERT_EQ(chosen.size(), 5U);
  for (const std::uint64_t cycle : chosen) {
    std::multiset<std::string> expected, seen;
    for (const Json& event : all) {
      if (event["ph"] == "X" && covers(event, cycle)) {
        expected.insert(event["name"].get<std::string>() + ' ' + event["ts"].dump());
      }
    }
    std::vector<std::string> window = machine;
    window.insert(window.end(),
                  {"--timeline-cycles", std::to_string(cycle) + ':' + std::to_string(cycle + 1)});
    for (const Json& event : run(window)) {
      if (event["ph"] == "X") {
        seen.insert(event["name"].get<std::string>() + ' ' + event["ts"].dump());
      }
    }
    EXPECT_EQ(seen, expected) << cycle;
  }
}

TEST_F(CliTimeline, WhatCannotBeWrittenIsRefusedAndNothingIsLeft) {
  const auto refused = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"run", "-a", "configs/gemmini_16x16.yaml", "-w", kDigits};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 2);
    return outcome.err;
  };
  EXPECT_THAT(refused({"--timeline-cycles", "1:2"}),
              HasSubstr("--timeline-cycles needs --timeline"));
  EXPECT_THAT(refused({"--timeline", file("t"), "--timeline-cycles", "9:9"}),
              HasSubstr("--timeline-cycles: expected FIRST:END"));
  EXPECT_THAT(refused({"--timeline", file("t"), "--timeline-cycles", "100000000:100000001",
                       "--engine", "fast", "--no-data"}),
              HasSubstr("not written, the run ended in cycle 7930, before cycle 100000000"));
  write_file(file("host.yaml"),
             "name: host\n"
             "inputs:\n"
             "  - {name: x, shape: [1, 4], scale: 0.05}\n"
             "outputs: [y]\n"
             "layers:\n"
             "  - {name: y, op: softmax, inputs: [x]}\n");
  for (const std::string option : {"--timeline", "--vcd"}) {
    const Outcome outcome = systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w",
                                     file("host.yaml"), "--quiet", option, file("t")});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("not written, the host alone computes this network"));
  }
  EXPECT_FALSE(std::filesystem::exists(file("t")));
}

// The run may have taken hours.
TEST_F(CliTimeline, AWindowThatIsNotReachedCostsNoOtherFileAndNoReport) {
  const Outcome outcome = systole(
      {"run", "-a", "configs/tiny_4x4.yaml", "-w", "workloads/product_4x4/product_4x4.yaml",
       "--timeline", file("timeline"), "--timeline-cycles", "90000:90001", "--vcd", file("vcd"),
       "--vcd-cycles", "80000:90000", "--json", file("run"), "--dram-trace", file("trace")});
  EXPECT_EQ(outcome.exit_code, 2);
  const std::string why = ": not written, the run ended in cycle 430, before cycle ";
  EXPECT_EQ(outcome.err, "systole: " + file("timeline") + why + "90000\nsystole: " + file("vcd") +
                             why + "80000\n");
  EXPECT_THAT(outcome.out, HasSubstr("product_4x4 on tiny_4x4"));
  EXPECT_EQ(report()["totals"]["check"], "pass");
  EXPECT_THAT(read_file(file("trace")), HasSubstr("# layer product\n"));
  EXPECT_FALSE(std::filesystem::exists(file("timeline")));
  EXPECT_FALSE(std::filesystem::exists(file("vcd")));
}

}  // namespace
}  // namespace systole::test

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;

class CliEnergy : public ::testing::Test {
 protected:
  CliEnergy() {
    const Outcome run =
        systole({"run", "-a", "configs/tiny_4x4.yaml", "-w", "workloads/digits_cnn/digits_cnn.yaml",
                 "--no-data", "--quiet", "--json", report()});
    EXPECT_EQ(run.exit_code, 0) << run.err;
  }
  std::string report() const { return folder_.file("report.json"); }
  std::string file(const std::string& name) const { return folder_.file(name); }

 private:
  TemporaryFolder folder_;
};

TEST_F(CliEnergy, TheSameTableGivesTheSameBytes) {
  const Outcome outcome = systole({"energy", report(), "--json", file("again.json")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(read_file(file("again.json")), read_file(report()));
  EXPECT_THAT(outcome.out, HasSubstr("Energy by layer"));
}

TEST_F(CliEnergy, AnotherTableChangesTheEnergiesAndNothingElse) {
  const Outcome outcome =
      systole({"energy", report(), "--table", "configs/energy/cacti_45nm_lop.yaml", "--set",
               "energy.dram=lpddr4", "--json", file("other.json")});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("lpddr4, 8 pJ/bit"));
  const auto before = nlohmann::json::parse(read_file(report()));
  const auto after = nlohmann::json::parse(read_file(file("other.json")));
  EXPECT_EQ(after["energy_table"], "cacti_45nm_lop");
  EXPECT_LT(after["totals"]["energy_pj"], before["totals"]["energy_pj"]);
  EXPECT_EQ(after["totals"]["cycles"], before["totals"]["cycles"]);
  EXPECT_EQ(after["layers"][0]["ledger"], before["layers"][0]["ledger"]);
  EXPECT_EQ(after["config"]["array"], before["config"]["array"]);
}

TEST_F(CliEnergy, AReportOfAnotherVersionIsToldToBeOne) {
  EXPECT_EQ(systole({"energy", report()}).err, "");
  auto json = nlohmann::json::parse(read_file(report()));
  json["systole"] = "9.9.9";
  std::ofstream{file("other.json")} << json;
  const Outcome outcome = systole({"energy", file("other.json")});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("other.json: systole: the report is of version 9.9.9, this "));
}

TEST_F(CliEnergy, WritesTheSameCsvAsARun) {
  const Outcome outcome = systole({"energy", report(), "--csv", file("csv")});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  systole({"run", "-a", "configs/tiny_4x4.yaml", "-w", "workloads/digits_cnn/digits_cnn.yaml",
           "--no-data", "--quiet", "--csv", file("run_csv")});
  for (const char* const name : {"layers.csv", "memories.csv", "energy.csv"}) {
    EXPECT_EQ(read_file(file("csv") + "/" + name), read_file(file("run_csv") + "/" + name));
  }
}

TEST_F(CliEnergy, WhatNeedsAnotherRunIsRefused) {
  const Outcome rows = systole({"energy", report(), "--set", "array.rows=8"});
  EXPECT_EQ(rows.exit_code, 2);
  EXPECT_THAT(rows.err, HasSubstr("without running again only keys of energy can change"));
  const Outcome gating = systole({"energy", report(), "--set", "energy.zero_gating=true"});
  EXPECT_EQ(gating.exit_code, 2);
  EXPECT_THAT(gating.err,
              HasSubstr("energy.zero_gating counts zero operands, and a run without data"));
  const Outcome switching =
      systole({"energy", report(), "--set", "energy.switching_activity=true"});
  EXPECT_EQ(switching.exit_code, 2);
  EXPECT_THAT(switching.err,
              HasSubstr("energy.switching_activity counts bits that toggle, and a run without"));
}

TEST_F(CliEnergy, SwitchingActivityIsTheSameOfBothEnginesAndCanBeTakenBack) {
  const auto run = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> words{"run",
                                   "-a",
                                   "configs/tiny_4x4.yaml",
                                   "-w",
                                   "workloads/digits_cnn/digits_cnn.yaml",
                                   "--images",
                                   "2",
                                   "--quiet",
                                   "--json",
                                   file(name)};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(read_file(file(name)));
  };
  const std::vector<std::string> switching{"--set", "energy.switching_activity=true"};
  const auto systemc = run("systemc.json", switching);
  const auto fast =
      run("fast.json", {"--set", "energy.switching_activity=true", "--engine", "fast"});
  const auto plain = run("plain.json", {});
  EXPECT_EQ(systemc["totals"]["events"], fast["totals"]["events"]);
  EXPECT_GT(fast["totals"]["events"]["ifmap_toggled_bits"], 0);
  EXPECT_GT(fast["totals"]["events"]["psum_toggled_bits"], 0);
  EXPECT_FALSE(plain["totals"]["events"].contains("ifmap_toggled_bits"));
  EXPECT_LT(fast["totals"]["energy_pj"], plain["totals"]["energy_pj"]) << "digits have many zeros";
  ASSERT_EQ(systole({"energy", file("fast.json"), "--set", "energy.switching_activity=false",
                     "--json", file("back.json")})
                .exit_code,
            0);
  EXPECT_EQ(nlohmann::json::parse(read_file(file("back.json")))["totals"]["energy_pj"],
            plain["totals"]["energy_pj"]);
  const Outcome no_data =
      systole({"run", "-a", "configs/tiny_4x4.yaml", "-w", "workloads/digits_cnn/digits_cnn.yaml",
               "--no-data", "--set", "energy.switching_activity=true"});
  EXPECT_EQ(no_data.exit_code, 2);
  EXPECT_THAT(no_data.err, HasSubstr("energy.switching_activity counts bits that toggle"));
}

// Bytes, cycles and energy of a machine whose operands are 8, 16 and 32 bits wide.
TEST_F(CliEnergy, AFloatingPointArrayMovesItsOwnBytes) {
  const auto run = [&](const std::string& format) {
    const Outcome outcome =
        systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w",
                 "workloads/digits_cnn/digits_cnn.yaml", "--no-data", "--engine", "fast", "--quiet",
                 "--set", "array.number_format=" + format, "--json", file(format)});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(read_file(file(format)));
  };
  const auto bytes = [](const nlohmann::json& report) {
    return report["totals"]["compulsory_write_bytes"].get<std::uint64_t>();
  };
  const auto whole = run("int"), half = run("fp16"), brain = run("bf16"), single = run("fp32");
  EXPECT_EQ(bytes(half), 2 * bytes(whole));
  EXPECT_EQ(bytes(single), 4 * bytes(whole));
  EXPECT_EQ(half["totals"]["cycles"], brain["totals"]["cycles"]);
  EXPECT_GT(half["totals"]["cycles"], whole["totals"]["cycles"]);
  EXPECT_GT(single["totals"]["cycles"], half["totals"]["cycles"]);
  const auto weights = [](const nlohmann::json& report) {
    return report["totals"]["events"]["dram_read_weight_bytes"].get<std::uint64_t>();
  };
  EXPECT_GE(weights(half), 2 * weights(whole));
  EXPECT_GE(weights(single), 4 * weights(whole));
  // 0.2 + 0.1, 1.1 + 0.9 and 3.7 + 0.9 pJ a MAC (Horowitz 2014).
  const auto mac = [](const nlohmann::json& report) {
    const auto& energy = report["totals"]["energy_by_component_pj"];
    return (energy["array_multiply"].get<double>() + energy["array_add"].get<double>()) /
           report["totals"]["events"]["mac"].get<double>();
  };
  EXPECT_NEAR(mac(whole), 0.3, 1e-9);
  EXPECT_NEAR(mac(half), 2.0, 1e-9);
  EXPECT_NEAR(mac(single), 4.6, 1e-9);
  const Outcome data =
      systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w",
               "workloads/digits_cnn/digits_cnn.yaml", "--set", "array.number_format=fp16"});
  EXPECT_EQ(data.exit_code, 2);
  EXPECT_THAT(data.err, HasSubstr("array.number_format: floating point is timed and priced"));
}

TEST_F(CliEnergy, WhatATableCannotPriceIsToldWhereTheMachineAsksForIt) {
  write_file(file("machine.yaml"),
             "name: m\narray: {rows: 4, cols: 4}\n"
             "energy: {dram: ddr9, table: " SYSTOLE_SOURCE_DIR
             "/configs/energy/jouppi_7nm.yaml}\n");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"show", "config", "-a", file("machine.yaml")},
        {"run", "-w", "workloads/digits_cnn/digits_cnn.yaml", "-a", file("machine.yaml"), "--set",
         "energy.node=7nm"}}) {
    const Outcome outcome = systole(command);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("machine.yaml:3:16: energy.dram: jouppi_7nm knows default"));
    EXPECT_EQ(outcome.err.find("--set energy.node=7nm: energy.node: ") != std::string::npos,
              command.front() == "run");
  }
}

TEST_F(CliEnergy, MistakesAreNamedAndNothingIsWritten) {
  const Outcome dram =
      systole({"energy", report(), "--set", "energy.dram=ddr9", "--json", file("none.json")});
  EXPECT_EQ(dram.exit_code, 2);
  EXPECT_THAT(dram.err,
              HasSubstr("--set energy.dram=ddr9: energy.dram: horowitz_45nm knows default, ddr3"));
  EXPECT_FALSE(std::filesystem::exists(file("none.json")));
  const Outcome table = systole({"energy", report(), "--set", "energy.table=none.yaml"});
  EXPECT_EQ(table.exit_code, 2);
  EXPECT_EQ(table.err, "--set energy.table=none.yaml: energy.table: none.yaml: no such file\n");
  EXPECT_EQ(systole({"energy", "configs/tiny_4x4.yaml"}).exit_code, 2);
  EXPECT_EQ(systole({"energy", file("none.json")}).exit_code, 2);
  EXPECT_THAT(systole({"energy"}).err, HasSubstr("REPORT.json is missing"));
  const std::string before = read_file(report());
  const Outcome itself =
      systole({"energy", report(), "--set", "energy.node=7nm", "--json", report()});
  EXPECT_EQ(itself.exit_code, 2);
  EXPECT_EQ(read_file(report()), before);
  const Outcome two = systole({"energy", report(), "--table", "configs/energy/horowitz_45nm.yaml",
                               "--set", "energy.table=configs/energy/jouppi_7nm.yaml"});
  EXPECT_EQ(two.exit_code, 2);
  EXPECT_THAT(two.err, HasSubstr("--table names one already"));
}

}  // namespace
}  // namespace systole::test

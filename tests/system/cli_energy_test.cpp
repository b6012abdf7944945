#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
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
  EXPECT_THAT(gating.err, HasSubstr("the run had no data"));
}

TEST_F(CliEnergy, MistakesAreNamedAndNothingIsWritten) {
  const Outcome dram =
      systole({"energy", report(), "--set", "energy.dram=ddr9", "--json", file("none.json")});
  EXPECT_EQ(dram.exit_code, 2);
  EXPECT_THAT(dram.err, HasSubstr("energy.dram: the table knows default, ddr3, ddr4"));
  EXPECT_FALSE(std::filesystem::exists(file("none.json")));
  EXPECT_EQ(systole({"energy", "configs/tiny_4x4.yaml"}).exit_code, 2);
  EXPECT_EQ(systole({"energy", file("none.json")}).exit_code, 2);
  EXPECT_THAT(systole({"energy"}).err, HasSubstr("REPORT.json is missing"));
}

}  // namespace
}  // namespace systole::test

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sim/config/error_log.hpp"
#include "sim/energy/energy_table.hpp"
#include "tests/unit/energy_table_text.hpp"

namespace systole {
namespace {

class Accelergy : public ::testing::Test {
 protected:
  Accelergy() {
    std::filesystem::create_directories(folder());
    std::ofstream{folder() + "/ert_of_test.yaml"}
        << "ERT:\n  version: 0.4\n  tables:\n"
           "    - name: chip.PE[0..255].mac\n      actions:\n"
           "        - {name: compute, arguments: {}, energy: 0.56}\n"
           "    - name: chip.glb\n      actions:\n"
           "        - {name: read, arguments: {address_delta: 0}, energy: 1.5}\n"
           "        - {name: read, arguments: {address_delta: 1}, energy: 32.4}\n";
  }
  // Of each test its own: tests run side by side.
  static std::string folder() {
    return std::string{SYSTOLE_BINARY_DIR "/accelergy_test_"} +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  static std::string with(const std::string& keys) {
    return table_with("[" + entry("8", "value: 1, unit: pJ") + "]") +
           "accelergy:\n  file: ert_of_test.yaml\n" + keys;
  }
  static EnergyTable read(const std::string& keys) {
    return parse_energy_table(with(keys), folder() + "/t.yaml");
  }
  static std::string refused(const std::string& keys) {
    try {
      read(keys);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "";
  }
};

TEST_F(Accelergy, AnErtGivesTheCostsThatAreAskedOfIt) {
  const EnergyTable table = read(
      "  mac: {component: chip.PE.mac, action: compute, bits: 8}\n"
      "  scratchpad_read: {component: chip.glb, action: read, bits: 64, arguments: "
      "{address_delta: 1}}\n");
  ASSERT_EQ(table.mac.size(), 1U);
  EXPECT_DOUBLE_EQ(table.mac[0].value.value, 0.56);
  ASSERT_EQ(table.scratchpad_read.size(), 1U);
  EXPECT_DOUBLE_EQ(table.scratchpad_read[0].value.value, 32.4);
  EXPECT_THAT(table.notes, ::testing::ElementsAre("from ert_of_test.yaml: mac, scratchpad_read"));
}

TEST_F(Accelergy, AMacTakesThePlaceOfWholePesOfTheBase) {
  const EnergyTable table = parse_energy_table(
      "name: t\nbase: " SYSTOLE_SOURCE_DIR
      "/configs/energy/bitfusion_45nm_pe.yaml\nnode: 45 nm\nsource: test\naccelergy:\n"
      "  file: ert_of_test.yaml\n  mac: {component: chip.PE.mac, action: compute, bits: 8}\n",
      folder() + "/t.yaml");
  EXPECT_TRUE(table.pe.empty());
  EXPECT_TRUE(table.pe_composable.empty());
  EXPECT_EQ(table.mac.size(), 1U);
}

TEST_F(Accelergy, ACostIsGivenOnce) {
  EXPECT_THAT(refused("  mac: {component: chip.PE.mac, action: compute, bits: 8}\n"
                      "mac: [{bits: 8, value: 1, unit: pJ}]\n"),
              ::testing::HasSubstr("mac: is given by accelergy, too, expected one of both"));
}

TEST_F(Accelergy, WhatTheErtDoesNotHoldIsRefused) {
  EXPECT_THAT(refused("  mac: {component: chip.PE.mcc, action: compute, bits: 8}\n"),
              ::testing::HasSubstr("accelergy.mac.component: ert_of_test.yaml has chip.PE.mac or "
                                   "chip.glb, found 'chip.PE.mcc' (did you mean 'chip.PE.mac'?)"));
  EXPECT_THAT(refused("  dram: {component: chip.glb, action: wead, bits: 64}\n"),
              ::testing::HasSubstr("accelergy.dram.action: ert_of_test.yaml has read"));
  EXPECT_THAT(refused("  dram: {component: chip.glb, action: read, bits: 64}\n"),
              ::testing::HasSubstr("2 energies of chip.glb.read"));
}

TEST_F(Accelergy, AnErtIsInPicojoulesAndHasActions) {
  const std::string mac = "  mac: {component: chip.PE.mac, action: compute, bits: 8}\n";
  EXPECT_THAT(([&] {
                try {
                  parse_energy_table("name: t\nbase: " SYSTOLE_SOURCE_DIR
                                     "/configs/energy/eyeriss_normalized.yaml\n"
                                     "accelergy:\n  file: ert_of_test.yaml\n" +
                                         mac,
                                     folder() + "/t.yaml");
                } catch (const ConfigError& e) {
                  return std::string{e.what()};
                }
                return std::string{};
              }()),
              ::testing::HasSubstr("has energies in MAC and in joules or watts"));
  std::ofstream{folder() + "/ert_of_test.yaml"} << "ERT:\n  version: 0.4\n  tables: []\n";
  EXPECT_THAT(refused(mac), ::testing::HasSubstr("accelergy.file: "));
}

TEST_F(Accelergy, MistakesOfTheErtAndOfTheTableAreToldTogether) {
  std::ofstream{folder() + "/ert_of_test.yaml"}
      << "ERT:\n  version: 0.5\n  tables:\n"
         "    - name: chip.PE.mac\n      actions: [{name: compute, energy: much}]\n";
  const std::string said = refused("  mac: {component: chip.PE.mac, actoin: compute, bits: 8}\n");
  for (const char* const line :
       {"ert_of_test.yaml:2:12: ERT.version: expected 0.3 or 0.4, found '0.5'",
        "ert_of_test.yaml:5:41: ERT.tables[0].actions[0].energy: expected a number",
        "accelergy.mac.actoin: unknown key (did you mean 'action'?)"}) {
    EXPECT_THAT(said, ::testing::HasSubstr(line));
  }
}

TEST_F(Accelergy, MistakesOfTheBaseAndOfTheTableAreToldTogether) {
  std::ofstream{folder() + "/base.yaml"} << "nmae: base\n";
  try {
    parse_energy_table("name: t\nbase: base.yaml\nbogus: 1\n", folder() + "/t.yaml");
    FAIL() << "was taken";
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.lines(), ::testing::Contains(::testing::HasSubstr("t.yaml:3:1: bogus: unknown")));
    EXPECT_THAT(e.lines(), ::testing::Contains(::testing::HasSubstr("base.yaml:1:1: name: miss")));
  }
}

TEST_F(Accelergy, ArgumentsOfSeveralValuesAreCompared) {
  std::ofstream{folder() + "/ert_of_test.yaml"}
      << "ERT:\n  tables:\n    - name: glb\n      actions:\n"
         "        - {name: read, arguments: {lanes: [0, 1]}, energy: 1.5}\n"
         "        - {name: read, arguments: {lanes: [0, 2]}, energy: 2.5}\n"
         "        - {name: read, arguments: {lanes: {from: 0, to: 2}}, energy: 3.5}\n";
  const auto energy_of = [](const std::string& arguments) {
    return read("  scratchpad_read: {component: glb, action: read, bits: 64, arguments: " +
                arguments + "}\n")
        .scratchpad_read.at(0)
        .value.value;
  };
  EXPECT_DOUBLE_EQ(energy_of("{lanes: [0, 1]}"), 1.5);
  EXPECT_DOUBLE_EQ(energy_of("{lanes: [0, 2]}"), 2.5);
  EXPECT_DOUBLE_EQ(energy_of("{lanes: {to: 2, from: 0}}"), 3.5);
  EXPECT_THAT(
      refused(
          "  scratchpad_read: {component: glb, action: read, bits: 64, arguments: {lanes: []}}\n"),
      ::testing::HasSubstr("0 energies of glb.read"));
}

// It is said to be given by nobody, and the ERT gives it.
TEST_F(Accelergy, WhatTheErtGivesIsPublished) {
  EXPECT_THAT(refused("  dram: {component: chip.PE.mac, action: compute, bits: 64}\n"
                      "not_published: [dram]\n"),
              ::testing::HasSubstr("'dram' is given in this table, expected one of both"));
}

}  // namespace
}  // namespace systole

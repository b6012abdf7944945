#include <gtest/gtest.h>

#include <string>

#include "sim/config/reader.hpp"
#include "sim/energy/energy_table.hpp"

namespace systole {
namespace {

std::string entry(const std::string& bits, const std::string& rest) {
  return "{bits: " + bits + ", " + rest + ", node: 45 nm, source: test}";
}

// A table without mistakes, its `adder` line as given.
std::string table_with(const std::string& adder) {
  const std::string good = entry("32", "value: 1, unit: pJ");
  return "name: t\n"
         "adder: " +
         adder +
         "\n"
         "multiplier: [" +
         good +
         "]\n"
         "shifter: [" +
         good +
         "]\n"
         "comparator: [" +
         good +
         "]\n"
         "sram: [{capacity_kib: 8, bits: 64, value: 10, unit: pJ, node: 45 nm, source: test}]\n"
         "register: " +
         good +
         "\n"
         "register_file: " +
         good +
         "\n"
         "dram: " +
         good + "\n";
}

std::string errors_in(const std::string& yaml) {
  try {
    parse_energy_table(yaml, "t.yaml");
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(EnergyTable, TheShippedTableNamesASourceAndANodeForEveryNumber) {
  const EnergyTable table =
      load_energy_table(SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml");
  EXPECT_EQ(table.name, "horowitz_45nm");
  ASSERT_EQ(table.adder.size(), 3U);
  EXPECT_EQ(table.adder[1].bits, 16U);
  EXPECT_NE(table.adder[1].source.find("not in Horowitz"), std::string::npos);
  ASSERT_EQ(table.sram.size(), 3U);
  EXPECT_EQ(table.sram[2].capacity_kib, 1024U);
  EXPECT_DOUBLE_EQ(table.dram.energy.pj, 1300);
  EXPECT_DOUBLE_EQ(table.dram.energy.high_pj, 2600);
  EXPECT_DOUBLE_EQ(table.register_write.energy.pj, 0.009);
  EXPECT_DOUBLE_EQ(table.register_write.energy.high_pj, 0.03125);
  EXPECT_FALSE(table.static_power.has_value());
}

TEST(EnergyTable, ValuesComeInFemtoPicoOrNanojoule) {
  const EnergyTable table =
      parse_energy_table(table_with("[" + entry("8", "value: 30, unit: fJ") + ", " +
                                    entry("32", "value: 0.5, unit: nJ, range: [0.25, 1]") + "]"),
                         "t.yaml");
  EXPECT_DOUBLE_EQ(table.adder[0].energy.pj, 0.03);
  EXPECT_DOUBLE_EQ(table.adder[0].energy.low_pj, 0.03);
  EXPECT_DOUBLE_EQ(table.adder[1].energy.pj, 500);
  EXPECT_DOUBLE_EQ(table.adder[1].energy.low_pj, 250);
  EXPECT_DOUBLE_EQ(table.adder[1].energy.high_pj, 1000);
}

TEST(EnergyTable, StaticPowerIsOptional) {
  const std::string good = table_with("[" + entry("8", "value: 1, unit: pJ") + "]");
  const EnergyTable table = parse_energy_table(
      good + "static_power: {value: 250, unit: uW, node: 45 nm, source: test}\n", "t.yaml");
  ASSERT_TRUE(table.static_power.has_value());
  EXPECT_DOUBLE_EQ(table.static_power->milliwatt, 0.25);
  EXPECT_EQ(errors_in(good + "static_power: {value: 1, unit: pJ, node: n, source: s}\n"),
            "t.yaml:10:32: static_power.unit: expected uW, mW or W, found 'pJ'");
}

TEST(EnergyTable, AnEntryWithoutASourceIsRefused) {
  EXPECT_EQ(errors_in(table_with("[{bits: 8, value: 1, unit: pJ, node: 45 nm}]")),
            "t.yaml:2:9: adder[0].source: missing, expected a text that is not empty");
}

TEST(EnergyTable, AnUnknownUnitIsRefused) {
  EXPECT_EQ(errors_in(table_with("[" + entry("8", "value: 1, unit: kJ") + "]")),
            "t.yaml:2:35: adder[0].unit: expected fJ, pJ or nJ, found 'kJ' (did you mean 'fJ'?)");
}

TEST(EnergyTable, AValueOfZeroIsRefused) {
  EXPECT_EQ(errors_in(table_with("[" + entry("8", "value: 0, unit: pJ") + "]")),
            "t.yaml:2:26: adder[0].value: 0 is out of range, expected a number in 1e-06..1e+06");
}

TEST(EnergyTable, ARangeHoldsTheValueAndHasTwoEnds) {
  EXPECT_EQ(errors_in(table_with("[" + entry("8", "value: 3, unit: pJ, range: [1, 2]") + "]")),
            "t.yaml:2:46: adder[0].range: 1..2 does not hold the value 3, expected low <= value <= "
            "high");
  EXPECT_EQ(errors_in(table_with("[" + entry("8", "value: 3, unit: pJ, range: [3]") + "]")),
            "t.yaml:2:46: adder[0].range: 1 given, expected two numbers: [low, high]");
}

TEST(EnergyTable, EntriesStandInGrowingOrder) {
  EXPECT_EQ(errors_in(table_with("[" + entry("16", "value: 1, unit: pJ") + ", " +
                                 entry("16", "value: 2, unit: pJ") + "]")),
            "t.yaml:2:75: adder[1].bits: 16 follows 16, expected entries in growing order");
}

TEST(EnergyTable, AListNeedsAnEntry) {
  EXPECT_EQ(errors_in(table_with("[]")),
            "t.yaml:2:8: adder: is empty, expected at least one entry");
}

TEST(EnergyTable, EveryMistakeIsReportedInOneRun) {
  EXPECT_EQ(errors_in("name: t\nadder: 4\nmultipler: []\n"),
            "t.yaml:1:1: multiplier: missing, expected a list of maps\n"
            "t.yaml:1:1: shifter: missing, expected a list of maps\n"
            "t.yaml:1:1: comparator: missing, expected a list of maps\n"
            "t.yaml:1:1: sram: missing, expected a list of maps\n"
            "t.yaml:1:1: register: missing, expected a map of keys\n"
            "t.yaml:1:1: register_file: missing, expected a map of keys\n"
            "t.yaml:1:1: dram: missing, expected a map of keys\n"
            "t.yaml:2:8: adder: expected a list of maps, found '4'\n"
            "t.yaml:3:1: multipler: unknown key (did you mean 'multiplier'?)");
}

}  // namespace
}  // namespace systole

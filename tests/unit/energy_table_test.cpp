#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sim/config/reader.hpp"
#include "sim/energy/energy_table.hpp"
#include "sim/energy/node_scaling.hpp"
#include "tests/unit/energy_table_text.hpp"

namespace systole {
namespace {

using namespace std::string_literals;

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
  EXPECT_DOUBLE_EQ(table.dram[0].value.value, 1300);
  EXPECT_DOUBLE_EQ(table.dram[0].value.high, 2600);
  EXPECT_DOUBLE_EQ(table.register_write[0].value.value, 0.009);
  EXPECT_DOUBLE_EQ(table.register_write[0].value.high, 0.03125);
  EXPECT_TRUE(table.static_power.empty());
}

TEST(EnergyTable, ValuesComeInFemtoPicoOrNanojoule) {
  const EnergyTable table =
      parse_energy_table(table_with("[" + entry("8", "value: 30, unit: fJ") + ", " +
                                    entry("32", "value: 0.5, unit: nJ, range: [0.25, 1]") + "]"),
                         "t.yaml");
  EXPECT_DOUBLE_EQ(table.adder[0].value.value, 0.03);
  EXPECT_DOUBLE_EQ(table.adder[0].value.low, 0.03);
  EXPECT_DOUBLE_EQ(table.adder[1].value.value, 500);
  EXPECT_DOUBLE_EQ(table.adder[1].value.low, 250);
  EXPECT_DOUBLE_EQ(table.adder[1].value.high, 1000);
}

TEST(EnergyTable, TheDigestIsOfTheValuesAlone) {
  const auto digest_with = [](const std::string& value, const std::string& more = "") {
    return parse_energy_table(table_with("[" + entry("8", value) + "]") + more, "t.yaml").digest;
  };
  const std::string digest = digest_with("value: 30, unit: fJ");
  EXPECT_FALSE(digest.empty());
  EXPECT_EQ(digest_with("unit: pJ, value: 0.03", "source: a book # on paper\n"), digest);
  for (const char* const value : {"value: 31, unit: fJ", "value: 30, unit: fJ, range: [29, 30]",
                                  "value: 30, unit: fJ, range: [30, 31]"}) {
    EXPECT_NE(digest_with(value), digest) << value;
  }
  for (const std::string& more :
       {"process: 45nm\n"s, "static_power: {value: 1, unit: mW, node: n, source: s}\n"s,
        "leakage: {pe: [" + entry("8", "value: 1, unit: uW") + "]}\n",
        "area: {pe: [" + entry("8", "value: 1, unit: um2") + "]}\n",
        "memories: {scratchpad_read: " + entry("8", "value: 1, unit: pJ") + "}\n"}) {
    EXPECT_NE(digest_with("value: 30, unit: fJ", more), digest) << more;
  }
}

TEST(EnergyTable, StaticPowerIsOptional) {
  const std::string good = table_with("[" + entry("8", "value: 1, unit: pJ") + "]");
  const EnergyTable table = parse_energy_table(
      good + "static_power: {value: 250, unit: uW, node: 45 nm, source: test}\n", "t.yaml");
  ASSERT_EQ(table.static_power.size(), 1U);
  EXPECT_DOUBLE_EQ(table.static_power[0].value.value, 0.25);
  EXPECT_EQ(errors_in(good + "static_power: {value: 1, unit: pJ, node: n, source: s}\n"),
            "t.yaml:10:32: static_power.unit: expected nW, uW, mW or W, found 'pJ'");
}

TEST(EnergyTable, AnEntryWithoutASourceIsRefused) {
  EXPECT_EQ(errors_in(table_with("[{bits: 8, value: 1, unit: pJ, node: 45 nm}]")),
            "t.yaml:2:9: adder[0].source: missing, expected a text that is not empty");
}

TEST(EnergyTable, AnUnknownUnitIsRefused) {
  EXPECT_EQ(
      errors_in(table_with("[" + entry("8", "value: 1, unit: kJ") + "]")),
      "t.yaml:2:35: adder[0].unit: expected fJ, pJ, nJ or MAC, found 'kJ' (did you mean 'fJ'?)");
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

TEST(EnergyTable, AStandardOfDramIsGivenOnce) {
  const std::string standard = "{standard: hbm9, " + entry("1", "value: 1, unit: pJ").substr(1);
  EXPECT_EQ(errors_in(table_with("[" + entry("8", "value: 1, unit: pJ") + "]") +
                      "dram_standards:\n  - " + standard + "\n  - " + standard + "\n"),
            "t.yaml:12:16: dram_standards[1].standard: 'hbm9' is given twice");
}

// A banked memory of a standard that the base knows costs what this table says.
TEST(EnergyTable, ADramOfItsOwnHoldsAgainstTheStandardsOfTheBase) {
  const EnergyTable table = parse_energy_table("name: t\nbase: " SYSTOLE_SOURCE_DIR
                                               "/configs/energy/horowitz_45nm.yaml\ndram: " +
                                                   entry("64", "value: 64, unit: pJ") + "\n",
                                               "t.yaml");
  EXPECT_TRUE(table.dram_standards.empty());
  AcceleratorConfig config;
  config.dram.model = DramModel::Banked;
  config.dram.preset = "ddr4_2400";
  EXPECT_DOUBLE_EQ(adapted_to(config, table).dram[0].value.value, 64);
}

TEST(EnergyTable, AMultiplierOfItsOwnHoldsAgainstWholePesOfTheBase) {
  const EnergyTable table = parse_energy_table(
      "name: t\nbase: " SYSTOLE_SOURCE_DIR "/configs/energy/bitfusion_45nm_pe.yaml\nmultiplier: [" +
          entry("8", "value: 1, unit: pJ") + "]\n",
      "t.yaml");
  for (const auto list : {&EnergyTable::pe, &EnergyTable::pe_composable, &EnergyTable::leakage_pe,
                          &EnergyTable::leakage_pe_composable, &EnergyTable::area_pe,
                          &EnergyTable::area_pe_composable, &EnergyTable::mac}) {
    EXPECT_TRUE((table.*list).empty());
  }
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

TEST(EnergyTable, EveryShippedTableReadsAndNamesItsSources) {
  std::size_t tables = 0;
  for (const auto& file :
       std::filesystem::directory_iterator{SYSTOLE_SOURCE_DIR "/configs/energy"}) {
    if (file.path().extension() != ".yaml") {
      continue;
    }
    ++tables;
    const EnergyTable table = load_energy_table(file.path().string());
    EXPECT_EQ(table.name, file.path().stem().string());
    ASSERT_FALSE(table.sram.empty() || table.dram.empty()) << table.name;
    EXPECT_FALSE(table.sram[0].source.empty()) << table.name;
  }
  EXPECT_EQ(tables, 8U);
}

TEST(EnergyTable, ABaseGivesWhatTheTableDoesNot) {
  const EnergyTable cacti =
      load_energy_table(SYSTOLE_SOURCE_DIR "/configs/energy/cacti_45nm_lop.yaml");
  EXPECT_DOUBLE_EQ(cacti.adder[0].value.value, 0.03);
  EXPECT_EQ(cacti.sram.front().capacity_kib, 1U);
  EXPECT_EQ(cacti.sram.front().source, "computed with CACTI 7");
  EXPECT_THAT(cacti.notes, ::testing::ElementsAre("what it does not give is of horowitz_45nm"));
}

TEST(EnergyTable, ATableCannotStandOnItself) {
  const std::string path = SYSTOLE_BINARY_DIR "/energy_on_itself.yaml";
  std::ofstream{path} << "name: t\nbase: energy_on_itself.yaml\n";
  try {
    load_energy_table(path);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("base: is the base of 4 tables"));
  }
}

TEST(EnergyTable, AFileThatIsNotThereIsAMistakeAmongOthers) {
  const std::string text = "name: t\nbase: nope.yaml\naccelergy: {file: none.yaml}\nbogus: 1\n";
  try {
    parse_energy_table(text, "t.yaml");
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.lines(),
                ::testing::ElementsAre("t.yaml:2:7: base: nope.yaml: no such file",
                                       "t.yaml:3:19: accelergy.file: none.yaml: no such file",
                                       ::testing::StartsWith("t.yaml:4:1: bogus: ")));
  }
}

TEST(EnergyTable, WhatNobodyPublishesIsNamed) {
  std::string yaml = table_with("[" + entry("8", "value: 1, unit: pJ") + "]");
  const std::string shifter = "shifter: [" + entry("32", "value: 1, unit: pJ") + "]\n";
  yaml.erase(yaml.find(shifter), shifter.size());
  EXPECT_EQ(errors_in(yaml), "t.yaml:1:1: shifter: missing, expected a list of maps");
  const EnergyTable table = parse_energy_table(yaml + "not_published: [shifter]\n", "t.yaml");
  EXPECT_TRUE(table.shifter.empty());
  EXPECT_THAT(table.notes, ::testing::ElementsAre(::testing::HasSubstr("nothing: shifter")));
  EXPECT_THAT(errors_in(yaml + "not_published: [shiftr]\n"),
              ::testing::HasSubstr("found 'shiftr' (did you mean 'shifter'?)"));
}

TEST(EnergyTable, WhatNobodyPublishesIsNotOfTheBaseEither) {
  const std::string base = "name: t\nbase: " SYSTOLE_SOURCE_DIR "/configs/energy/";
  const EnergyTable without =
      parse_energy_table(base + "horowitz_45nm.yaml\nnot_published: [shifter]\n", "t.yaml");
  EXPECT_TRUE(without.shifter.empty());
  EXPECT_THAT(without.notes, ::testing::ElementsAre("what it does not give is of horowitz_45nm",
                                                    ::testing::HasSubstr("nothing: shifter")));
  // What the base lacks is said of the table, too, unless it gives it.
  const EnergyTable eyeriss =
      load_energy_table(SYSTOLE_SOURCE_DIR "/configs/energy/eyeriss_65nm.yaml");
  ASSERT_THAT(eyeriss.not_published, ::testing::Contains("shifter"));
  const EnergyTable same = parse_energy_table(base + "eyeriss_65nm.yaml\n", "t.yaml");
  EXPECT_EQ(same.not_published, eyeriss.not_published);
  EXPECT_EQ(same.notes.back(), eyeriss.notes.back());
  const std::string shifter = "shifter: [" + entry("32", "value: 1, unit: pJ") + "]\n";
  const EnergyTable more = parse_energy_table(base + "eyeriss_65nm.yaml\n" + shifter, "t.yaml");
  EXPECT_THAT(more.not_published, ::testing::Not(::testing::Contains("shifter")));
  EXPECT_THAT(errors_in(base + "eyeriss_65nm.yaml\nnot_published: [shifter]\n" + shifter),
              ::testing::HasSubstr("not_published: 'shifter' is given in this table"));
}

TEST(EnergyTable, AStandardIsNotNamedAsTheLackOfOne) {
  const std::string standards =
      "dram_standards: [{standard: default, bits: 64, value: 1, unit: pJ, node: n, source: s}]\n";
  EXPECT_THAT(errors_in(table_with("[" + entry("8", "value: 1, unit: pJ") + "]") + standards),
              ::testing::HasSubstr("dram_standards[0].standard: 'default' is what energy.dram"));
}

TEST(EnergyTable, MacsAndJoulesDoNotMix) {
  EXPECT_EQ(errors_in(table_with("[" + entry("8", "value: 1, unit: MAC") + "]")),
            "t.yaml:1:1: has energies in MAC and in joules or watts, expected one of the two");
  const std::string base = "name: t\nbase: " SYSTOLE_SOURCE_DIR
                           "/configs/energy/eyeriss_normalized.yaml\nnode: 45 nm\nsource: test\n";
  EXPECT_EQ(errors_in(base), "");
  EXPECT_THAT(errors_in(base + "static_power: {value: 3, unit: mW}\n"),
              ::testing::HasSubstr("in MAC and in joules or watts"));
  EXPECT_TRUE(
      load_energy_table(SYSTOLE_SOURCE_DIR "/configs/energy/eyeriss_normalized.yaml").normalized);
}

AcceleratorConfig asking(const std::string& dram, std::optional<ProcessNode> node = {}) {
  AcceleratorConfig config;
  config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml";
  config.energy.dram = dram;
  config.energy.node = node;
  return config;
}

TEST(EnergyTable, AMachineChoosesTheDramStandardOfItsTable) {
  const EnergyTable table = load_energy_table(asking("lpddr4"));
  EXPECT_DOUBLE_EQ(table.dram[0].value.value / table.dram[0].bits, 8);
  EXPECT_THAT(table.notes, ::testing::ElementsAre(::testing::HasSubstr("lpddr4, 8 pJ/bit")));
  try {
    load_energy_table(asking("lpdr4"));
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("found 'lpdr4' (did you mean 'lpddr4'?)"));
  }
}

TEST(EnergyTable, ABankedMemoryCostsWhatItsStandardCosts) {
  AcceleratorConfig config = asking("default");
  config.dram.preset = "lpddr4_3200";
  EXPECT_DOUBLE_EQ(load_energy_table(config).dram[0].value.value, 1300) << "ideal";
  config.dram.model = DramModel::Banked;
  EXPECT_DOUBLE_EQ(load_energy_table(config).dram[0].value.value, 8);
  config.dram.preset = "my/memories/hbm2.yaml";
  EXPECT_DOUBLE_EQ(load_energy_table(config).dram[0].value.value, 3.97);
  config.dram.preset = "sram.yaml";
  EXPECT_DOUBLE_EQ(load_energy_table(config).dram[0].value.value, 1300) << "not a standard";
  EXPECT_THAT(load_energy_table(config).notes,
              ::testing::ElementsAre(::testing::HasSubstr("'sram' is no standard of the table")));
}

TEST(EnergyTable, ANumberFormatNeedsItsFloatingPointEntries) {
  AcceleratorConfig config = asking("default");
  config.energy.number_format = NumberFormat::Fp16;
  EXPECT_THAT(load_energy_table(config).notes,
              ::testing::ElementsAre(::testing::HasSubstr("priced as fp16")));
  config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/eyeriss_65nm.yaml";
  try {
    load_energy_table(config);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("energy.number_format: fp16 needs"));
  }
}

// Factors at the nodes' supplies as published with the equations: data of wromaszkan/nodeScale.
TEST(EnergyTable, ScalingFollowsStillmakerAndBaas) {
  const auto energy = [](ProcessNode to) { return node_factors(ProcessNode::Nm45, to).energy; };
  EXPECT_NEAR(energy(ProcessNode::Nm32), 0.6541, 5e-5);
  EXPECT_NEAR(energy(ProcessNode::Nm20), 0.2873, 5e-5);
  EXPECT_NEAR(energy(ProcessNode::Nm16), 0.1721, 5e-5);
  EXPECT_NEAR(energy(ProcessNode::Nm14), 0.1377, 5e-5);
  EXPECT_NEAR(energy(ProcessNode::Nm10), 0.1005, 5e-5);
  EXPECT_NEAR(energy(ProcessNode::Nm7), 0.0684, 5e-5);
  EXPECT_NEAR(node_factors(ProcessNode::Lp45, ProcessNode::Lp7).energy, 0.0503, 5e-5);
  EXPECT_NEAR(energy(ProcessNode::Nm28), 0.532, 5e-4) << "between 32 and 20 nm";
  EXPECT_DOUBLE_EQ(node_factors(ProcessNode::Nm45, ProcessNode::Nm7).area, 0.059);
}

TEST(EnergyTable, ScalingTouchesTheDieAndNotTheDram) {
  const EnergyTable table = load_energy_table(asking("default", ProcessNode::Nm7));
  EXPECT_NEAR(table.adder[2].value.value, 0.1 * 0.0684, 1e-5);
  EXPECT_NEAR(table.sram[0].value.value, 10 * 0.0684, 1e-3);
  EXPECT_NEAR(table.area_multiplier[0].value.value, 282 * 0.059, 1e-9);
  EXPECT_DOUBLE_EQ(table.dram[0].value.value, 1300);
  EXPECT_THAT(table.notes, ::testing::ElementsAre(::testing::HasSubstr("Stillmaker and Baas")));
  AcceleratorConfig config = asking("default", ProcessNode::Nm7);
  config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/eyeriss_65nm.yaml";
  EXPECT_THROW(load_energy_table(config), ConfigError) << "its process is not one of theirs";
}

TEST(EnergyTable, AllThatATableCannotPriceIsTold) {
  AcceleratorConfig config = asking("ddr9", ProcessNode::Nm7);
  config.energy.number_format = NumberFormat::Fp16;
  config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/jouppi_7nm.yaml";
  try {
    load_energy_table(config);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.lines(),
                ::testing::ElementsAre(
                    ::testing::HasSubstr("energy.dram: jouppi_7nm knows default, hbm2 or gddr6"),
                    ::testing::HasSubstr("energy.number_format: fp16 needs"),
                    ::testing::HasSubstr("energy.node: jouppi_7nm names no `process`")));
  }
}

TEST(EnergyTable, EnergiesInMacsHaveNoNodeToBeScaledTo) {
  AcceleratorConfig config = asking("default", ProcessNode::Nm7);
  EnergyTable table =
      load_energy_table(std::string{SYSTOLE_SOURCE_DIR "/configs/energy/eyeriss_normalized.yaml"});
  table.process = ProcessNode::Nm45;
  EXPECT_THROW(adapted_to(config, table), ConfigError);
}

}  // namespace
}  // namespace systole

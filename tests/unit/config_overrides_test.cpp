#include <gtest/gtest.h>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/error_log.hpp"
#include "sim/config/reader.hpp"

namespace systole {
namespace {

const std::string kMachine =
    "name: t\n"
    "array:\n"
    "  rows: 16\n"
    "  cols: 16\n";

AcceleratorConfig with(const std::vector<std::string>& overrides) {
  return parse_accelerator(kMachine, "t.yaml", overrides);
}

std::string errors_with(const std::vector<std::string>& overrides,
                        const std::string& machine = kMachine) {
  try {
    parse_accelerator(machine, "t.yaml", overrides);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(ConfigOverrides, ReplaceAddAndNestValues) {
  const auto config = with({"array.rows=32", "dram.latency_cycles=100", "name=other = name",
                            "requant={lanes: 8, mode: shift_only}"});
  EXPECT_EQ(config.array.rows, 32U);
  EXPECT_EQ(config.array.cols, 16U);
  EXPECT_EQ(config.dram.latency_cycles, 100U);
  EXPECT_EQ(config.name, "other = name");
  EXPECT_EQ(config.requant.lanes, 8U);
  EXPECT_EQ(config.requant.mode, RequantMode::ShiftOnly);
}

TEST(ConfigOverrides, TheLastOfTwoWins) {
  EXPECT_EQ(with({"array.rows=32", "array.rows=8"}).array.rows, 8U);
  EXPECT_EQ(with({"array.rows=oops", "array.rows=8"}).array.rows, 8U);
}

TEST(ConfigOverrides, GiveWhatTheFileDoesNot) {
  const auto config = parse_accelerator("name: t\n", "t.yaml", {"array.rows=4", "array.cols=4"});
  EXPECT_EQ(config.array.rows, 4U);
}

TEST(ConfigOverrides, AreNamedInTheirErrors) {
  EXPECT_EQ(errors_with({"array.rows=abc"}),
            "--set array.rows=abc: array.rows: expected an integer in 1..1024, found 'abc'");
  EXPECT_EQ(errors_with({"array.rowz=3"}),
            "--set array.rowz=3: array.rowz: unknown key (did you mean 'rows'?)");
  EXPECT_EQ(errors_with({"arrray.rows=3"}),
            "--set arrray.rows=3: arrray: unknown key (did you mean 'array'?)");
  EXPECT_EQ(errors_with({"array.rows="}),
            "--set array.rows=: array.rows: expected an integer in 1..1024, found nothing");
  EXPECT_EQ(errors_with({"array.rows=[1"}),
            "--set array.rows=[1: array.rows: not valid YAML: end of sequence flow not found");
  EXPECT_EQ(errors_with({"array.rows=&x 4"}),
            "--set array.rows=&x 4: array.rows: anchors (&name) are not allowed");
  EXPECT_EQ(errors_with({"array={rows: 4, rows: 5, cols: 4}"}),
            "--set array={rows: 4, rows: 5, cols: 4}: array.rows: given twice, first in line 1");
}

TEST(ConfigOverrides, ThatCannotBeAppliedAreErrors) {
  for (const char* text : {"array.rows", "=3", "array.=3", ".rows=3", "array..rows=3", ""}) {
    EXPECT_EQ(errors_with({text}), std::string{"--set "} + text + ": expected key.path=value");
  }
  EXPECT_EQ(errors_with({"name.first=x"}),
            "--set name.first=x: name: not a map, expected a key that has keys below it");
}

TEST(ConfigOverrides, ComeBeforeTheErrorsOfTheFile) {
  EXPECT_EQ(errors_with({"array.cols=0"}, "name: t\narray: {rows: 0, cols: 4}\n"),
            "--set array.cols=0: array.cols: 0 is out of range, expected an integer in 1..1024\n"
            "t.yaml:2:15: array.rows: 0 is out of range, expected an integer in 1..1024");
}

TEST(ConfigOverrides, AreBlamedForTheRulesTheyBreak) {
  EXPECT_EQ(errors_with({"array.cols=8"}, kMachine + "requant: {lanes: 16}\n"),
            "--set array.cols=8: array.cols: requant.lanes (16) is above array.cols (8), "
            "expected at most the values of an accumulator row");
}

// Rows are as wide as the operands of one side or the sums, and these as their bits.
TEST(ConfigOverrides, OfBitsAreBlamedForMemoriesWithoutWholeRows) {
  const std::string machine = kMachine +
                              "scratchpad: {capacity_kib: 256, banks: 4}\n"
                              "accumulators: {capacity_kib: 64, banks: 2}\n";
  EXPECT_EQ(errors_with({"array.accumulator_bits=20"}, machine),
            "--set array.accumulator_bits=20: array.accumulator_bits: accumulators.capacity_kib "
            "(64) is not a whole number of 40-byte rows (array.cols, array.accumulator_bits) in "
            "each of 2 banks (accumulators.banks), expected a multiple of 5");
  const std::string rows = ": scratchpad.capacity_kib (256) is not a whole number of ";
  const std::string expected = " in each of 4 banks (scratchpad.banks), expected a multiple of ";
  for (const auto& [key, what] :
       {std::pair{"array.weight_bits", "20-byte rows (array.cols, array.weight_bits)"},
        std::pair{"array.activation_bits", "20-byte rows (array.rows, array.activation_bits)"}}) {
    EXPECT_EQ(errors_with({std::string{key} + "=10"}, machine),
              std::string{"--set "} + key + "=10: " + key + rows + what + expected + "5");
  }
  EXPECT_EQ(errors_with({"array.rows=24", "array.cols=16", "array.pe=composable"}, machine),
            "--set array.rows=24: array.rows" + rows +
                "96-byte rows (array.rows, array.activation_bits, array.weight_bits, array.pe)" +
                expected + "3");
  EXPECT_EQ(errors_with({"array.number_format=fp16", "scratchpad.banks=3"}, machine),
            "--set scratchpad.banks=3: scratchpad.banks" + rows +
                "32-byte rows (array.rows, array.number_format) in each of 3 banks "
                "(scratchpad.banks), expected a multiple of 3");
}

// In the file a table lies beside the file; on the command line where the user stands.
TEST(ConfigOverrides, AnEnergyTableIsRelativeToWhoNamesIt) {
  const std::string machine = kMachine + "energy: {table: ../e/t.yaml}\n";
  EXPECT_EQ(parse_accelerator(machine, "a/b/m.yaml").energy.table, "a/e/t.yaml");
  EXPECT_EQ(parse_accelerator(machine, "/a/b/m.yaml").energy.table, "/a/e/t.yaml");
  EXPECT_EQ(parse_accelerator(machine, "a/b/m.yaml", {"energy.table=x.yaml"}).energy.table,
            "x.yaml");
}

TEST(ConfigOverrides, GiveKeysToABlockThatIsLeftEmpty) {
  const auto config =
      parse_accelerator("name: t\narray:\n", "t.yaml", {"array.rows=4", "array.cols=2"});
  EXPECT_EQ(config.array.rows, 4U);
  EXPECT_EQ(config.array.cols, 2U);
}

TEST(ConfigOverrides, AreNamedInErrorsOfTheirElements) {
  const ConfigFile file = ConfigFile::parse("list: [1]\n", "t.yaml", {"list=[1, x]"});
  std::vector<std::uint32_t> list;
  file.root().required("list", list);
  try {
    file.check();
    FAIL() << "x is no integer";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "--set list=[1, x]: list[1]: expected an integer in 0..4294967295, found 'x'");
  }
}

}  // namespace
}  // namespace systole

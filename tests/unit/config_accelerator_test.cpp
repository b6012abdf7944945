#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/accelerator_rules.hpp"
#include "sim/config/checked_yaml.hpp"

namespace systole {
namespace {

const std::string kConfigs = SYSTOLE_SOURCE_DIR "/configs";

AcceleratorConfig machine(const std::string& more = "",
                          const std::string& rows_and_cols = "rows: 16, cols: 16") {
  return parse_accelerator("name: t\narray: {" + rows_and_cols + "}\n" + more, "t.yaml");
}

std::vector<std::string> shipped_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator{kConfigs}) {
    if (entry.path().extension() == ".yaml") {
      files.push_back(entry.path().string());
    }
  }
  return files;
}

/// "array.rows" -> "16" for each key of a printed configuration.
std::vector<std::pair<std::string, std::string>> keys_and_values(const std::string& yaml) {
  std::vector<std::pair<std::string, std::string>> all;
  const auto walk = [&](const auto& self, const YAML::Node& map, const std::string& path) -> void {
    for (const auto& entry : map) {
      const std::string key = path + entry.first.Scalar();
      if (entry.second.IsMap()) {
        self(self, entry.second, key + ".");
      } else {
        all.emplace_back(key, entry.second.Scalar());
      }
    }
  };
  walk(walk, YAML::Load(yaml), "");
  return all;
}

TEST(ParseAccelerator, FillsEveryDefaultOfASmallestFile) {
  AcceleratorConfig expected;
  expected.name = "t";
  AcceleratorConfig config = machine();
  EXPECT_EQ(config.energy.table, kConfigs + "/energy/horowitz_45nm.yaml");
  config.energy.table = expected.energy.table;
  EXPECT_EQ(config, expected);
}

TEST(ParseAccelerator, FitsLeftOutValuesToTheArray) {
  const AcceleratorConfig narrow = machine("dma: {bus_bytes: 128}\n", "rows: 12, cols: 5");
  EXPECT_EQ(narrow.scratchpad.activation.capacity_kib, 255U) << "3 KiB: 48 bytes are a row each";
  EXPECT_EQ(narrow.accumulators.capacity_kib, 60U) << "5 KiB: 40 bytes are a row each";
  EXPECT_EQ(narrow.requant.lanes, 5U);
  EXPECT_EQ(narrow.vector.lanes, 12U);
  EXPECT_EQ(narrow.dma.max_burst_bytes, 128U);
  EXPECT_EQ(narrow.dram.bytes_per_cycle, 128U);
  EXPECT_EQ(machine("", "rows: 1021, cols: 1021").accumulators.capacity_kib, 1021U);
}

TEST(ParseAccelerator, AcceptsEveryArraySizeWithDefaultsAlone) {
  for (std::uint32_t size = 1; size <= 1024; size += size < 40 ? 1 : 61) {
    const std::string text = std::to_string(size);
    EXPECT_NO_THROW(machine("", "rows: " + text + ", cols: 16")) << text;
    EXPECT_NO_THROW(machine("", "rows: 16, cols: " + text)) << text;
    EXPECT_NO_THROW(
        machine("scratchpad: {organization: split}\n", "rows: " + text + ", cols: " + text))
        << text;
  }
}

TEST(ParseAccelerator, ReadsASplitScratchpad) {
  const AcceleratorConfig config = machine(
      "scratchpad:\n"
      "  organization: split\n"
      "  ports: dual\n"
      "  activation: {capacity_kib: 32, banks: 8}\n"
      "  weight: {capacity_kib: 8, banks: 1}\n",
      "rows: 16, cols: 8");
  EXPECT_EQ(config.scratchpad.organization, ScratchpadOrganization::Split);
  EXPECT_EQ(config.scratchpad.ports, BankPorts::Dual);
  EXPECT_EQ(config.scratchpad.activation.banks, 8U);
  EXPECT_EQ(config.scratchpad.weight.capacity_kib, 8U);
  EXPECT_EQ(activation_row_bytes(config), 16U);
  EXPECT_EQ(weight_row_bytes(config), 8U);
  EXPECT_EQ(activation_rows(config), 2048U);
  EXPECT_EQ(weight_rows(config), 1024U);
}

// Sharma et al., Bit Fusion, ISCA 2018, table of a fusion unit's parallelism.
TEST(AcceleratorConfig, AComposablePeFormsAsManyProductsAsItsMultipliersGive) {
  ArrayConfig array;
  EXPECT_EQ(products_per_pe(array, 2, 2), 1U) << "fixed";
  array.pe = PeKind::Composable;
  EXPECT_EQ(products_per_pe(array, 8, 8), 1U);
  EXPECT_EQ(products_per_pe(array, 8, 4), 2U);
  EXPECT_EQ(products_per_pe(array, 4, 4), 4U);
  EXPECT_EQ(products_per_pe(array, 8, 2), 4U);
  EXPECT_EQ(products_per_pe(array, 4, 2), 8U);
  EXPECT_EQ(products_per_pe(array, 2, 2), 16U);
  EXPECT_EQ(products_per_pe(array, 1, 1), 16U) << "a bit takes a multiplier of two";
  EXPECT_EQ(products_per_pe(array, 5, 3), 2U) << "as 8 x 4";
  array.activation_bits = 16;
  EXPECT_EQ(products_per_pe(array, 16, 2), 4U);
}

TEST(AcceleratorConfig, RowsOfAComposableArrayHoldTheOperandsOfItsWidestMode) {
  const AcceleratorConfig config =
      machine("scratchpad: {organization: split}\n", "rows: 16, cols: 8, pe: composable");
  EXPECT_EQ(activation_row_bytes(config), 16U * 32 / 8);
  EXPECT_EQ(weight_row_bytes(config), 8U * 32 / 8);
  EXPECT_THROW(machine("", "rows: 4, cols: 4, pe: composable, weight_bits: 3"), ConfigError);
  EXPECT_THROW(machine("", "rows: 4, cols: 4, pe: composable, activation_bits: 1"), ConfigError);
}

TEST(AcceleratorConfig, SizesFollowFromTheConfiguration) {
  AcceleratorConfig config;
  config.array.rows = 8;
  config.array.cols = 32;
  EXPECT_EQ(activation_row_bytes(config), 32U) << "unified: the wider of both";
  EXPECT_EQ(activation_rows(config), 8192U);
  EXPECT_EQ(weight_rows(config), 0U);
  EXPECT_EQ(accumulator_row_bytes(config), 128U);
  EXPECT_EQ(accumulator_rows(config), 512U);
  EXPECT_EQ(requant_entry_bytes(config), 8U);
  config.requant.mode = RequantMode::ShiftOnly;
  EXPECT_EQ(requant_entry_bytes(config), 4U);
  config.requant.mode = RequantMode::FloatScale;
  EXPECT_EQ(requant_entry_bytes(config), 4U);
  config.array.weight_bits = 2;
  config.array.activation_bits = 3;
  EXPECT_EQ(weight_row_bytes(config), 8U);
  EXPECT_EQ(activation_row_bytes(config), 8U);
  config.scratchpad.organization = ScratchpadOrganization::Split;
  EXPECT_EQ(activation_row_bytes(config), 3U);
}

// Two rows of 2048 bytes; the weights of a fold and a row of activations, 1024 rows of 2048 bytes.
TEST(AcceleratorConfig, MemoriesMayHoldAsFewRowsAsTheyNeed) {
  EXPECT_NO_THROW(machine("accumulators: {capacity_kib: 4, banks: 1}\n", "rows: 4, cols: 512"));
  const AcceleratorConfig large =
      machine("", "rows: 1023, cols: 1024, activation_bits: 16, weight_bits: 16");
  EXPECT_EQ(large.scratchpad.activation.capacity_kib, 2048U) << "whole banks, none to spare";
}

TEST(AcceleratorConfig, TfliteRequantizesAccumulatorsOfAtMost32Bits) {
  const auto wide = [](const std::string& requant) {
    return parse_accelerator(
        "name: t\narray: {rows: 16, cols: 16, accumulator_bits: 33}\n" + requant, "t.yaml");
  };
  EXPECT_THROW(wide(""), ConfigError);
  EXPECT_EQ(wide("requant: {variant: single}\n").array.accumulator_bits, 33U);
  EXPECT_NO_THROW(wide("requant: {mode: float_scale}\n"));
}

TEST(AcceleratorConfig, StochasticRoundingNeedsARoundingThatIsFree) {
  const auto mistake = [](const std::string& more) -> std::string {
    try {
      machine("requant: {rounding: stochastic" + more + "}\n");
      return "";
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  const auto said_of = [](const std::string& key) {
    return "t.yaml:3:21: requant.rounding: requant.rounding (stochastic) is not possible with " +
           key +
           ", whose roundings are fixed, expected mode shift_only, or multiplier_shift with "
           "variant "
           "single";
  };
  EXPECT_EQ(mistake(""), said_of("requant.variant (tflite)"));
  EXPECT_EQ(mistake(", mode: float_scale"), said_of("requant.mode (float_scale)"));
  EXPECT_EQ(mistake(", variant: single"), "");
  EXPECT_EQ(mistake(", mode: shift_only"), "");
}

TEST(AcceleratorConfig, DiffersInEveryKeyThatIsPrinted) {
  const AcceleratorConfig base = machine("scratchpad: {organization: split}\n");
  for (const char* change : {"name=u",
                             "clock_mhz=1",
                             "array.rows=32",
                             "array.cols=32",
                             "array.overlap=none",
                             "array.number_format=bf16",
                             "array.activation_bits=4",
                             "array.weight_bits=16",
                             "array.accumulator_bits=16",
                             "array.overflow=saturate",
                             "array.max_compute_rows=1",
                             "array.extra_latency=1",
                             "array.min_step_rows=2",
                             "array.steps_in_flight=1",
                             "array.gather_rows=3",
                             "array.pe=composable",
                             "array.os_drain=false",
                             "scratchpad.ports=dual",
                             "scratchpad.read_latency=1",
                             "scratchpad.interleave_rows=4",
                             "scratchpad.activation.capacity_kib=16",
                             "scratchpad.activation.banks=1",
                             "scratchpad.weight.capacity_kib=16",
                             "scratchpad.weight.banks=1",
                             "accumulators.capacity_kib=16",
                             "accumulators.banks=1",
                             "accumulators.read_latency=2",
                             "accumulators.bias_bits=16",
                             "dma.bus_bytes=32",
                             "dma.max_burst_bytes=16",
                             "dma.max_outstanding_reads=1",
                             "dma.max_outstanding_writes=1",
                             "dma.commands_in_flight=1",
                             "dma.bus_queue=2",
                             "dma.page_bytes=64",
                             "scratchpad.operand_queue=1",
                             "dma.max_rows=1",
                             "dma.max_blocks=1",
                             "dma.request_latency=1",
                             "dma.bus_latency=2",
                             "dma.data_latency=1",
                             "dma.release_latency=2",
                             "dma.scratchpad_write_latency=2",
                             "dma.accumulator_write_latency=2",
                             "sequencer.load_entries=1",
                             "sequencer.execute_entries=2",
                             "sequencer.store_entries=1",
                             "sequencer.frontend_latency=1",
                             "sequencer.command_gap=2",
                             "requant.mode=shift_only",
                             "requant.mode=float_scale",
                             "requant.variant=single",
                             "requant.rounding=floor",
                             "requant.multiplier_bits=16",
                             "requant.seed=2",
                             "requant.lanes=1",
                             "requant.latency=1",
                             "requant.pipeline_entries=1",
                             "requant.table_rows=1",
                             "vector.lanes=1",
                             "vector.latency=1",
                             "compiler.objective=traffic",
                             "compiler.fusion=keep",
                             "compiler.buffers=3",
                             "vector.mac_lanes=1",
                             "compiler.depthwise=column",
                             "compiler.pack_taps=true",
                             "compiler.candidates=2",
                             "dram.latency_cycles=2",
                             "dram.model=banked",
                             "dram.bytes_per_cycle=1",
                             "dram.write_bytes_per_cycle=1",
                             "dram.write_latency_cycles=2",
                             "dram.preset=hbm2",
                             "dram.channels=2",
                             "dram.path_latency_cycles=1",
                             "energy.table=x",
                             "energy.node=7nm",
                             "energy.dram=hbm2",
                             "energy.number_format=fp16",
                             "energy.zero_gating=true",
                             "energy.switching_activity=true"}) {
    const AcceleratorConfig changed =
        parse_accelerator(accelerator_to_yaml(base), "t.yaml", {change});
    EXPECT_FALSE(changed == base) << change;
    EXPECT_EQ(parse_accelerator(accelerator_to_yaml(changed), "t.yaml"), changed) << change;
  }
}

TEST(AcceleratorToYaml, KeepsNamesThatYamlWouldReadOtherwise) {
  AcceleratorConfig config = machine();
  for (const char* name : {"null", "~", "a \"b\" \\ # c: d", "two\nlines", "\xC3\xA9", " x "}) {
    config.name = name;
    EXPECT_EQ(parse_accelerator(accelerator_to_yaml(config), "t.yaml"), config) << name;
  }
}

TEST(ShippedAccelerators, LoadAndReadBackEqual) {
  ASSERT_EQ(shipped_files().size(), 5U);
  for (const auto& file : shipped_files()) {
    const AcceleratorConfig config = load_accelerator(file);
    EXPECT_EQ(config.name, std::filesystem::path{file}.stem().string());
    EXPECT_EQ(parse_accelerator(accelerator_to_yaml(config), "t.yaml"), config) << file;
    EXPECT_TRUE(std::filesystem::exists(config.energy.table)) << config.energy.table;
  }
}

// As of a machine that was copied from configs/ without its table.
TEST(LoadAccelerator, SaysWhichKeyNamesAFileThatIsNotThere) {
  const std::string file = kConfigs + "/tiny_4x4.yaml";
  const auto errors = [&](const std::vector<std::string>& overrides) -> std::string {
    try {
      load_accelerator(file, overrides);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(errors({"energy.table=my.yaml", "dram.model=banked", "dram.preset=memory/my.yaml"}),
            "--set energy.table=my.yaml: energy.table: my.yaml: no such file\n"
            "--set dram.preset=memory/my.yaml: dram.preset: memory/my.yaml: no such file");
  EXPECT_EQ(errors({"dram.preset=memory/my.yaml"}), "") << "nobody reads it";
}

TEST(LoadAccelerator, SaysWhichFileIsNotThereBesideOtherMistakes) {
  try {
    load_accelerator(kConfigs + "/tiny_4x4.yaml",
                     {"energy.table=my.yaml", "dram.model=banked", "dram.preset=my.yaml",
                      "array.rows=-1", "energy.dram=[]"});
    FAIL() << "was taken";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.lines(),
                ::testing::UnorderedElementsAre(
                    "--set energy.table=my.yaml: energy.table: my.yaml: no such file",
                    "--set dram.preset=my.yaml: dram.preset: my.yaml: no such file",
                    ::testing::HasSubstr("array.rows: -1"),
                    ::testing::HasSubstr("energy.dram: expected a text")));
  }
}

// The mistake is told, and not that some other file is missing.
TEST(LoadAccelerator, ATableThatIsNoNameIsOneMistake) {
  try {
    load_accelerator(kConfigs + "/tiny_4x4.yaml", {"energy.table=[]"});
    FAIL() << "was taken";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.lines(), ::testing::ElementsAre(::testing::HasSubstr(
                                   "energy.table: expected a text that is not empty")));
  }
}

TEST(ShippedAccelerators, AreTheMachinesOfTheirSources) {
  const AcceleratorConfig gemmini = load_accelerator(kConfigs + "/gemmini_16x16.yaml");
  EXPECT_EQ(activation_rows(gemmini), 4U * 4096U);
  EXPECT_EQ(accumulator_rows(gemmini), 2U * 512U);
  EXPECT_EQ(gemmini.array.rows + gemmini.array.cols - 1 + gemmini.array.extra_latency, 33U);
  const AcceleratorConfig tpu = load_accelerator(kConfigs + "/tpu_v1_256x256.yaml");
  EXPECT_EQ(activation_rows(tpu), 98304U);
  EXPECT_EQ(weight_rows(tpu), 4U * 256U) << "four tiles";
  EXPECT_EQ(accumulator_rows(tpu), 4096U);
}

// The table of configs/README.md: key and default by its first and fourth column.
TEST(ConfigsReadme, NamesEveryKeyWithItsDefault) {
  std::vector<std::pair<std::string, std::string>> documented;
  std::istringstream readme{read_text_file(kConfigs + "/README.md")};
  const auto in_backquotes = [](const std::string& cell) {
    const auto first = cell.find('`');
    return first == std::string::npos
               ? ""
               : cell.substr(first + 1, cell.find('`', first + 1) - first - 1);
  };
  bool in_table = false;
  for (std::string line; std::getline(readme, line);) {
    in_table = line.rfind("| Key |", 0) == 0 || (in_table && line.rfind('|', 0) == 0);
    if (!in_table || line.rfind("| `", 0) != 0) {
      continue;
    }
    std::vector<std::string> cells;
    std::istringstream row{line};
    for (std::string cell; std::getline(row, cell, '|');) {
      cells.push_back(cell);
    }
    ASSERT_GE(cells.size(), 6U) << line;
    documented.emplace_back(in_backquotes(cells[1]), in_backquotes(cells[4]));
  }
  auto printed = keys_and_values(accelerator_to_yaml(machine()));
  for (const auto& split :
       keys_and_values(accelerator_to_yaml(machine("scratchpad: {organization: split}\n")))) {
    const auto same_key = [&](const auto& entry) { return entry.first == split.first; };
    if (std::none_of(printed.begin(), printed.end(), same_key)) {
      printed.push_back(split);
    }
  }
  for (auto& [key, value] : printed) {
    if (key == "name" || key == "array.rows" || key == "array.cols" || key == "energy.table") {
      value.clear();  // required, or no fixed default
    }
  }
  std::sort(printed.begin(), printed.end());
  std::sort(documented.begin(), documented.end());
  EXPECT_EQ(documented, printed);
}

}  // namespace
}  // namespace systole

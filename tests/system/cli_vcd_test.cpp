#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/stats/ledger.hpp"
#include "tests/support/vcd_reader.hpp"
#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

class CliVcd : public ::testing::Test {
 protected:
  static constexpr const char* kDigits = "workloads/digits_cnn/digits_cnn.yaml";

  std::vector<std::string> command(
      const std::vector<std::string>& more, const std::string& config = "configs/tiny_4x4.yaml",
      const std::string& workload = "workloads/product_4x4/product_4x4.yaml") const {
    std::vector<std::string> words{"run",
                                   "-a",
                                   config,
                                   "-w",
                                   workload,
                                   "--images",
                                   workload.find("product") == std::string::npos ? "1" : "4",
                                   "--quiet",
                                   "--json",
                                   folder.file("run.json"),
                                   "--vcd",
                                   vcd};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  VcdReader read(const std::vector<std::string>& words) const {
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return VcdReader{read_file(vcd)};
  }

  Json report() const { return Json::parse(read_file(folder.file("run.json"))); }

  void expect_refused(const std::vector<std::string>& words, const std::string& text) const {
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(text));
    EXPECT_FALSE(std::filesystem::exists(vcd));
  }

  TemporaryFolder folder;
  const std::string vcd = folder.file("run.vcd");
};

TEST_F(CliVcd, HasAScopeForEachBlock) {
  const VcdReader reader = read(command({}));
  for (const char* const name :
       {"clk", "cycle", "layer", "accelerator.sequencer.load_entries",
        "accelerator.load.bursts_in_flight", "accelerator.execute.computing",
        "accelerator.store.bursts_to_bus", "accelerator.scratchpad.bank0.read",
        "accelerator.array.operands", "accelerator.accumulators.bank0.write",
        "accelerator.requant.lanes_busy", "accelerator.vector.command",
        "accelerator.dram.request_beat", "accelerator.dram.bytes_read",
        "accelerator.queues.load_commands"}) {
    EXPECT_TRUE(reader.has(name)) << name;
  }
}

// Two witnesses of the same cycles: the array's own port, and what the execute unit booked.
TEST_F(CliVcd, CyclesInWhichTheArrayTakesOperandsAreTheLedgers) {
  const VcdReader reader = read(command({}, "configs/gemmini_16x16.yaml", kDigits));
  const std::size_t operands = reader.at("accelerator.array.operands");
  std::uint64_t taken = 0;
  reader.for_each_cycle(
      [&](const std::vector<std::uint64_t>& values) { taken += values[operands]; });
  std::uint64_t booked = 0;
  const Json whole = report();
  for (const Json& layer : whole["layers"]) {
    for (const char* const cause : {"busy", "busy_partial", "fill"}) {
      booked += layer["ledger"]["array"].value(cause, std::uint64_t{0});
    }
  }
  EXPECT_GT(booked, 0U);
  EXPECT_EQ(taken, booked);
}

class CliVcdCauses : public CliVcd, public ::testing::WithParamInterface<const char*> {};

TEST_P(CliVcdCauses, AreThoseOfTheLedgerForEachUnit) {
  const VcdReader reader = read(command({"--set", std::string{"dram.model="} + GetParam()},
                                        "configs/gemmini_16x16.yaml", kDigits));
  std::map<std::string, std::map<std::string, std::uint64_t>> seen;
  reader.for_each_cycle([&](const std::vector<std::uint64_t>& values) {
    for (std::size_t i = 0; i < kLedgerUnits; ++i) {
      const std::string unit = ledger_unit_name(static_cast<LedgerUnit>(i));
      const std::string scope = unit == "array" ? "execute" : unit;
      const std::uint64_t cause = values[reader.at("accelerator." + scope + ".cause")];
      ASSERT_LT(cause, kCauses);
      ++seen[unit][cause_name(static_cast<Cause>(cause))];
    }
  });
  std::map<std::string, std::map<std::string, std::uint64_t>> booked;
  const Json whole = report();
  for (const Json& layer : whole["layers"]) {
    for (const auto& [unit, causes] : layer["ledger"].items()) {
      for (const auto& [cause, cycles] : causes.items()) {
        if (cycles.get<std::uint64_t>() > 0) {
          booked[unit][cause] += cycles.get<std::uint64_t>();
        }
      }
    }
  }
  EXPECT_EQ(seen, booked);
}

INSTANTIATE_TEST_SUITE_P(Drams, CliVcdCauses, ::testing::Values("ideal", "banked"));

TEST_F(CliVcd, PsumsOfTheLastRowAreTheProduct) {
  const VcdReader reader = read(command({"--vcd-array", "3:0-3"}));
  EXPECT_FALSE(reader.has("accelerator.array.pe_2_0.psum"));
  const std::vector<std::vector<std::int64_t>> product{
      {5, -1, 10, 0}, {-7, 4, -10, -6}, {13, 3, 4, 11}, {7, -3, 5, -3}};  // by column
  for (std::size_t col = 0; col < 4; ++col) {
    const std::string pe = "accelerator.array.pe_3_" + std::to_string(col);
    std::vector<std::int64_t> psums;
    reader.for_each_cycle([&](const std::vector<std::uint64_t>& values) {
      if (values[reader.at(pe + ".working")] != 0) {
        psums.push_back(reader.signed_value(values[reader.at(pe + ".psum")], pe + ".psum"));
      }
    });
    EXPECT_EQ(psums, product[col]) << "column " << col;
  }
}

TEST_F(CliVcd, AWindowHasItsCyclesAlone) {
  const VcdReader reader = read(command({"--vcd-cycles", "20:35"}));
  std::vector<std::uint64_t> cycles;
  reader.for_each_cycle([&](const auto& values) { cycles.push_back(values[reader.at("cycle")]); });
  ASSERT_EQ(cycles.size(), 15U);
  EXPECT_EQ(cycles.front(), 20U);
  EXPECT_EQ(cycles.back(), 34U);
  const std::string text = read_file(vcd);
  EXPECT_THAT(text, HasSubstr("$enddefinitions $end\n$comment layer 1: product $end\n#200\n"));
  EXPECT_THAT(text, ::testing::EndsWith("#350\n"));
}

TEST_F(CliVcd, ChangesNoCycleAndIsTheSameEachTime) {
  const Outcome plain =
      systole({"run", "-a", "configs/tiny_4x4.yaml", "-w", "workloads/product_4x4/product_4x4.yaml",
               "--quiet", "--json", folder.file("plain.json")});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  const VcdReader reader = read(command({"--vcd-array", "0-3:0-3"}));
  const std::string first = read_file(vcd);
  read(command({"--vcd-array", "0-3:0-3"}));
  EXPECT_EQ(read_file(vcd), first);
  const Json before = Json::parse(read_file(folder.file("plain.json")));
  EXPECT_EQ(before["layers"], report()["layers"]);
  EXPECT_EQ(reader.cycles(), before["totals"]["cycles"].get<std::uint64_t>());
}

// Four products a PE; a run that is looked into computes what it computes without.
TEST_F(CliVcd, ComposablePesAreShownAtWork) {
  const std::string net = folder.file("net");
  ASSERT_EQ(systole({"quantize", "-w", "workloads/digits_float/digits_float.yaml", "--calibrate",
                     "workloads/digits_float/calibration_images.npy", "--set", "activations.bits=4",
                     "--set", "weights.bits=4", "-o", net})
                .exit_code,
            0);
  for (const std::string dataflow : {"weight_stationary", "output_stationary"}) {
    const VcdReader shown =
        read(command({"--vcd-array", "0-1:0-1", "--vcd-cycles", "0:3000", "--set",
                      "array.pe=composable", "--set", "array.dataflow=" + dataflow},
                     "configs/gemmini_16x16.yaml", net + "/net.yaml"));
    EXPECT_EQ(report()["totals"]["check"], "pass") << dataflow;
    const std::size_t working = shown.at("accelerator.array.pe_1_1.working");
    std::uint64_t cycles = 0;
    shown.for_each_cycle(
        [&](const std::vector<std::uint64_t>& values) { cycles += values[working]; });
    EXPECT_GT(cycles, 0U) << dataflow;
  }
}

TEST_F(CliVcd, RefusesWhatItCannotShow) {
  expect_refused(command({"--engine", "fast"}), "--vcd shows the registers of the machine itself");
  expect_refused(command({"--vcd-array", "0-3"}), "--vcd-array: expected ROWS:COLS");
  expect_refused(command({"--vcd-array", "3-1:0"}), "--vcd-array: expected ROWS:COLS");
  expect_refused(command({"--vcd-array", "0:4"}), "the array has no PE 0:4");
  expect_refused(command({"--vcd-cycles", "7:3"}), "--vcd-cycles: expected FIRST:END");
  expect_refused(command({"--vcd-cycles", "5000000:5000001"}), "before cycle 5000000");
  expect_refused(command({"--vcd-array", "0:0", "--engine", "verilated"}),
                 "--vcd-array shows the PEs of --engine systemc");
  const Outcome alone = systole({"run", "-a", "configs/tiny_4x4.yaml", "-w",
                                 "workloads/product_4x4/product_4x4.yaml", "--vcd-array", "0:0"});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--vcd-array needs --vcd"));
}

#ifdef SYSTOLE_VCD2FST
TEST_F(CliVcd, GtkwavesConverterTakesTheFile) {
  read(command({"--vcd-array", "0-3:0-3"}, "configs/gemmini_16x16.yaml", kDigits));
  const std::string fst = folder.file("run.fst");
  const std::string convert = std::string{SYSTOLE_VCD2FST} + " " + vcd + " " + fst + " >" +
                              folder.file("messages") + " 2>&1";
  EXPECT_EQ(std::system(convert.c_str()), 0) << read_file(folder.file("messages"));
  EXPECT_GT(std::filesystem::file_size(fst), 1000U);
}
#endif

}  // namespace
}  // namespace systole::test

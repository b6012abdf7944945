#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "models/rtl/verilated_array.hpp"
#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

bool is_built(std::uint32_t rows, std::uint32_t cols) {
  for (const RtlArraySize& size : verilated_array_sizes()) {
    if (size.rows == rows && size.cols == cols && size.operand_bits == 8) {
      return true;
    }
  }
  return false;
}

Outcome run_digits(const std::string& engine, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"run",      "-w",   "workloads/digits_cnn/digits_cnn.yaml",
                                        "--engine", engine, "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return systole(arguments);
}

/// The report, which the engine's name and the time that it took may tell apart.
nlohmann::json report_of(const std::string& engine, const std::string& accelerator,
                         const std::string& images) {
  const TemporaryFolder folder;
  const std::string path = folder.file("report.json");
  const Outcome outcome =
      run_digits(engine, {"-a", accelerator, "--images", images, "--json", path});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  if (outcome.exit_code != 0) {
    return {};
  }
  auto report = nlohmann::json::parse(read_file(path));
  EXPECT_EQ(report["engine"], engine);
  EXPECT_EQ(report["totals"]["check"], "pass");
  report.erase("engine");
  report.erase("wall_seconds");
  return report;
}

void expect_equal_reports(const std::string& accelerator, const std::string& images) {
  const nlohmann::json verilated = report_of("verilated", accelerator, images);
  const nlohmann::json systemc = report_of("systemc", accelerator, images);
  ASSERT_FALSE(verilated.is_null());
  for (std::size_t i = 0; i < verilated["layers"].size(); ++i) {
    EXPECT_EQ(verilated["layers"][i]["cycles"], systemc["layers"][i]["cycles"])
        << verilated["layers"][i]["name"];
  }
  EXPECT_EQ(verilated, systemc);  // every counter and every ledger too
  std::cout << "held " << verilated["layers"].size() << " layers, " << images << " images and "
            << verilated["totals"]["cycles"] << " cycles each\n";
}

TEST(VerilatedEngine, RunsTheDigitsNetworkWithTheBytesAndCyclesOfTheSystemcArray) {
  if (!is_built(16, 16)) {
    GTEST_SKIP() << "no 16x16 in this build";
  }
  expect_equal_reports("configs/gemmini_16x16.yaml", "40");
}

TEST(VerilatedEngine, RunsTheDigitsNetworkOnASmallArray) {
  if (!is_built(4, 4)) {
    GTEST_SKIP() << "no 4x4 in this build";
  }
  expect_equal_reports("configs/tiny_4x4.yaml", "4");
}

TEST(VerilatedEngine, ASizeThatIsNotBuiltIsAUserError) {
  if (is_built(32, 32)) {
    GTEST_SKIP() << "32x32 is in this build";
  }
  const Outcome outcome = run_digits("verilated", {"-a", "configs/edge_32x32.yaml"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(lines(outcome.err), SizeIs(1));
  EXPECT_THAT(outcome.err, HasSubstr(verilated_array_sizes().empty() ? "install Verilator"
                                                                     : "SYSTOLE_RTL_SIZES"));
}

}  // namespace
}  // namespace systole::test

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "models/rtl/verilated_array.hpp"
#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

bool is_built(std::uint32_t rows, std::uint32_t cols, std::uint32_t operand_bits = 8) {
  for (const RtlArraySize& size : verilated_array_sizes()) {
    if (size.rows == rows && size.cols == cols && size.operand_bits == operand_bits) {
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

/// A product of tensors of this format on a square array, its report.
nlohmann::json product_report(const std::string& engine, const std::string& format,
                              const std::vector<std::string>& settings) {
  const TemporaryFolder folder;
  std::ofstream{folder.file("product.yaml")}
      << "name: product\ninputs:\n  - {name: x, shape: [9, 11], scale: 1, " << format
      << "}\noutputs: [p]\nlayers:\n"
      << "  - {name: p, op: matmul, inputs: [x], out_channels: 7, weights: {scale: 1, " << format
      << "}, output: {scale: 256}}\n";
  std::vector<std::string> arguments = {"run",
                                        "-a",
                                        "configs/tiny_4x4.yaml",
                                        "-w",
                                        folder.file("product.yaml"),
                                        "--random-data",
                                        "1",
                                        "--engine",
                                        engine,
                                        "--quiet",
                                        "--json",
                                        folder.file("report.json")};
  for (const std::string& setting : settings) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  const Outcome outcome = systole(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  auto report = nlohmann::json::parse(read_file(folder.file("report.json")));
  report.erase("engine");
  report.erase("wall_seconds");
  return report;
}

// In registers of a bit more: 200 is no signed number of 8 bits.
TEST(VerilatedEngine, MultipliesUnsignedOperands) {
  if (!is_built(4, 4, 9)) {
    GTEST_SKIP() << "no 4x4x9 in this build";
  }
  const std::string format = "bits: 8, signed: false";
  EXPECT_EQ(product_report("verilated", format, {}), product_report("systemc", format, {}));
}

TEST(VerilatedEngine, CountsTheSumsThatDoNotFit) {
  if (!is_built(4, 1, 16)) {
    GTEST_SKIP() << "no 4x1x16 in this build";
  }
  const std::vector<std::string> settings = {"array.cols=1", "array.activation_bits=16",
                                             "array.weight_bits=16", "requant.lanes=1",
                                             "vector.lanes=1"};
  const nlohmann::json verilated = product_report("verilated", "bits: 16", settings);
  EXPECT_EQ(verilated, product_report("systemc", "bits: 16", settings));
  EXPECT_GT(verilated["totals"]["events"]["psum_overflows"], 0);
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

// TensorFlow Lite models on the machine: every operator is bit-exact, wherever it runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/tflite_models.hpp"
#include "tests/support/tflite_seeds.hpp"
#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kGemmini = "configs/gemmini_16x16.yaml";

nlohmann::json run_on_gemmini(const std::string& model) {
  const TemporaryFolder folder;
  const std::string report = folder.file("report.json");
  const Outcome outcome = systole({"run", "-a", kGemmini, "-w", model, "--json", report});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  return nlohmann::json::parse(read_file(report));
}

void expect_bit_exact(const nlohmann::json& report) {
  EXPECT_EQ(report["totals"]["check"], "pass");
  for (const auto& layer : report["layers"]) {
    EXPECT_EQ(layer["check"], "pass") << layer["name"];
    const bool on_host = layer["where"] == "host";
    EXPECT_EQ(layer["cycles"] == 0, on_host) << layer["name"];
  }
}

class TfliteRun : public ::testing::TestWithParam<std::string> {};

TEST_P(TfliteRun, PublishedModelIsBitExactOnTheMachine) {
  const std::string model = SYSTOLE_TFLITE_DATA "/models/" + GetParam() + ".tflite";
  if (!std::filesystem::exists(model)) {
    GTEST_SKIP() << model << " is not there";
  }
  const nlohmann::json report = run_on_gemmini(model);
  EXPECT_EQ(report["workload"], GetParam());
  expect_bit_exact(report);
  EXPECT_EQ(report["layers"].back()["op"], "softmax");
}

INSTANTIATE_TEST_SUITE_P(Small, TfliteRun,
                         ::testing::Values("mlperf_ic_resnet8", "mlperf_kws_dscnn"),
                         [](const auto& tested) { return tested.param; });

TEST(TfliteRunOfShifts, PublishedModelsRunWhereRequantizationOnlyShifts) {
  const std::string models = SYSTOLE_TFLITE_DATA "/models";
  if (!std::filesystem::exists(models)) {
    GTEST_SKIP() << models << " is not there";
  }
  for (const auto& entry : std::filesystem::directory_iterator{models}) {
    if (entry.path().extension() != ".tflite") {
      continue;
    }
    const TemporaryFolder folder;
    const Outcome outcome =
        systole({"run", "-a", kGemmini, "-w", entry.path().string(), "--engine", "fast", "--set",
                 "requant.mode=shift_only", "--random-data", "1", "--json", folder.file("json")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto report = nlohmann::json::parse(read_file(folder.file("json")));
    EXPECT_EQ(report["totals"]["check"], "pass") << entry.path();
    EXPECT_FALSE(report["legalization"].empty()) << entry.path();
  }
}

TEST(TfliteRunOfOwnModel, BooksTheBytesOfTheHostAndNoCycles) {
  const std::string model = write_bytes("small.tflite", small_tflite_model().bytes());
  const nlohmann::json report = run_on_gemmini(model);
  std::filesystem::remove(model);
  expect_bit_exact(report);
  const auto& softmax = report["layers"].back();
  EXPECT_EQ(softmax["where"], "host");
  EXPECT_EQ(softmax["host_read_bytes"], 3);
  EXPECT_EQ(softmax["host_write_bytes"], 3);
  EXPECT_EQ(report["totals"]["host_read_bytes"], 3);
  EXPECT_EQ(report["layers"][2]["where"], "vector");
  EXPECT_EQ(report["layers"][0]["where"], "array");
  const auto& off_array = report["totals"]["off_array"];
  EXPECT_EQ(off_array["macs"], 0);
  EXPECT_GT(off_array["bytes"], 6);
  EXPECT_LT(off_array["bytes_ratio"], 1);
}

// On both engines, on a unit that only shifts, and again from what `systole convert` writes.
TEST(TfliteRunOfOwnModel, EveryOperatorIsBitExact) {
  for (const TfliteSeed& seed : tflite_seeds()) {
    const std::string model = write_bytes(seed.name, seed.bytes);
    const TemporaryFolder folder;
    const Outcome converted = systole({"convert", model, "-o", folder.file("yaml")});
    EXPECT_EQ(converted.exit_code, 0) << converted.err;
    const auto check = [&](const std::string& workload, const char* engine,
                           const char* mode = "multiplier_shift") {
      const Outcome outcome = systole({"run", "-a", kGemmini, "-w", workload, "--engine", engine,
                                       "--set", std::string{"requant.mode="} + mode,
                                       "--random-data", "1", "--json", folder.file("json")});
      EXPECT_EQ(outcome.exit_code, 0) << workload << ' ' << outcome.err;
      const auto report = nlohmann::json::parse(read_file(folder.file("json")));
      EXPECT_EQ(report["totals"]["check"], "pass") << workload;
      EXPECT_EQ(report["engine"], engine);
    };
    check(model, "systemc");
    check(model, "fast");
    check(model, "systemc", "shift_only");
    check(model, "fast", "shift_only");
    std::size_t networks = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder.file("yaml")}) {
      if (entry.path().extension() == ".yaml") {
        check(entry.path().string(), "fast");
        ++networks;
      }
    }
    EXPECT_EQ(networks, 1U) << seed.name;
    std::filesystem::remove(model);
  }
}

TEST(TfliteRunOfOwnModel, NamesFileNodeAndOperatorOfWhatItCannotRun) {
  TfliteModel spoiled = small_tflite_model();
  spoiled.model.operator_codes[2]->builtin_code = 117;
  const std::string model = write_bytes("spoiled.tflite", spoiled.bytes());
  const Outcome outcome = systole({"run", "-a", kGemmini, "-w", model});
  std::filesystem::remove(model);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr(model + ": node 2 (HARD_SWISH): "));
}

}  // namespace
}  // namespace systole::test

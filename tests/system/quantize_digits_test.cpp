// `systole quantize` on the digits network in float: what each scheme costs in accuracy, on the
// golden model, and that what it writes runs on the machine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kFolder = "workloads/digits_float/";
constexpr int kImages = 360;
constexpr int kFloatRight = 353;  // as PyTorch counts; see workloads/README.md

std::vector<std::string> quantize_digits(const std::string& output,
                                         const std::vector<std::string>& settings,
                                         const std::string& scheme = "") {
  std::vector<std::string> words{"quantize",
                                 "-w",
                                 std::string{kFolder} + "digits_float.yaml",
                                 "--calibrate",
                                 std::string{kFolder} + "calibration_images.npy",
                                 "-o",
                                 output};
  if (!scheme.empty()) {
    words.insert(words.end(), {"--config", "configs/quantization/" + scheme + ".yaml"});
  }
  for (const std::string& setting : settings) {
    words.insert(words.end(), {"--set", setting});
  }
  return words;
}

/// The report of a quantization that must succeed.
nlohmann::json report(const std::vector<std::string>& settings, const std::string& scheme = "") {
  const TemporaryFolder folder;
  const Outcome outcome = systole(quantize_digits(folder.file("net"), settings, scheme));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return nlohmann::json::parse(read_file(folder.file("net/quantization.json")));
}

int right(const std::vector<std::string>& settings, const std::string& scheme = "") {
  const nlohmann::json json = report(settings, scheme);
  EXPECT_EQ(json["accuracy"]["images"], kImages);
  EXPECT_EQ(json["accuracy"]["float_right"], kFloatRight);
  return json["accuracy"]["integer_right"];
}

/// Images that so many points of accuracy are.
constexpr int points(double count) { return static_cast<int>(count / 100 * kImages); }

TEST(QuantizeDigits, EightBitsCostAtMostHalfAPointHoweverTheyAreCalibrated) {
  for (const char* const method : {"min_max", "mean_squared_error", "kl_divergence"}) {
    const std::string activations = std::string{"activations.method="} + method;
    EXPECT_GE(right({activations}), kFloatRight - points(0.5)) << method;
    EXPECT_GE(right({activations, std::string{"weights.method="} + method}),
              kFloatRight - points(0.5))
        << method << ", weights too";
  }
}

TEST(QuantizeDigits, PowersOfTwoCostAtMostAPoint) {
  EXPECT_GE(right({"activations.scales=power_of_two", "weights.scales=power_of_two"}),
            kFloatRight - points(1.0));
  EXPECT_GE(right({}, "cmsc5743_dynamic_fixed_point"), kFloatRight - points(1.0));
}

// One scale per tensor, where clipping the few large weights pays.
TEST(QuantizeDigits, FourBitsOfLeastSquaredErrorAreFarBetterThanOfMinMax) {
  const std::vector<std::string> four{"activations.bits=4", "weights.bits=4", "weights.per=tensor"};
  const auto with = [&](const std::string& method) {
    std::vector<std::string> settings = four;
    settings.push_back("activations.method=" + method);
    settings.push_back("weights.method=" + method);
    return right(settings);
  };
  EXPECT_GE(with("mean_squared_error"), with("min_max") + points(5.0));
}

// 16 x 16 bits need 38, and with 32 most images go wrong: the text says why.
TEST(QuantizeDigits, SumsThatUsualAccumulatorsDoNotHoldAreNamed) {
  const TemporaryFolder folder;
  const auto text = [&](const std::string& name, const std::vector<std::string>& settings) {
    return systole(quantize_digits(folder.file(name), settings)).out;
  };
  EXPECT_THAT(text("8", {}), HasSubstr(" bits hold every sum of any image.\n"));
  EXPECT_THAT(text("16", {"activations.bits=16", "weights.bits=16"}),
              HasSubstr("Accumulators of 38 bits hold every sum of any image; those of 32, with "
                        "which images are counted here, may not.\n"));
}

TEST(QuantizeDigits, CorrectedBiasesHelpTernaryWeights) {
  EXPECT_GE(right({}, "ternary"), right({"bias.correction=false"}, "ternary") + points(1.0));
}

// Errors in steps of the scale, over each layer's trained weights: rounding down is half a step off
// on average; rounding up with the probability of the fraction is not.
TEST(QuantizeDigits, StochasticRoundingHasNoMeanErrorAndFloorHasHalfAStep) {
  const auto errors = [](const std::string& rounding) {
    std::vector<double> all;
    const auto layers = report({"weights.rounding=" + rounding})["layers"];
    for (const auto& layer : layers) {
      if (layer.contains("weights") && layer["name"] != "conv1") {  // 144 weights are few
        all.push_back(layer["weights"]["mean_error_steps"]);
      }
    }
    EXPECT_EQ(all.size(), 5U);
    return all;
  };
  for (const double error : errors("stochastic")) {
    EXPECT_NEAR(error, 0.0, 0.06);
  }
  for (const double error : errors("floor")) {
    EXPECT_NEAR(error, -0.5, 0.06);
  }
}

TEST(QuantizeDigits, SearchedWidthsHoldTheLimitAndSaveEnergy) {
  const nlohmann::json found = report({}, "mixed_precision");
  ASSERT_FALSE(found["search"].empty());
  double share = 1;
  for (const auto& step : found["search"]) {
    EXPECT_GE(step["sqnr_db"], 20.0);
    EXPECT_LT(step["energy_share"], share);
    share = step["energy_share"];
  }
  EXPECT_LT(share, 0.65);
  EXPECT_GE(found["accuracy"]["integer_right"], kFloatRight - points(0.5));
  const nlohmann::json some = report({"search.energy_share=0.9"}, "mixed_precision");
  EXPECT_LE(some["search"].back()["energy_share"], 0.9);
  EXPECT_GT(some["search"].rbegin()[1]["energy_share"], 0.9);
}

TEST(QuantizeDigits, ExceptionsAreOfLayersThatAreThereAndOfWeightsThatTheyHave) {
  const TemporaryFolder folder;
  const std::string scheme = folder.file("scheme.yaml");
  write_file(scheme,
             "name: s\nlayers:\n"
             "  - {name: conv9, weight_bits: 4}\n"
             "  - {name: pool7, weight_bits: 4}\n"
             "  - {name: image, activation_bits: 4}\n");
  std::vector<std::string> words = quantize_digits(folder.file("net"), {});
  words.insert(words.end(), {"--config", scheme});
  const Outcome outcome = systole(words);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr(scheme + ":3:12: layers[0].name: 'conv9' is no layer of the network"));
  EXPECT_THAT(outcome.err,
              HasSubstr(scheme + ":4:32: layers[1].weight_bits: 'pool7' has no weights"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("layers[2]")));

  const Outcome overridden =
      systole(quantize_digits(folder.file("net"), {"layers=[{name: conv9, weight_bits: 4}]"}));
  EXPECT_EQ(overridden.exit_code, 2);
  EXPECT_THAT(overridden.err, HasSubstr("--set layers=[{name: conv9, weight_bits: 4}]: "
                                        "layers[0].name: 'conv9' is no layer of the network"));
}

TEST(QuantizeDigits, MistakesOfAllFilesAreToldInOneRun) {
  const TemporaryFolder folder;
  auto words = quantize_digits(folder.file("net"), {"layers=[{name: conv9, weight_bits: 4}]"});
  const auto data = [](const char* name) { return kFolder + std::string{name}; };
  words[4] = data("fc9.bias.npy");
  words.insert(words.end(), {"--labels", data("calibration_images.npy"), "--test",
                             data("test_labels.npy"), "--test-labels", data("test_images.npy")});
  const Outcome outcome = systole(words);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("layers[0].name: 'conv9' is no layer of the network"));
  for (const char* const name :
       {"fc9.bias.npy", "calibration_images.npy", "test_labels.npy", "test_images.npy"}) {
    EXPECT_THAT(outcome.err, HasSubstr("\n" + data(name) + ": "));
  }
}

TEST(QuantizeDigits, ALimitThatCannotHoldIsSaidSo) {
  const auto printed = [](const std::string& limit) {
    const TemporaryFolder folder;
    const Outcome outcome = systole(
        quantize_digits(folder.file("net"),
                        {"search.min_sqnr_db=" + limit, "search.bits=[8, 6]", "search.images=8"},
                        "mixed_precision"));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
  };
  EXPECT_THAT(printed("100"),
              HasSubstr("Search: even with all at the widest, a limit does not hold."));
  EXPECT_THAT(printed("20"), Not(HasSubstr("does not hold")));
}

/// Scheme and images read rightly, as the table of configs/quantization/README.md has them.
std::map<std::string, int> schemes_of_the_readme() {
  const std::string text = read_file(SYSTOLE_SOURCE_DIR "/configs/quantization/README.md");
  const std::regex row{"\\| `([a-z0-9_]+)\\.yaml` \\| ([0-9]+) \\|"};
  std::map<std::string, int> all;
  for (std::sregex_iterator at{text.begin(), text.end(), row}, end; at != end; ++at) {
    all[(*at)[1]] = std::stoi((*at)[2]);
  }
  return all;
}

/// Images read rightly by the machine.
int right_on_the_machine(const std::string& network, const std::vector<std::string>& settings) {
  const TemporaryFolder folder;
  std::vector<std::string> words{"run",  "-a",     "configs/gemmini_16x16.yaml",
                                 "-w",   network,  "--engine",
                                 "fast", "--json", folder.file("run.json")};
  words.insert(words.end(), settings.begin(), settings.end());
  const Outcome run = systole(words);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return nlohmann::json::parse(read_file(folder.file("run.json")))["accuracy"]["correct"];
}

TEST(QuantizeDigits, EverySchemeIsAsAccurateAsItsTableSaysAndTheMachineToo) {
  const std::map<std::string, int> schemes = schemes_of_the_readme();
  std::size_t files = 0;
  for (const auto& file : fs::directory_iterator{SYSTOLE_SOURCE_DIR "/configs/quantization"}) {
    files += file.path().extension() == ".yaml" ? 1U : 0U;
  }
  EXPECT_EQ(schemes.size(), files) << "the table names every scheme";
  for (const auto& [scheme, expected] : schemes) {
    SCOPED_TRACE(scheme);
    const TemporaryFolder folder;
    ASSERT_EQ(systole(quantize_digits(folder.file("net"), {}, scheme)).exit_code, 0);
    const auto json = nlohmann::json::parse(read_file(folder.file("net/quantization.json")));
    EXPECT_EQ(json["accuracy"]["integer_right"], expected);
    // Less their zero points weights take a bit more.
    const std::vector<std::string> wider =
        scheme == "jacob_integer_only"
            ? std::vector<std::string>{"--set", "array.weight_bits=9", "--set",
                                       "scratchpad.capacity_kib=252"}
            : std::vector<std::string>{};
    EXPECT_EQ(right_on_the_machine(folder.file("net/net.yaml"), wider), expected);
  }
}

TEST(QuantizeDigits, EqualInputsGiveEqualFilesAndTheMachineRunsThem) {
  const TemporaryFolder folder;
  for (const char* const name : {"a", "b"}) {
    ASSERT_EQ(
        systole(quantize_digits(folder.file(name), {"weights.rounding=stochastic"})).exit_code, 0);
  }
  std::size_t files = 0;
  for (const auto& file : fs::directory_iterator{folder.path() / "a"}) {
    EXPECT_EQ(read_file(file.path().string()),
              read_file((folder.path() / "b" / file.path().filename()).string()))
        << file.path();
    ++files;
  }
  EXPECT_EQ(files, 4U + 6 * 3);  // net.yaml, report, images, labels; weights, scales, biases
  const Outcome run =
      systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w", folder.file("a/net.yaml"), "-i",
               std::string{kFolder} + "test_images.npy", "--images", "3"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Outcome labelled = systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w",
                                    folder.file("a/net.yaml"), "--images", "8"});
  EXPECT_THAT(labelled.out, HasSubstr("accuracy 100.0 % (8 of 8)"));
}

// scripts/train_digits.py quantized the same float network in numpy, with none of our code.
TEST(QuantizeDigits, WeightsAndTheirScalesAreThoseOfTheTrainingScriptByteForByte) {
  const TemporaryFolder folder;
  ASSERT_EQ(systole(quantize_digits(folder.file("net"), {})).exit_code, 0);
  for (const char* const layer : {"conv1", "conv2", "dw3", "pw4", "conv6"}) {
    for (const char* const tensor : {".weight.npy", ".weight_scale.npy"}) {
      const std::string file = std::string{layer} + tensor;
      EXPECT_EQ(read_file(folder.file("net/" + file)),
                read_file(SYSTOLE_SOURCE_DIR "/workloads/digits_cnn/" + file))
          << file;
    }
  }
}

// Powers of two need no multiplier: a unit that only shifts computes the very same integers.
TEST(QuantizeDigits, DynamicFixedPointRunsOnAUnitThatOnlyShifts) {
  const TemporaryFolder folder;
  ASSERT_EQ(
      systole(quantize_digits(folder.file("net"), {}, "cmsc5743_dynamic_fixed_point")).exit_code,
      0);
  const Outcome run =
      systole({"run", "-a", "configs/gemmini_16x16.yaml", "--set", "requant.mode=shift_only", "-w",
               folder.file("net/net.yaml"), "--images", "2"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

TEST(QuantizeDigits, NothingIsLeftBehindWhenSomethingIsWrong) {
  const TemporaryFolder folder;
  const Outcome wrong = systole(quantize_digits(folder.file("net"), {"weights.bits=99"}));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(
      wrong.err,
      "--set weights.bits=99: weights.bits: 99 is out of range, expected an integer in 1..16\n");
  EXPECT_THAT(wrong.out, IsEmpty());
  EXPECT_TRUE(fs::is_empty(folder.path()));

  fs::create_directory(folder.path() / "full");
  write_file(folder.file("full/file"), "");
  const Outcome full = systole(quantize_digits(folder.file("full"), {}));
  EXPECT_EQ(full.exit_code, 2);
  EXPECT_EQ(full.err, "systole: " + folder.file("full") +
                          ": is not empty, expected a new or an empty folder\n");

  const Outcome unlabelled = systole(
      quantize_digits(folder.file("net"), {"search.max_accuracy_loss=1"}, "mixed_precision"));
  EXPECT_EQ(unlabelled.exit_code, 2);
  EXPECT_EQ(unlabelled.err,
            "--set search.max_accuracy_loss=1: search.max_accuracy_loss: needs the labels of the "
            "calibration images, expected --labels\n");

  auto words = quantize_digits(folder.file("net"), {});
  words[4] = std::string{kFolder} + "test_labels.npy";
  const Outcome labels = systole(words);
  EXPECT_EQ(labels.exit_code, 2);
  EXPECT_EQ(labels.err,
            std::string{kFolder} + "test_labels.npy: type is uint8, expected float32 or float64\n");
  EXPECT_FALSE(fs::exists(folder.path() / "net"));
}

}  // namespace
}  // namespace systole::test

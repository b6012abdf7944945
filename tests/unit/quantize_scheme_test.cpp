// The scheme file: what it holds, and how mistakes are told.

#include <gtest/gtest.h>

#include <filesystem>

#include "sim/config/error_log.hpp"
#include "sim/quantize/scheme.hpp"

namespace systole::quantize {
namespace {

namespace fs = std::filesystem;

std::string errors_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    parse_scheme(text, "s.yaml", overrides);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(SchemeTest, EveryShippedSchemeLoadsAndIsNamedAsItsFile) {
  int schemes = 0;
  for (const auto& file : fs::directory_iterator{SYSTOLE_SOURCE_DIR "/configs/quantization"}) {
    if (file.path().extension() == ".yaml") {
      EXPECT_EQ(load_scheme(file.path().string()).name, file.path().stem().string());
      ++schemes;
    }
  }
  EXPECT_EQ(schemes, 12);
}

TEST(SchemeTest, OverridesReplaceKeys) {
  const Scheme scheme =
      parse_scheme("name: s\n", "s.yaml", {"weights.bits=4", "activations.scales=power_of_two"});
  EXPECT_EQ(scheme.weights.bits, 4);
  EXPECT_TRUE(scheme.activations.powers_of_two);
  EXPECT_FALSE(scheme.activations.symmetric);
}

TEST(SchemeTest, AFixedPointFormatSaysWidthSignAndScale) {
  const Scheme scheme = parse_scheme(
      "name: s\nactivations: {format: UQ2.4}\nweights: {format: '(8, 9)'}\n", "s.yaml");
  EXPECT_EQ(scheme.activations.bits, 6);
  EXPECT_FALSE(scheme.activations.is_signed);
  EXPECT_TRUE(scheme.activations.symmetric);
  EXPECT_EQ(scheme.activations.fraction_bits, 4);
  EXPECT_EQ(scheme.weights.bits, 8);
  EXPECT_EQ(scheme.weights.fraction_bits, 9);
  EXPECT_FALSE(scheme.weights.per_channel);
  EXPECT_EQ(errors_of("name: s\nweights: {format: Q3.4, bits: 8}\n"),
            "s.yaml:2:31: weights.bits: given beside format, expected one of the two");
  EXPECT_EQ(errors_of("name: s\nweights: {format: UQ4.4}\n"),
            "s.yaml:2:19: weights.format: unsigned weights need a zero point, which a format has "
            "not: expected a signed one, Q3.4, say");
  EXPECT_EQ(errors_of("name: s\nactivations: {format: Q3}\n"),
            "s.yaml:2:23: activations.format: 'Q3' is no fixed-point format of 1 to 16 bits, "
            "expected Q3.4, UQ4.4 or (8, 4), say");
}

// A narrower word at the scale of the format would keep none of its upper bits.
TEST(SchemeTest, AFixedPointFormatIsTheOnlyWidth) {
  EXPECT_EQ(errors_of("name: s\nactivations: {format: Q3.4}\nweights: {format: Q1.6}\n"
                      "layers: [{name: c, weight_bits: 4, activation_bits: 8}]\n"),
            "s.yaml:4:33: layers[0].weight_bits: weights.format is the width of every layer, "
            "expected no other beside it\n"
            "s.yaml:4:53: layers[0].activation_bits: activations.format is the width of every "
            "layer, expected no other beside it");
  EXPECT_EQ(errors_of("name: s\nactivations: {format: Q3.4}\n"
                      "layers: [{name: c, weight_bits: 4}]\n"),
            "");
  EXPECT_EQ(
      errors_of("name: s\nsearch: {bits: [8, 4], min_sqnr_db: 20}\n", {"weights.format=Q1.6"}),
      "--set weights.format=Q1.6: weights.format: search and format both say widths, expected one "
      "of the two");
  EXPECT_EQ(errors_of("name: s\nweights: {format: Q1.6, per: channel}\n"),
            "s.yaml:2:30: weights.per: given beside format, expected one of the two");
}

TEST(SchemeTest, EveryMistakeIsToldAtItsPlace) {
  EXPECT_EQ(errors_of(R"(name: s
activations: {bits: 17, method: kl}
weights: {per: layer, rounding: up, bitz: 4}
layers:
  - {weight_bits: 0}
search: {bits: [8, 4]}
)"),
            R"(s.yaml:2:21: activations.bits: 17 is out of range, expected an integer in 1..16
s.yaml:2:33: activations.method: expected min_max, averaged_min_max, sigma, percentile, mean_squared_error, kl_divergence, dynamic_fixed_point or pact, found 'kl'
s.yaml:3:16: weights.per: expected tensor or channel, found 'layer'
s.yaml:3:33: weights.rounding: expected nearest_even, nearest_away, half_up, floor, toward_zero or stochastic, found 'up'
s.yaml:3:37: weights.bitz: unknown key (did you mean 'bits'?)
s.yaml:5:5: layers[0].name: missing, expected a text that is not empty
s.yaml:5:19: layers[0].weight_bits: 0 is out of range, expected an integer in 1..16
s.yaml:6:9: search: has no limit, expected min_sqnr_db, max_accuracy_loss or energy_share)");
}

TEST(SchemeTest, WidthsOfLayersFollowTheRulesOfTheWhole) {
  EXPECT_EQ(
      errors_of(R"(name: s
activations: {symmetric: true}
layers:
  - {name: a, weight_bits: 1}
  - {name: b, activation_bits: 1}
  - {name: c}
  - {name: a, weight_bits: 4}
)"),
      R"(s.yaml:4:28: layers[0].weight_bits: symmetric weights have at least 2 bits: -1, 0 and 1
s.yaml:5:32: layers[1].activation_bits: signed activations without a zero point have at least 2 bits
s.yaml:6:5: layers[2]: has no width, expected weight_bits or activation_bits
s.yaml:7:12: layers[3].name: 'a' is given twice)");
}

TEST(SchemeTest, KeysThatDoNotGoTogetherAreToldOfBoth) {
  EXPECT_EQ(errors_of("name: s\nweights: {symmetric: false}\n"),
            "s.yaml:2:22: weights.symmetric: weights with a zero point have one scale, expected "
            "per: tensor");
  EXPECT_EQ(errors_of("name: s\nactivations: {method: dynamic_fixed_point}\n"),
            "s.yaml:2:23: activations.method: dynamic_fixed_point has no zero point, expected "
            "symmetric: true");
  EXPECT_EQ(errors_of("name: s\n", {"weights.method=ternary"}),
            "--set weights.method=ternary: weights.bits: ternary weights have 2 bits");
}

}  // namespace
}  // namespace systole::quantize

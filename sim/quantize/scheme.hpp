#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace systole::quantize {

/// How the range (or the scale) of a tensor is chosen; the rules stand in calibration.hpp.
enum class Method {
  MinMax,
  AveragedMinMax,     ///< activations
  Sigma,              ///< mean +- sigmas * standard deviation
  Percentile,         ///< of the values
  MeanSquaredError,   ///< the range whose integers lie nearest to the values
  KullbackLeibler,    ///< TensorRT's entropy calibration
  DynamicFixedPoint,  ///< a power of two per tensor, by the sum of absolute errors (Qiu et al.)
  Pact,               ///< activations: 0 to the clip behind the layer (Choi et al.)
  Ternary,            ///< weights: -1, 0, 1 times a scale (Li et al.)
  Binary,             ///< weights: -1 or 1 times a scale (Rastegari et al.)
  Wage,               ///< weights: a power of two near the largest (Wu et al.)
};

/// How a real number becomes an integer.
enum class RealRounding { NearestEven, NearestAway, HalfUp, Floor, TowardZero, Stochastic };

/// The integers of the activations, or of the weights.
struct OperandScheme {
  std::uint8_t bits = 8;
  std::string bits_at;    ///< the place in the file, for errors
  bool is_signed = true;  ///< false: unsigned where no value is negative
  bool symmetric = true;  ///< zero point 0
  Method method = Method::MinMax;
  double sigmas = 3;
  double percentile = 99.99;
  bool powers_of_two = false;  ///< scales
  /// Of a fixed-point format by name: the scale is 2^-fraction_bits whatever the values are, and
  /// what the format does not reach saturates.
  std::optional<std::int32_t> fraction_bits;
};

struct WeightScheme : OperandScheme {
  bool per_channel = true;   ///< one scale per output channel
  bool narrow_range = true;  ///< symmetric ones leave the lowest integer out
  RealRounding rounding = RealRounding::NearestEven;
  std::uint64_t seed = 1;  ///< of stochastic rounding
};

struct BiasScheme {
  std::uint8_t bits = 32;
  bool correction = false;  ///< the mean error of each output channel is taken off
};

/// Widths of one layer: of its weights and of its output (or of a network input).
struct LayerBits {
  std::string name;
  std::optional<std::uint8_t> activations, weights;
  std::string name_at, activations_at, weights_at;  ///< places in the file, for errors
};

/// Greedy mixed precision: from the widest on, the step that saves the most energy for the
/// noise that it adds is taken as long as the limits hold.
struct SearchScheme {
  std::vector<std::uint8_t> bits;  ///< widths to choose from, falling
  std::int64_t images = 64;        ///< of the calibration images
  std::optional<double> min_sqnr_db;
  std::optional<double> max_accuracy_loss;  ///< in points; needs labels
  std::string max_accuracy_loss_at;         ///< the place in the file, for errors
  std::optional<double> energy_share;       ///< stop once the energy is at most so much of that
                                            ///< with all at the widest
};

struct Scheme {
  std::string name = "default";
  std::string source;          ///< who described it
  std::int64_t images = 1024;  ///< at most so many calibration images
  OperandScheme activations;
  WeightScheme weights;
  BiasScheme bias;
  std::vector<LayerBits> layers;
  std::optional<SearchScheme> search;

  Scheme() { activations.symmetric = false; }
};

/// Reads a scheme; keys and defaults: configs/quantization/README.md. `overrides` are
/// `key.path=value`. Throws ConfigError with every mistake.
Scheme load_scheme(const std::string& path, const std::vector<std::string>& overrides = {});
Scheme parse_scheme(const std::string& text, const std::string& file,
                    const std::vector<std::string>& overrides = {});

const char* method_name(Method method);

}  // namespace systole::quantize

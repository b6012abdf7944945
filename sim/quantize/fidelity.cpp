#include "sim/quantize/fidelity.hpp"

#include <algorithm>
#include <cmath>

#include "sim/quantize/calibration.hpp"

namespace systole::quantize {
namespace {

constexpr std::size_t kHistogramBins = 64;
constexpr double kMostDb = 200;

double decibels(double signal, double noise) {
  if (noise <= 0) {
    return kMostDb;
  }
  return signal <= 0 ? -kMostDb : std::clamp(10 * std::log10(signal / noise), -kMostDb, kMostDb);
}

Histogram histogram_of(const std::vector<float>& values, Range range) {
  Histogram histogram{range.low, range.high, std::vector<std::uint64_t>(kHistogramBins)};
  const double width = (range.high - range.low) / kHistogramBins;
  for (const float value : values) {
    const double bin = width > 0 ? (static_cast<double>(value) - range.low) / width : 0.0;
    ++histogram.counts[std::min(static_cast<std::size_t>(bin), kHistogramBins - 1)];
  }
  return histogram;
}

/// `integer(i)` and `format(i)` belong to real number i.
template <typename Integer, typename Format>
Fidelity fidelity(const std::vector<float>& reals, const Integer& integer, const Format& format) {
  Fidelity result;
  result.values = min_max({{&reals}, 1});
  double signal = 0;
  double noise = 0;
  double steps = 0;
  std::size_t saturated = 0;
  for (std::size_t i = 0; i < reals.size(); ++i) {
    const IntegerFormat& f = format(i);
    const auto real = static_cast<double>(reals[i]);
    const double error = static_cast<double>(f.real(integer(i))) - real;
    const double position = std::nearbyint(f.position(reals[i]));
    signal += real * real;
    noise += error * error;
    steps += error / static_cast<double>(f.scale);
    saturated += position < f.lowest || position > f.highest ? 1 : 0;
  }
  const auto count = static_cast<double>(reals.size());
  result.sqnr_db = decibels(signal, noise);
  result.saturated_share = static_cast<double>(saturated) / count;
  result.mean_error = steps / count;
  result.histogram = histogram_of(reals, result.values);
  return result;
}

}  // namespace

double sqnr_db(const std::vector<float>& wanted, const std::vector<float>& got) {
  double signal = 0;
  double noise = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto right = static_cast<double>(wanted[i]);
    const double error = static_cast<double>(got.at(i)) - right;
    signal += right * right;
    noise += error * error;
  }
  return decibels(signal, noise);
}

Fidelity value_fidelity(const Activations& values, const IntegerFormat& format) {
  return fidelity(
      values, [&](std::size_t i) { return format.quantize(values[i]); },
      [&](std::size_t /*i*/) -> const IntegerFormat& { return format; });
}

Fidelity weight_fidelity(const FloatTensor& weights, const IntegerWeights& integers) {
  return fidelity(
      weights.data, [&](std::size_t i) { return integers.values[i]; },
      [&](std::size_t i) -> const IntegerFormat& { return integers.format_of_element(i); });
}

}  // namespace systole::quantize

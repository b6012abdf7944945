#include "sim/quantize/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/network/ceil_div.hpp"

namespace systole::quantize {
namespace {

constexpr std::size_t kSearchValues = 65'536;
constexpr std::size_t kHistogramBins = 2'048;
constexpr std::size_t kFewestBins = 128;

template <typename See>
void each_value(const Sample& sample, const See& see) {
  for (const std::vector<float>* part : sample.parts) {
    for (const float value : *part) {
      see(value);
    }
  }
}

Range within(Range range, Range limits) {
  return {std::clamp(range.low, limits.low, limits.high),
          std::clamp(range.high, limits.low, limits.high)};
}

using ErrorOf = double (*)(const std::vector<float>&, const IntegerFormat&, RealRounding);

/// Of 2^first, 2^(first - 1), ... the exponent with the least error.
IntegerFormat best_power_of_two(const std::vector<float>& values, Range range, Grid grid, int first,
                                int count, ErrorOf error_of, RealRounding rounding) {
  IntegerFormat best = power_of_two_format(range, first, grid);
  double least = error_of(values, best, rounding);
  for (int i = 1; i < count; ++i) {
    const IntegerFormat next = power_of_two_format(range, first - i, grid);
    const double error = error_of(values, next, rounding);
    if (error < least) {
      least = error;
      best = next;
    }
  }
  return best;
}

/// The range with the least squared error, as calibrate() says.
Range least_squares_range(const std::vector<float>& values, Range all, Grid grid,
                          RealRounding rounding) {
  constexpr int kSteps = 100;
  Range best = all;
  double least = squared_error(values, format_of(all, grid), rounding);
  const auto search = [&](bool low, bool high) {
    const Range start = best;
    for (int i = 1; i <= kSteps; ++i) {
      const double share = static_cast<double>(i) / kSteps;
      const Range range{low ? all.low * share : start.low, high ? all.high * share : start.high};
      const double error = squared_error(values, format_of(range, grid), rounding);
      if (error < least) {
        least = error;
        best = range;
      }
    }
  };
  search(true, true);
  if (!grid.symmetric && all.low < 0 && all.high > 0) {
    search(true, false);
    search(false, true);
  }
  return best;
}

Range chosen_range(const Sample& sample, const OperandScheme& scheme, Grid grid, Range all,
                   RealRounding rounding) {
  switch (scheme.method) {
    case Method::AveragedMinMax:
      return averaged_min_max(sample);
    case Method::Sigma:
      return sigma_range(sample, scheme.sigmas);
    case Method::Percentile:
      return percentile_range(sample, scheme.percentile, grid.symmetric);
    case Method::MeanSquaredError:
    case Method::Pact:  // no clip with both limits behind the layer
      return least_squares_range(sample.thinned(kSearchValues), all, grid, rounding);
    case Method::KullbackLeibler: {
      const bool positive_only = all.low >= 0 && !(grid.symmetric && grid.is_signed);
      const double threshold =
          kl_threshold(sample, std::int64_t{1} << (positive_only ? grid.bits : grid.bits - 1));
      return within({-threshold, threshold}, all);
    }
    case Method::MinMax:
    case Method::DynamicFixedPoint:
    case Method::Ternary:
    case Method::Binary:
    case Method::Wage:
      break;
  }
  return all;
}

/// What `error`, of the distance from its integer, gives for `value`.
template <typename Error>
double error_of(float value, const IntegerFormat& format, RealRounding rounding,
                const Error& error) {
  const double position = format.position(value);
  const auto at = [&](double rounded) {
    return error(static_cast<double>(value) -
                 static_cast<double>(format.real(format.clamped(rounded))));
  };
  if (rounding == RealRounding::Stochastic) {
    const double below = std::floor(position);
    const double up = position - below;  // how often
    return (1 - up) * at(below) + up * at(below + 1);
  }
  return at(rounded_position(position, rounding, 0));
}

}  // namespace

std::size_t Sample::size() const {
  std::size_t count = 0;
  for (const std::vector<float>* part : parts) {
    count += part->size();
  }
  return count;
}

std::vector<float> Sample::thinned(std::size_t most) const {
  const std::size_t step = std::max<std::size_t>(1, ceil_div(size(), most));
  std::vector<float> values;
  std::size_t index = 0;
  each_value(*this, [&](float value) {
    if (index++ % step == 0) {
      values.push_back(value);
    }
  });
  if (step > 1) {
    const Range all = min_max(*this);
    values.push_back(static_cast<float>(all.low));
    values.push_back(static_cast<float>(all.high));
  }
  return values;
}

Range min_max(const Sample& sample) {
  Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  each_value(sample, [&](float value) {
    range.low = std::min(range.low, static_cast<double>(value));
    range.high = std::max(range.high, static_cast<double>(value));
  });
  return range;
}

Range averaged_min_max(const Sample& sample) {
  Range sum;
  for (std::int64_t image = 0; image < sample.images; ++image) {
    Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    for (const std::vector<float>* part : sample.parts) {
      const std::size_t each = part->size() / static_cast<std::size_t>(sample.images);
      const float* first = part->data() + static_cast<std::size_t>(image) * each;
      const auto ends = std::minmax_element(first, first + each);
      range.low = std::min(range.low, static_cast<double>(*ends.first));
      range.high = std::max(range.high, static_cast<double>(*ends.second));
    }
    sum.low += range.low;
    sum.high += range.high;
  }
  const auto images = static_cast<double>(sample.images);
  return {sum.low / images, sum.high / images};
}

Range sigma_range(const Sample& sample, double sigmas) {
  double sum = 0;
  each_value(sample, [&](float value) { sum += static_cast<double>(value); });
  const auto count = static_cast<double>(sample.size());
  const double mean = sum / count;
  double squares = 0;
  each_value(sample, [&](float value) {
    squares += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
  });
  const double reach = sigmas * std::sqrt(squares / count);
  return within({mean - reach, mean + reach}, min_max(sample));
}

Range percentile_range(const Sample& sample, double percentile, bool symmetric) {
  std::vector<float> values;
  values.reserve(sample.size());
  each_value(sample, [&](float x) { values.push_back(symmetric ? std::abs(x) : x); });
  std::sort(values.begin(), values.end());
  const auto at = [&](double p) {
    const double position = p / 100 * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    const double fraction = position - std::floor(position);
    return static_cast<double>(values[below]) * (1 - fraction) +
           static_cast<double>(values[above]) * fraction;
  };
  if (symmetric) {
    return within({-at(percentile), at(percentile)}, min_max(sample));
  }
  return {at(100 - percentile), at(percentile)};
}

std::size_t kl_bins(std::vector<double> bins, std::int64_t levels) {
  bins.at(0) = bins.at(1);
  const auto groups = static_cast<std::size_t>(levels);
  double least = std::numeric_limits<double>::infinity();
  std::size_t best = bins.size();
  double behind = 0;
  for (std::size_t i = bins.size(); i >= kFewestBins; --i) {
    std::vector<double> counts(groups);
    std::vector<std::size_t> filled(groups);
    double q_sum = 0;
    for (std::size_t bin = 0; bin < i; ++bin) {
      counts[bin * groups / i] += bins[bin];
      filled[bin * groups / i] += bins[bin] > 0 ? 1U : 0U;
      q_sum += bins[bin];
    }
    const double p_sum = q_sum + behind;
    double divergence = 0;
    for (std::size_t bin = 0; bin < i; ++bin) {
      const double p = (bins[bin] + (bin + 1 == i ? behind : 0.0)) / p_sum;
      if (p > 0) {  // an empty last bin with counts behind it: Q is 0 there, infinite
        const std::size_t group = bin * groups / i;
        const double q =
            bins[bin] > 0 ? counts[group] / static_cast<double>(filled[group]) / q_sum : 0.0;
        divergence += p * std::log(p / q);
      }
    }
    if (divergence < least) {  // from the largest i down: of equal ones the largest stays
      least = divergence;
      best = i;
    }
    behind += bins[i - 1];
  }
  return best;
}

double kl_threshold(const Sample& sample, std::int64_t levels) {
  const Range all = min_max(sample);
  const double largest = std::max(-all.low, all.high);
  if (largest <= 0) {
    return 0;
  }
  const double width = largest / kHistogramBins;
  std::vector<double> bins(kHistogramBins);
  each_value(sample, [&](float value) {
    const auto bin = static_cast<std::size_t>(std::abs(static_cast<double>(value)) / width);
    ++bins[std::min(bin, kHistogramBins - 1)];
  });
  return static_cast<double>(kl_bins(std::move(bins), levels)) * width;
}

int covering_exponent(Range range, Grid grid) {
  int exponent = 0;
  const float fraction = std::frexp(format_of(range, grid).scale, &exponent);
  return fraction == 0.5F ? exponent - 1 : exponent;  // 0.5 * 2^e is a power of two itself
}

double squared_error(const std::vector<float>& values, const IntegerFormat& format,
                     RealRounding rounding) {
  double sum = 0;
  for (const float value : values) {
    sum += error_of(value, format, rounding, [](double error) { return error * error; });
  }
  return sum;
}

double absolute_error(const std::vector<float>& values, const IntegerFormat& format,
                      RealRounding rounding) {
  double sum = 0;
  for (const float value : values) {
    sum += error_of(value, format, rounding, [](double error) { return std::abs(error); });
  }
  return sum;
}

Grid grid_of(const OperandScheme& scheme, std::uint8_t bits, bool narrow_range, Range values) {
  Grid grid{bits, scheme.is_signed, scheme.symmetric, narrow_range};
  if (!grid.is_signed && grid.symmetric && values.low < 0 && !scheme.fraction_bits) {
    grid.is_signed = true;
  }
  return grid;
}

IntegerFormat calibrate(const Sample& sample, const OperandScheme& scheme, Grid grid,
                        RealRounding rounding) {
  if (scheme.fraction_bits) {
    return power_of_two_format({}, -*scheme.fraction_bits, grid);
  }
  const Range all = min_max(sample);
  if (scheme.method == Method::Wage) {
    const double largest = std::max(-all.low, all.high);
    const int exponent = largest > 0 ? static_cast<int>(std::nearbyint(std::log2(largest))) : 0;
    return power_of_two_format(all, exponent - (grid.bits - 1), grid);
  }
  if (scheme.method == Method::DynamicFixedPoint) {
    constexpr int kCandidates = 9;
    return best_power_of_two(sample.thinned(kSearchValues), all, grid, covering_exponent(all, grid),
                             kCandidates, absolute_error, rounding);
  }
  const Range range = chosen_range(sample, scheme, grid, all, rounding);
  if (scheme.powers_of_two) {
    return best_power_of_two(sample.thinned(kSearchValues), range, grid,
                             covering_exponent(range, grid), 2, squared_error, rounding);
  }
  return format_of(range, grid);
}

}  // namespace systole::quantize

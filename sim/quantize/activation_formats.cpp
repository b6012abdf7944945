#include "sim/quantize/activation_formats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/config/error_log.hpp"
#include "sim/quantize/calibration.hpp"
#include "sim/quantize/value_groups.hpp"

namespace systole::quantize {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

ActivationFormats::ActivationFormats(const FusedNetwork& fused, const Scheme& scheme,
                                     const BitsByName& bits, const FloatImages& images,
                                     CalibrationCache* cache)
    : network_{fused.network},
      scheme_{scheme},
      bits_{bits},
      images_{images},
      cache_{cache},
      groups_{format_groups(network_)},
      types_{type_groups(network_)},
      limits_(network_.values.size()),
      lows_(network_.values.size()),
      formats_(network_.values.size()) {
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    limits_[network_.layers[i].output] = fused.limits[i];
  }
  look_ahead(fused.limits);
}

/// The values of a group that are not made from others of it, or whose limits, both on one side of
/// zero, may lie beyond these.
bool ActivationFormats::is_source(ValueId id) const {
  for (const FloatLayer& layer : network_.layers) {
    if (layer.output == id) {
      return !keeps_format(layer.op) || limits_[id].low > 0 || limits_[id].high < 0;
    }
  }
  return true;  // an input
}

/// Width and sign of a value: the widest that is asked for in its type group, and unsigned only
/// where no value of the group is negative.
Grid ActivationFormats::grid_of_value(ValueId id) const {
  std::uint8_t widest = 0;
  Range range;
  for (ValueId other = 0; other < types_.size(); ++other) {
    if (types_[other] == types_[id]) {
      const auto named = bits_.activations.find(network_.value(other).name);
      widest = std::max(widest, named == bits_.activations.end() ? std::uint8_t{0} : named->second);
      range.low = std::min(range.low, lows_[other]);
    }
  }
  const Grid grid =
      grid_of(scheme_.activations, widest == 0 ? scheme_.activations.bits : widest, false, range);
  if (grid.symmetric && grid.is_signed && grid.bits < 2) {
    throw ConfigError{{width_place(id) + ": '" + network_.value(id).name +
                       "' has negative numbers, which without a zero point need at least 2 "
                       "bits, found " +
                       std::to_string(grid.bits)}};
  }
  return grid;
}

/// Where the scheme says how wide a value is.
std::string ActivationFormats::width_place(ValueId id) const {
  for (ValueId other = 0; other < types_.size(); ++other) {
    for (const LayerBits& layer : scheme_.layers) {
      if (types_[other] == types_[id] && layer.activations &&
          layer.name == network_.value(other).name) {
        return layer.activations_at;
      }
    }
  }
  return scheme_.activations.bits_at;
}

void ActivationFormats::look_ahead(const std::vector<FloatClip>& limits_of_layers) {
  std::vector<int> sources(groups_.size());
  for (ValueId id = 0; id < groups_.size(); ++id) {
    sources[groups_[id]] += is_source(id) ? 1 : 0;
  }
  std::vector<std::vector<Activations>> kept(groups_.size());
  std::vector<FloatClip> limits(groups_.size(), FloatClip{kInfinity, -kInfinity});
  const auto see = [&](ValueId id, const Activations& values) {
    require_finite(values, network_.value(id), images_.count);
    lows_[id] = static_cast<double>(*std::min_element(values.begin(), values.end()));
    const ValueId group = groups_[id];
    if (sources[group] > 1 && is_source(id)) {
      kept[group].push_back(values);
      limits[group] = {std::min(limits[group].low, limits_[id].low),
                       std::max(limits[group].high, limits_[id].high)};
    }
  };
  run_float(network_, images_.values, images_.count, see, limits_of_layers);
  for (ValueId group = 0; group < groups_.size(); ++group) {
    if (!kept[group].empty()) {
      std::vector<const Activations*> parts;
      for (const Activations& part : kept[group]) {
        parts.push_back(&part);
      }
      formats_[group] = calibrated(parts, group, limits[group]);
    }
  }
}

IntegerFormat ActivationFormats::calibrated(const std::vector<const Activations*>& parts,
                                            ValueId id, const FloatClip& limits) const {
  const Grid grid = grid_of_value(id);
  const std::pair key{groups_[id], grid.bits};
  if (cache_ != nullptr && cache_->formats.count(key) != 0) {
    return cache_->formats.at(key);
  }
  const bool is_clipped = scheme_.activations.method == Method::Pact && std::isfinite(limits.low) &&
                          std::isfinite(limits.high);
  const IntegerFormat format =
      is_clipped
          ? format_of({static_cast<double>(limits.low), static_cast<double>(limits.high)}, grid)
          : calibrate(Sample{parts, images_.count}, scheme_.activations, grid);
  if (cache_ != nullptr) {
    cache_->formats[key] = format;
  }
  return format;
}

/// Qiu et al.: the power of two with which the quantized network's value, rounded, lies nearest
/// to the float network's.
IntegerFormat ActivationFormats::fixed_point_format(ValueId id, const Activations& real,
                                                    const Activations& quantized) const {
  const Range wanted = min_max(Sample{{&real}, images_.count});
  const Range got = min_max(Sample{{&quantized}, images_.count});
  const Range both{std::min(wanted.low, got.low), std::max(wanted.high, got.high)};
  const Grid grid = grid_of_value(id);
  constexpr std::size_t kMost = 65'536;
  constexpr int kCandidates = 9;
  const std::size_t step = real.size() / kMost + 1;
  const int first = covering_exponent(both, grid);
  IntegerFormat best;
  double least = 0;
  for (int i = 0; i < kCandidates; ++i) {
    const IntegerFormat format = power_of_two_format(both, first - i, grid);
    double error = 0;
    for (std::size_t at = 0; at < real.size(); at += step) {
      error += std::abs(static_cast<double>(real[at]) -
                        static_cast<double>(format.rounded(quantized[at])));
    }
    if (i == 0 || error < least) {
      least = error;
      best = format;
    }
  }
  return best;
}

const IntegerFormat& ActivationFormats::choose(ValueId id, const Activations& real,
                                               const Activations& quantized) {
  std::optional<IntegerFormat>& format = formats_[groups_[id]];
  if (!format) {
    format = scheme_.activations.method == Method::DynamicFixedPoint
                 ? fixed_point_format(id, real, quantized)
                 : calibrated({&real}, id, limits_[id]);
  }
  return *format;
}

}  // namespace systole::quantize

#pragma once

#include <optional>

#include "sim/config/reader.hpp"

namespace systole {

// Keys of activations, which workloads and float networks have in common (workloads/README.md).

/// What a limit may be, as a float32.
constexpr InRange<double> kRealLimitRange{-double{1e30F}, double{1e30F}};

/// Limits in real numbers.
struct RealLimits {
  std::optional<float> min, max;
};

/// `min:` and `max:` of this map.
RealLimits read_real_limits(ConfigReader& map);

/// `activation: relu`, or `activation: {min: -1, max: 1}`; none without the key.
RealLimits read_activation_limits(ConfigReader& reader);

}  // namespace systole

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/quantize/quantizer.hpp"

namespace systole::quantize {

/// The integer formats of a network's values, each chosen when the walk through the network first
/// has values of its group. It needs all that it is given for as long as it lives.
class ActivationFormats {
 public:
  /// Runs the float network: for the sign of each value, and for the formats of groups with several
  /// sources, which the first of their layers needs before the last has run. Throws NotFinite, and
  /// ConfigError where a value needs more bits than the scheme gives it. `cache`: null, or of walks
  /// of one network, scheme and images.
  ActivationFormats(const FusedNetwork& fused, const Scheme& scheme, const BitsByName& bits,
                    const FloatImages& images, CalibrationCache* cache);

  /// The format of the value's group. If that has none yet, it is chosen for the values that the
  /// float network and the quantized one, not yet rounded, have here; throws ConfigError as above.
  const IntegerFormat& choose(ValueId id, const Activations& real, const Activations& quantized);

  /// Of a value that it was chosen for.
  const IntegerFormat& at(ValueId id) const { return formats_[groups_[id]].value(); }

 private:
  bool is_source(ValueId id) const;
  Grid grid_of_value(ValueId id) const;
  std::string width_place(ValueId id) const;
  void look_ahead(const std::vector<FloatClip>& limits_of_layers);
  IntegerFormat calibrated(const std::vector<const Activations*>& parts, ValueId id,
                           const FloatClip& limits) const;
  IntegerFormat fixed_point_format(ValueId id, const Activations& real,
                                   const Activations& quantized) const;

  const FloatNetwork& network_;
  const Scheme& scheme_;
  const BitsByName& bits_;
  const FloatImages& images_;
  CalibrationCache* const cache_;
  const std::vector<ValueId> groups_, types_;
  std::vector<FloatClip> limits_;                      // by value
  std::vector<double> lows_;                           // least of each value in the float network
  std::vector<std::optional<IntegerFormat>> formats_;  // by group
};

}  // namespace systole::quantize

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "sim/config/reader.hpp"
#include "sim/quantize/float_files.hpp"
#include "sim/quantize/float_network.hpp"

namespace systole::quantize {

constexpr std::int64_t kMaxSize = std::int64_t{1} << 31;  ///< of an axis of a shape

/// Inputs and layers so far. Those with a mistake have no value: it is told, and who reads them is
/// not blamed for it.
using FloatNames = std::map<std::string, std::optional<ValueId>>;

/// Reads one layer of a float network's YAML and adds it to the network. Mistakes are errors of the
/// reader.
void read_float_layer(ConfigReader& reader, const FloatFiles& files, FloatNetwork& network,
                      FloatNames& by_name);

}  // namespace systole::quantize

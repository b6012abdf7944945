#pragma once

#include <string>
#include <vector>

#include "sim/config/reader.hpp"
#include "sim/sweep/sweep_spec.hpp"

namespace systole {

/// The constraints below `key` on what the spec has read so far: its machine, settings and axes.
/// A word that a key cannot have, a file that no point has, and a key without a value are mistakes
/// too: what they are compared with is never equal. Mistakes go to the reader.
std::vector<Constraint> read_constraints(ConfigReader& root, const std::string& key,
                                         const std::vector<std::string>& known,
                                         const SweepSpec& spec);

}  // namespace systole

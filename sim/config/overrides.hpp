#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "sim/config/error_log.hpp"

namespace systole {

/// Puts each `key.path=value` into the tree; maps on the way are made where they are missing, and
/// the last override of a key wins: what `systole explain` tries, over what the command line says,
/// which has each key once. What cannot be put there is logged; whether the key exists is the
/// reader's matter.
void apply_overrides(YAML::Node& tree, const std::vector<std::string>& overrides, ErrorLog& log);

/// The value at `a.b.c`, undefined when absent.
YAML::Node find_path(const YAML::Node& tree, const std::string& path);

}  // namespace systole

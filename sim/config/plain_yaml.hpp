#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

namespace systole {

/// The tree of a text in which there is nothing to look for: it is YAML, one document of unique
/// keys, has no anchors, aliases, tags and merge keys, and none of checked_yaml's limits is near.
/// None for all others, which is no verdict. Takes half the time of looking for what is wrong.
std::optional<YAML::Node> load_plain_yaml(const std::string& text);

}  // namespace systole

#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

#include "sim/config/error_log.hpp"

namespace systole {

/// Limits that no honest file meets, so that a hostile or broken one gives one
/// clear error instead of eating the memory.
constexpr std::size_t kMaxYamlBytes = std::size_t{16} << 20U;
constexpr std::size_t kMaxYamlDepth = 32;
constexpr std::size_t kMaxYamlNodes = 1'000'000;

/// The tree of `text`, below `path` (empty for a file). Duplicate keys, keys that
/// are no text and merge keys go to the log; what makes the whole text unusable
/// (not YAML, empty, two documents, anchors, aliases, tags, control characters,
/// not UTF-8, over a limit) is thrown as ConfigError.
YAML::Node load_checked_yaml(const std::string& text, const std::string& path, ErrorLog& log);

/// The bytes of a file, if they are at most `most`; throws ConfigError.
std::string read_text_file(const std::string& file, std::size_t most = kMaxYamlBytes);

}  // namespace systole

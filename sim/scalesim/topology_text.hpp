#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/error_log.hpp"
#include "sim/scalesim/topology.hpp"

namespace systole {

/// One row, its numbers in the order of TopologyKind.
struct TopologyRow {
  std::string name;
  std::vector<std::int64_t> sizes;
  YAML::Mark mark;  ///< of the name
};

/// The rows without errors; the others are in `log`.
std::vector<TopologyRow> parse_topology(const std::string& text, std::optional<TopologyKind>& kind,
                                        ErrorLog& log);

}  // namespace systole

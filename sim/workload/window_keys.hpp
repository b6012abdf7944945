#pragma once

#include <cstdint>
#include <string>

#include "sim/config/reader.hpp"
#include "sim/network/network.hpp"

namespace systole {

// Keys of windows, which workloads and float networks have in common (workloads/README.md).

/// `key: 2` for both directions, or `key: [height, width]`; h and w stay as they are without it.
void read_pair(ConfigReader& reader, const std::string& key, std::int64_t& h, std::int64_t& w);

enum class PaddingRule { Valid, Same, Explicit };

/// `padding:`, whose four sides, where it has them, go into the window.
PaddingRule read_padding(ConfigReader& reader, Window& window);

}  // namespace systole

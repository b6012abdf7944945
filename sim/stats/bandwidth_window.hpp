#pragma once

#include <cstdint>

namespace systole {

/// Window over which peak bandwidth is taken, in cycles, counted from a layer's start.
constexpr std::uint64_t kBandwidthWindow = 1024;

}  // namespace systole

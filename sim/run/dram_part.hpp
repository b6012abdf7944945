#pragma once

#include <cstdint>
#include <optional>

#include "sim/config/accelerator_config.hpp"
#include "sim/report/run_result.hpp"

namespace systole {

/// What a report says of the banked DRAM, and prices its commands by; nothing if it is ideal.
/// Throws Refusal when it has less than the `bytes` that a network needs.
std::optional<DramPart> dram_part(const AcceleratorConfig& config, std::uint64_t bytes);

}  // namespace systole

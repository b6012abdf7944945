#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "models/dram/banked/banked_memory_timing.hpp"
#include "models/dram/banked/config.hpp"
#include "models/dram/dram.hpp"
#include "models/dram/dram_block_config.hpp"
#include "models/dram/dram_observers.hpp"
#include "sim/stats/measurements.hpp"

namespace systole {

/// The memory that the preset names, with its channels; nothing when it is ideal.
/// Throws ConfigError with all that is wrong in its file.
std::optional<dram::Config> banked_dram_config(const DramConfig& config);

/// How so many masters are joined to it.
dram::PortConfig port_config(const DramBlockConfig& config, std::uint32_t masters);

/// The DRAM of a machine, as configured.
std::unique_ptr<Dram> make_dram(const char* name, const Clock& clock, const DramBlockConfig& config,
                                std::uint32_t masters, Measurements& measurements,
                                const DramObservers& observers);

}  // namespace systole

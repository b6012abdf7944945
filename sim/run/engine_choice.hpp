#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "sim/config/accelerator_config.hpp"
#include "sim/engine/engine.hpp"
#include "sim/network/network.hpp"
#include "sim/run/simulation_options.hpp"

namespace systole {

/// As reports call it.
const char* engine_name(EngineKind engine);

/// The engine that the options ask for to run the network, with their observers. `on_progress` is
/// told now and then the cycles so far by engines that run cycle by cycle. Throws Refusal for an
/// array that is not built in SystemVerilog.
std::unique_ptr<Engine> make_engine(const AcceleratorConfig& config, const Network& network,
                                    const SimulationOptions& options,
                                    std::function<void(std::uint64_t cycles)> on_progress);

}  // namespace systole

#pragma once

#include <cstdint>
#include <string>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"
#include "sim/program/command.hpp"
#include "sim/run/simulation.hpp"

namespace systole::test {

/// Cycles that the program may take, roughly and rather too many: transfers, latencies and
/// computes one after the other.
std::uint64_t estimated_cycles(const LayerProgram& program, const AcceleratorConfig& config);

/// What is wrong with a run of the network; empty if nothing. Each output equals golden's; products
/// are those of the layer's definition; the array's products are its vectors times its PEs; DRAM
/// traffic is at least what each operand once takes, and the ofmap exactly once; no unit is faster
/// than its width; every unit's ledger closes.
std::string broken_laws(const AcceleratorConfig& config, const Network& network,
                        const SimulationOutcome& run);

/// Of all layers.
std::uint64_t total_cycles(const SimulationOutcome& run);

}  // namespace systole::test

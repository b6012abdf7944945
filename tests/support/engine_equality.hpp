#pragma once

#include <string>

#include "sim/run/simulation.hpp"

namespace systole::test {

/// Where two engines' runs of the same network differ: cycles, compute cycles, every event, every
/// ledger entry, peak bandwidth, checks; empty if nowhere.
std::string differences(const SimulationOutcome& systemc, const SimulationOutcome& fast);

}  // namespace systole::test

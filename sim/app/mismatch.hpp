#pragma once

#include <string>

#include "sim/run/simulation.hpp"

namespace systole::app {

/// "MISMATCH layer 'conv2' inference 3 index [0, 4, 5, 17]: expected 12, got 13 (57 elements
/// differ)"
std::string mismatch_line(const Mismatch& mismatch);

}  // namespace systole::app

#pragma once

#include "sim/compiler/compiler.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// Sums that saturate depend on their order: tells the network's layers, for the golden model, in
/// which one the hardware adds up. `compiler` is the network's.
void note_accumulation_order(const Compiler& compiler, Network& network);

}  // namespace systole

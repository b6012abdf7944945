#pragma once

#include <string>

#include "sim/network/network.hpp"

namespace systole::test {

/// Writes the network as `folder`/workload.yaml with its tensors beside it, as workloads/README.md
/// has it, so that `systole run` can run what a test has drawn. Layers with requantizers must be in
/// multiplier_shift mode; sums must have tensors with scales, from which the loader derives their
/// constants.
void write_workload(const std::string& folder, const Network& network);

}  // namespace systole::test

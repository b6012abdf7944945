#pragma once

#include <cstdint>
#include <vector>

#include "sim/compiler/layer_plan.hpp"
#include "sim/compiler/machine_limits.hpp"

namespace systole {

/// Appends what of a layer's plan its program follows from, on machines that are alike but for the
/// capacity of their scratchpads: how it is cut, and where its buffers lie. Of a place, the bank
/// alone, and where in the buffer the next ones begin: no unit can tell more (commands meet where
/// their rows are the same, and no command's rows are of two buffers), so that programs with the
/// same numbers take the same time. False where the plan is of a kind that this does not hold for.
bool append_plan(const Plan& plan, const MachineLimits& machine,
                 std::vector<std::uint64_t>& numbers);

}  // namespace systole

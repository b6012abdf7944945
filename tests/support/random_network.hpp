#pragma once

#include <cstdint>
#include <functional>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"

namespace systole::test {

/// A source of choices: an integer in [low, high]. rapidcheck's shrink, a generator's do not.
using Choose = std::function<std::int64_t(std::int64_t low, std::int64_t high)>;

/// A network of a few small layers, each of which reads the one before, with branches, sums and
/// concatenations now and then: what one layer leaves behind in the machine meets the next.
/// Operands of products have 8 bits or fewer, as the array takes them; pools and sums have 8. A
/// workload file can be written of it.
Network random_network(const AcceleratorConfig& config, const Choose& choose);

}  // namespace systole::test

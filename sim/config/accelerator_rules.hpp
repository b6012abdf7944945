#pragma once

#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"

namespace systole {

/// A rule between keys that a configuration breaks.
struct BrokenRule {
  std::vector<std::string> keys;  ///< the key to blame first, then the others, as whole paths
  std::string what;
};

/// Rules that span keys; each on its own holds its range already.
std::vector<BrokenRule> broken_rules(const AcceleratorConfig& config);

/// What the configuration language has words for and the machine does not run yet: nothing.
std::vector<BrokenRule> unsupported(const AcceleratorConfig& config);

/// Rows that each memory must hold at least for any layer to run.
std::uint32_t fewest_activation_rows(
    const AcceleratorConfig& config);  ///< of the (unified) scratchpad
std::uint32_t fewest_weight_rows(const AcceleratorConfig& config);
constexpr std::uint32_t kFewestAccumulatorRows = 2;  ///< one is added to while one is stored

/// Smallest capacity that is a whole number of rows in every bank; all other fitting
/// capacities are multiples of it.
std::uint32_t capacity_step_kib(std::uint32_t row_bytes, std::uint32_t banks);

}  // namespace systole

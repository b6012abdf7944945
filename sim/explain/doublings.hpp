#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"

namespace systole {

/// A machine that has twice of one resource, and what it has where another one would break a rule.
struct Doubling {
  std::string resource;           ///< "DRAM read bandwidth"
  std::string bound;              ///< what holds a layer that gains most from it: "dram_read"
  std::vector<std::string> keys;  ///< "dram.bytes_per_cycle=32", for --set
  AcceleratorConfig config;
};

/// The machine as its file and its --set describe it, with more of these.
using MachineWith = std::function<AcceleratorConfig(const std::vector<std::string>& more)>;

/// Every resource that the machine can have twice of, all else as it is: where a key that the file
/// leaves out would follow, it is named too. Those whose key goes no further, or that
/// would break a rule between keys (more requantization lanes than an accumulator row has values,
/// say), are left out.
std::vector<Doubling> doublings(const MachineWith& machine);

}  // namespace systole

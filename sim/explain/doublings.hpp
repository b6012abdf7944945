#pragma once

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

/// Every resource that the machine can have twice of: those whose key goes no further, or that
/// would break a rule between keys (more requantization lanes than an accumulator row has values,
/// say), are left out.
std::vector<Doubling> doublings(const AcceleratorConfig& config);

}  // namespace systole

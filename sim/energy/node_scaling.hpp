#pragma once

#include "sim/config/accelerator_config.hpp"

namespace systole {

/// Ratios of a circuit in one process to the same circuit in another.
struct NodeFactors {
  double energy = 1;
  double area = 1;
};

/// A. Stillmaker and B. Baas, "Scaling equations for the accurate prediction of CMOS device
/// performance from 180 nm to 7 nm", Integration 58, 2017: energy by a quadratic in the supply
/// voltage for each node, area by their table. Each node at the supply of supply_volts(). They have
/// no 28 nm: it is the straight line in nm between 32 and 20.
NodeFactors node_factors(ProcessNode from, ProcessNode to);
double supply_volts(ProcessNode node);

}  // namespace systole

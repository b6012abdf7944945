#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/energy/energy_table.hpp"

namespace systole {

/// What takes area. Not in it: controller, DMA, wires, pads.
enum class AreaComponent : std::uint8_t {
  Array,
  Scratchpad,
  WeightScratchpad,
  Accumulators,
  Requantization,
  Vector,
  Count
};
constexpr std::size_t kAreaComponents = static_cast<std::size_t>(AreaComponent::Count);

const char* area_component_name(AreaComponent component);  ///< snake_case, as in the JSON report

struct Area {
  std::array<Bounded, kAreaComponents> um2;
  std::vector<std::string> not_in_table;  ///< what the machine has and the table gives no area for

  const Bounded& operator[](AreaComponent c) const { return um2[static_cast<std::size_t>(c)]; }
  Bounded total() const;
};

/// Blocks of this machine, at its widths and bank sizes, times the table's areas: a PE is a
/// multiplier, an adder and the registers of its ifmap element, its weight (and its shadow weight,
/// if folds overlap) and its psum; the accumulators have one adder a column; a lane of the
/// requantization unit is a multiplier, a shifter and an adder, one of the vector unit an adder and
/// a multiplier of 32 bits and a comparator. What the table does not know is left out and named.
Area compute_area(const AcceleratorConfig& config, const EnergyTable& table);

}  // namespace systole

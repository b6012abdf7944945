#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/config/accelerator_config.hpp"
#include "sim/energy/energy.hpp"
#include "sim/energy/energy_table.hpp"
#include "sim/stats/events.hpp"

namespace systole {

/// Where the energy goes.
enum class EnergyComponent : std::uint8_t {
  ArrayMultiply,
  ArrayAdd,
  ArrayRegisters,
  Scratchpad,
  WeightScratchpad,
  Accumulators,
  Requantization,
  Vector,
  Dram,
  Static,  ///< zero unless the table gives a static power
  Count
};
constexpr std::size_t kEnergyComponents = static_cast<std::size_t>(EnergyComponent::Count);

const char* energy_component_name(
    EnergyComponent component);  ///< snake_case, as in the JSON report
const char* energy_component_description(EnergyComponent component);

/// Energy by component.
class EnergyBreakdown {
 public:
  const Energy& operator[](EnergyComponent c) const {
    return components_[static_cast<std::size_t>(c)];
  }
  void add(EnergyComponent c, const Energy& e) { components_[static_cast<std::size_t>(c)] += e; }
  Energy total() const;
  EnergyBreakdown& operator+=(const EnergyBreakdown& o);

 private:
  std::array<Energy, kEnergyComponents> components_{};
};

/// Counts times the table's entries, at this machine's widths and bank sizes.
///
/// A MAC is a multiplication of activation x weight bits and an addition in the accumulator's
/// width. PE slots outside a fold hold zero weights: they cost their registers' writes, which are
/// counted as such, and no arithmetic. DRAM pays for the bytes fetched, used or not.
EnergyBreakdown compute_energy(const EventCounts& events, std::uint64_t cycles,
                               const AcceleratorConfig& config, const EnergyTable& table);

}  // namespace systole

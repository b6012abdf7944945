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
  Scratchpad,        ///< of activations, or unified
  WeightScratchpad,  ///< if it is split
  Accumulators,      ///< with their adders
  Requantization,
  Vector,  ///< pooling and residual add
  Dram,    ///< what was fetched and not used included
  Static,  ///< zero unless the table gives a static power or leakage
  Count
};
constexpr std::size_t kEnergyComponents = static_cast<std::size_t>(EnergyComponent::Count);

const char* energy_component_name(
    EnergyComponent component);  ///< snake_case, as in the JSON report

/// What the energy was spent on.
enum class EnergyOperand : std::uint8_t {
  Ifmap,
  Weight,
  Constants,  ///< biases and requantization constants
  Psum,
  Ofmap,
  Unused,      ///< fetched from DRAM beside what was asked for
  Arithmetic,  ///< operations, not operands
  Shared,      ///< of memories and registers that hold several kinds; leakage
  Count
};
constexpr std::size_t kEnergyOperands = static_cast<std::size_t>(EnergyOperand::Count);

const char* energy_operand_name(EnergyOperand operand);  ///< snake_case, as in the JSON report

/// Energy by component, and by operand; both sum to the total.
class EnergyBreakdown {
 public:
  const Energy& operator[](EnergyComponent c) const {
    return components_[static_cast<std::size_t>(c)];
  }
  const Energy& operator[](EnergyOperand o) const { return operands_[static_cast<std::size_t>(o)]; }
  void add(EnergyComponent c, EnergyOperand o, const Energy& e) {
    components_[static_cast<std::size_t>(c)] += e;
    operands_[static_cast<std::size_t>(o)] += e;
  }
  Energy total() const;
  EnergyBreakdown& operator+=(const EnergyBreakdown& o);

 private:
  std::array<Energy, kEnergyComponents> components_{};
  std::array<Energy, kEnergyOperands> operands_{};
};

/// What one layer multiplies, and moves.
struct LayerOperands {
  std::uint32_t activation_bits = 0;  ///< 0: the array's
  std::uint32_t weight_bits = 0;
  std::uint32_t products_per_pe = 1;  ///< of composable PEs, a cycle
  std::uint32_t ifmap_bits = 0;       ///< multiplied or not; 0: activation_bits
  std::uint32_t ofmap_bits = 0;
};

/// Counts times the table's entries, at the layer's widths and this machine's bank sizes.
///
/// A MAC is a multiplication of activation x weight bits and an addition in the accumulator's
/// width, or one entry of the table's `mac` or `pe`; a PE wider than the layer's operands costs at
/// most what it costs at its own width. A composable PE costs its `pe_composable` a cycle, or a
/// multiplication of its full width and an addition, whatever the products are that it forms; with
/// energy.zero_gating, a MAC with a zero operand costs neither. PE slots outside a fold hold zero
/// weights: they cost their registers' writes, which are counted as such, and no arithmetic. DRAM
/// pays for the bytes fetched, used or not. What the table does not know costs nothing, and the
/// table's notes say so.
EnergyBreakdown compute_energy(const EventCounts& events, std::uint64_t cycles,
                               const AcceleratorConfig& config, const EnergyTable& table,
                               const LayerOperands& operands = {});

}  // namespace systole

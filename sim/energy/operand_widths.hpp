#pragma once

#include <cstdint>

#include "sim/config/accelerator_config.hpp"
#include "sim/energy/energy_model.hpp"

namespace systole {

/// A layer's widths on one machine.
struct OperandWidths {
  OperandWidths(const AcceleratorConfig& config, const LayerOperands& operands);

  /// Of ifmaps and weights together, of which nobody has counted how much is which.
  Energy widened(const Energy& both) const;

  std::uint32_t activation_bits = 0, weight_bits = 0;
  std::uint32_t products_per_pe = 1;
  /// How much wider an operand is as it is priced (priced_format) than as it was run.
  double ifmap_wider = 1, weight_wider = 1, ofmap_wider = 1;

 private:
  double wider(std::uint32_t integer_bits) const;

  NumberFormat format_;
};

}  // namespace systole

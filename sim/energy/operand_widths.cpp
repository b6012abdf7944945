#include "sim/energy/operand_widths.hpp"

#include <algorithm>
#include <cmath>

namespace systole {

OperandWidths::OperandWidths(const AcceleratorConfig& config, const LayerOperands& operands)
    : activation_bits{operands.activation_bits == 0 ? config.array.activation_bits
                                                    : operands.activation_bits},
      weight_bits{operands.weight_bits == 0 ? config.array.weight_bits : operands.weight_bits},
      products_per_pe{operands.products_per_pe},
      format_{priced_format(config)} {
  ifmap_wider = wider(operands.ifmap_bits);
  weight_wider =
      operands.ifmap_bits != 0 && operands.weight_bits == 0 ? ifmap_wider : wider(weight_bits);
  ofmap_wider = wider(operands.ofmap_bits);
}

/// Than integers of so many bits; 0: those that are multiplied.
double OperandWidths::wider(std::uint32_t integer_bits) const {
  const std::uint32_t bits = integer_bits == 0 ? activation_bits : integer_bits;
  return static_cast<double>(format_bits(format_, bits)) / bits;
}

Energy OperandWidths::widened(const Energy& both) const {
  return {std::sqrt(ifmap_wider * weight_wider) * both.pj,
          std::min(ifmap_wider, weight_wider) * both.low_pj,
          std::max(ifmap_wider, weight_wider) * both.high_pj};
}

}  // namespace systole

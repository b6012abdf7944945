#pragma once

#include <cstdint>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// Banks of the scratchpads, numbered through: those of the activations first. Each holds
/// consecutive rows.
class BankMap {
 public:
  explicit BankMap(const AcceleratorConfig& config)
      : unified_{config.scratchpad.organization == ScratchpadOrganization::Unified},
        activation_banks_{config.scratchpad.activation.banks},
        rows_per_activation_bank_{activation_rows(config) / activation_banks_},
        rows_per_weight_bank_{unified_ ? 1 : weight_rows(config) / config.scratchpad.weight.banks} {
  }

  std::uint32_t bank_of(LocalAddress address) const {
    return address.memory == LocalMemory::Scratchpad
               ? address.row / rows_per_activation_bank_
               : activation_banks_ + address.row / rows_per_weight_bank_;
  }

 private:
  bool unified_;
  std::uint32_t activation_banks_;
  std::uint32_t rows_per_activation_bank_;
  std::uint32_t rows_per_weight_bank_;
};

}  // namespace systole

#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/divisor.hpp"
#include "sim/program/command.hpp"
#include "sim/program/machine_shape.hpp"
#include "sim/stats/bank_conflicts.hpp"

namespace systole {

/// Banks of the scratchpads, numbered through: those of the activations first. Consecutive rows go
/// to one bank, scratchpad.interleave_rows of them or its whole part, then to the next in turn.
class BankMap {
 public:
  BankMap(const ScratchpadConfig& scratchpad, const LocalShape& local)
      : activation_{part(scratchpad.interleave_rows, local.of(LocalMemory::Scratchpad).rows,
                         scratchpad.activation.banks)},
        weight_{part(scratchpad.interleave_rows, local.of(LocalMemory::WeightScratchpad).rows,
                     scratchpad.weight.banks)},
        banks_{activation_.banks +
               (scratchpad.organization == ScratchpadOrganization::Unified ? 0 : weight_.banks)} {}

  std::uint32_t banks() const { return banks_; }  ///< of all scratchpads
  std::uint32_t bank_of(LocalAddress address) const {
    return address.memory == LocalMemory::Scratchpad
               ? activation_.bank_of(address.row)
               : activation_.banks + weight_.bank_of(address.row);
  }

  /// A bank, and how many consecutive rows it holds.
  struct Rows {
    std::uint32_t bank = 0;
    std::uint32_t left = 0;
  };
  /// From this one on.
  Rows rows_from(LocalAddress address) const { return {bank_of(address), rows_on(address)}; }
  /// How many consecutive rows from this one on, and from this one back, its bank holds.
  std::uint32_t rows_on(LocalAddress address) const {
    const Divisor& run = part_of(address).run;
    return static_cast<std::uint32_t>(run.value() - run.remainder(address.row));
  }
  std::uint32_t rows_back(LocalAddress address) const {
    return static_cast<std::uint32_t>(part_of(address).run.remainder(address.row)) + 1;
  }

  BankedLocal memory_of(std::uint32_t bank) const {
    return banks_ == activation_.banks || bank < activation_.banks ? BankedLocal::Scratchpad
                                                                   : BankedLocal::WeightScratchpad;
  }

 private:
  struct Part {
    std::uint32_t banks = 0;
    Divisor run;           ///< consecutive rows of one bank
    bool in_turn = false;  ///< the first bank follows the last one

    std::uint32_t bank_of(std::uint32_t row) const {
      const auto turn = static_cast<std::uint32_t>(run.quotient(row));
      return in_turn ? turn % banks : turn;
    }
  };
  const Part& part_of(LocalAddress address) const {
    return address.memory == LocalMemory::Scratchpad ? activation_ : weight_;
  }
  static Part part(std::uint32_t interleaved, std::uint32_t rows, std::uint32_t banks) {
    const bool in_turn = interleaved != 0;
    return {banks, Divisor{in_turn ? interleaved : std::max(1U, rows / banks)}, in_turn};
  }

  Part activation_;
  Part weight_;
  std::uint32_t banks_;
};

}  // namespace systole

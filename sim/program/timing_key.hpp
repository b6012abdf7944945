#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// What of a command decides when things happen, the conflicts of its rows with those of other
/// commands (footprint.hpp) apart:
///
/// - of a place in an ideal DRAM the position in the largest burst (choose_burst in models/dma);
/// - of a weight-stationary fold the banks of its operands and results, not the rows, where each of
///   them lies in one bank, with what the array steps over behind its end, and banks hold
///   consecutive rows;
/// - of all other commands everything.
class TimingKey {
 public:
  explicit TimingKey(const AcceleratorConfig& config);

  std::uint64_t reduce(std::uint64_t dram_address) const { return dram_address % block_; }

  /// The command that stands for all with the same key.
  template <typename Body>
  Body reduced(const Body& body) const {
    return body;
  }
  LoadCommand reduced(LoadCommand load) const { return at_first_address(load); }
  StoreCommand reduced(StoreCommand store) const { return at_first_address(store); }
  PreloadCommand reduced(PreloadCommand preload) const;
  ComputeCommand reduced(ComputeCommand compute) const;

  /// Where `rows` results from accumulator row acc_row on stand for themselves.
  std::uint32_t reduced_results(std::uint32_t acc_row, std::uint32_t rows) const;

  /// Appends the key.
  void append(const Command& command, std::vector<std::uint32_t>& key) const;

 private:
  template <typename Body>
  Body at_first_address(Body body) const {
    body.dram_address = reduce(body.dram_address);
    if (body.dram_pitch != 0) {  // 0 repeats one row
      body.dram_pitch = reduce(body.dram_pitch) + block_;
    }
    return body;
  }

  std::uint64_t block_;  // bytes of the largest burst
  bool renames_folds_;
  std::uint32_t array_rows_;
  std::uint32_t longest_step_;  // cycles of a step whose compute is shorter
  std::uint32_t rows_per_bank_;
  std::uint32_t rows_per_weight_bank_;  // of a weight scratchpad
  std::uint32_t rows_per_accumulator_bank_;
};

}  // namespace systole

#pragma once

#include <cstdint>

#include "sim/compiler/arithmetic.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"

namespace systole {

/// The accelerator as the compiler counts it: signed, in rows and elements.
struct MachineLimits {
  /// `products`: of each PE and cycle, if PEs are composable.
  explicit MachineLimits(const AcceleratorConfig& machine, std::uint32_t products = 1);

  /// Blocks that one DRAM row may span in `memory` when each block is `elements` of `bits`: one
  /// when a block does not fill a local row, because a load goes on to the next block at its end.
  std::int64_t blocks_per_transfer(LocalMemory memory, std::int64_t elements,
                                   std::uint32_t bits) const;

  /// Whether blocks of output channels that one load brings are executed side by side.
  bool blocks_interleave() const { return config.array.dataflow == Dataflow::WeightStationary; }
  /// Scratchpad rows of a fold's weights.
  std::int64_t weight_rows_of(std::int64_t products) const {
    return ceil_div(products, products_per_pe);
  }
  /// Pixels of one compute command at most.
  std::int64_t pixels_at_once() const;

  const AcceleratorConfig& config;
  std::uint32_t products_per_pe;
  std::int64_t array_rows;  ///< products that one column adds up in a fold
  std::int64_t array_cols;
  std::int64_t scratchpad_first = 0;  ///< first row that the layer may use for its buffers
  std::int64_t scratchpad_rows;       ///< from there on; of activations, all of it when unified
  std::int64_t weight_rows;           ///< of the weight scratchpad; 0 when unified
  std::int64_t accumulator_rows;
  std::int64_t table_rows;
  std::int64_t max_rows;  ///< of a load or store
  std::int64_t max_compute_rows;
  bool unified;
};

/// Estimates, in cycles: they choose tilings and the order of commands, never results.
std::int64_t load_cycles(const MachineLimits& machine, std::int64_t rows, std::int64_t row_bytes);
std::int64_t store_cycles(const MachineLimits& machine, std::int64_t rows, std::int64_t elements,
                          std::int64_t row_bytes);
std::int64_t fold_cycles(const MachineLimits& machine, std::int64_t rows, bool new_weights);
std::int64_t fold_cycles(const MachineLimits& machine, const PreloadCommand& preload,
                         const ComputeCommand& compute);
/// With overlap `none`, from a fold's last operand until the next one's load starts, and its load.
std::int64_t lone_fold_overhead(const MachineLimits& machine);

}  // namespace systole

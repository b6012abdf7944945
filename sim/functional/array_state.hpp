#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/functional/fold_product.hpp"
#include "sim/functional/local_memories.hpp"
#include "sim/kernel/psum.hpp"
#include "sim/program/command.hpp"
#include "sim/program/ifmap_parts.hpp"
#include "sim/stats/events.hpp"

namespace systole {

/// What preloads and computes do: the stationary weights, products, and sums in the accumulators.
///
/// Sums of 32 bits whose products cannot overflow in a column are FoldProduct's; all others are
/// added up one after the other, as the PEs do it. Computes with the same weights wait for each
/// other, and so do those of the next folds if they pass the same pixels; they are done together.
/// Whoever reads or writes a local memory calls finish() before.
class ArrayState {
 public:
  ArrayState(const AcceleratorConfig& config, LocalMemories& memories);

  /// Formats of the operands of the commands to come.
  void start(ElementFormat ifmap, ElementFormat weight);

  void preload(const PreloadCommand& preload);
  void compute(const ComputeCommand& compute);

  /// Nothing waits any more.
  void finish() {
    if (!grid_.empty()) {
      multiply_waiting();
    }
  }

  /// Adds what only the data knows: products with a zero operand, overflows.
  void count(EventCounts& events);

 private:
  void find_parts(const ComputeCommand& compute);
  void next_weights();
  template <typename Body>
  void for_each_product(Body body) const;
  void take_weights(const PreloadCommand& preload, std::uint32_t block);
  void take_weights_one_by_one(const PreloadCommand& preload, std::uint32_t first_row,
                               std::uint32_t n);
  void multiply_block(const ComputeCommand& compute, std::uint32_t acc_row, std::uint32_t n);
  void point_at_psums(std::uint32_t acc_row, std::uint32_t count);
  bool follows(const ComputeCommand& compute);
  void multiply_waiting();
  bool joins(const ComputeCommand& compute) const;
  void wait(const ComputeCommand& compute);
  bool lies_in_one_piece() const;
  void point_at_pixels(const ComputeCommand& compute);
  void gather(const ComputeCommand& compute);
  template <typename Psum>
  void multiply_one_by_one(const ComputeCommand& compute, Psum* psums, std::uint32_t n);
  void add_products(const std::vector<std::int16_t>& ifmap);

  const AcceleratorConfig& config_;
  LocalMemories& memories_;
  const PsumFormat psum_format_;
  ElementFormat ifmap_format_, weight_format_;
  PreloadCommand destination_;  // of the next compute
  bool fresh_ = false;          // its weights are still to be taken
  bool by_kernel_ = false;      // the weights are product_'s
  FoldProduct product_;
  ComputeCommand parts_of_;  // whose parts_ these are
  IfmapParts parts_;
  std::vector<std::uint32_t> pe_ends_;  // by row of PEs: the product behind its last
  std::uint32_t last_part_row_ = 0;
  std::vector<const std::uint8_t*> weight_rows_;
  std::vector<const std::uint8_t*> rows_;  // ifmap vectors, of computes that wait
  std::vector<std::int32_t*> psum_rows_;   // the same for FoldProduct: where their sums go
  std::uint32_t waiting_ = 0;              // of both

  /// The computes that wait, of the first fold. Those behind it are told by where they are: the
  /// last fold has passed `position_` of them, the others all.
  struct Waiting {
    ComputeCommand compute;
    std::uint32_t acc_row = 0;
    std::uint32_t rows_before = 0;  ///< ifmap vectors of those before it
  };
  std::vector<Waiting> grid_;
  std::size_t fold_ = 0;  // the last: its weights are in the array
  std::size_t position_ = 0;
  std::array<std::ptrdiff_t, FoldProduct::kSets> offsets_{};  // accumulators from the first's
  bool waiting_accumulate_ = false;
  std::uint32_t waiting_end_ = 0;        // accumulator row behind the first's, which ascend
  std::vector<std::uint8_t> gathered_;   // ifmap vectors that do not lie in one piece
  std::vector<std::int16_t> weights_;    // one by one: [product][column]
  std::vector<std::uint32_t> nonzeros_;  // by product: weights that are not zero
  std::vector<std::int64_t> psums_;      // of one ifmap vector, by column
  std::uint64_t zero_operands_ = 0;
  std::uint64_t overflows_ = 0;
};

}  // namespace systole

#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/functional/fold_groups.hpp"
#include "sim/functional/fold_product.hpp"
#include "sim/functional/fold_rows.hpp"
#include "sim/functional/kept_weights.hpp"
#include "sim/functional/local_memories.hpp"
#include "sim/functional/waiting_folds.hpp"
#include "sim/program/command.hpp"
#include "sim/program/ifmap_parts.hpp"
#include "sim/program/machine_shape.hpp"
#include "sim/stats/events.hpp"
#include "sim/storage/psum.hpp"

namespace systole {

/// What preloads and computes do: the stationary weights, products, and sums in the accumulators.
///
/// Sums of 32 bits whose products cannot overflow in a column are FoldProduct's; all others are
/// added up one after the other, as the PEs do it. Groups of the first kind wait for what belongs
/// to them (waiting_folds.hpp): whoever reads or writes a local memory says so before.
class ArrayState {
 public:
  ArrayState(const AcceleratorConfig& config, LocalMemories& memories);

  /// Formats of the operands of the commands to come.
  void start(ElementFormat ifmap, ElementFormat weight);

  void preload(const PreloadCommand& preload);
  void compute(const ComputeCommand& compute);

  /// Whether groups of folds may wait in this layer.
  bool takes_groups() const { return takes_groups_; }
  /// Whether `count` computes of the group, from number `from` on, are done with that. `last` is
  /// the preload of the last; it outlives the layer.
  bool takes(FoldGroup& group, std::uint32_t from, std::uint32_t count, const Command& last);

  void before_read(LocalMemory memory, std::uint32_t first, std::uint32_t rows) {
    waiting_.before_read(memory, first, rows);
  }
  void before_write(LocalMemory memory, std::uint32_t first, std::uint32_t rows) {
    waiting_.before_write(memory, first, rows);
    kept_.forget(memory, first, rows);
  }
  /// Before whatever writes any of the scratchpads' rows.
  void before_writes() {
    finish();
    kept_.forget_all();
  }
  void finish() { waiting_.multiply(); }

  /// After the last command; adds what only the data knows: products with a zero operand,
  /// overflows.
  void end(EventCounts& events);

 private:
  std::uint32_t keep(const Fold& fold);
  void start_product(std::uint32_t k);
  void end_group();
  bool is_for_kernel(std::uint32_t k) const;
  void find_parts(const ComputeCommand& compute);
  std::uint32_t free_fold();
  template <typename Body>
  void for_each_product(Body body) const;
  void take_weights(const PreloadCommand& preload, std::uint32_t block);
  void take_weights_one_by_one(const PreloadCommand& preload, std::uint32_t first_row,
                               std::uint32_t n);
  void multiply_block(const ComputeCommand& compute, std::uint32_t acc_row, std::uint32_t n);
  bool lies_in_one_piece() const;
  void gather(const ComputeCommand& compute);
  template <typename Psum>
  void multiply_one_by_one(const ComputeCommand& compute, Psum* psums);
  void add_products(const std::vector<std::int16_t>& ifmap);

  const AcceleratorConfig& config_;
  const LocalShape shape_;
  LocalMemories& memories_;
  const PsumFormat psum_format_;
  ElementFormat ifmap_format_, weight_format_;
  PreloadCommand destination_;             // of the next compute
  const FoldGroup* last_group_ = nullptr;  // if not null, it is last_of_group_
  const Command* last_of_group_ = nullptr;
  bool fresh_ = false;  // its weights are still to be taken
  bool takes_groups_ = false;
  bool by_kernel_ = false;  // the weights are product_'s
  FoldProduct product_;
  KeptWeights kept_;
  WaitingFolds waiting_;
  std::uint32_t fold_ = 0;   // that the weights in the array are kept as
  ComputeCommand parts_of_;  // whose parts_ these are
  IfmapParts parts_;
  std::vector<std::uint32_t> pe_ends_;  // by row of PEs: the product behind its last
  std::uint32_t last_part_row_ = 0;
  std::vector<const std::uint8_t*> weight_rows_;
  std::uint32_t weights_k_ = 0;          // products of product_'s weights
  FoldRows rows_;                        // of a compute that does not wait
  std::vector<std::uint8_t> gathered_;   // ifmap vectors that do not lie in one piece
  std::vector<std::int16_t> weights_;    // one by one: [product][column]
  std::vector<std::uint32_t> nonzeros_;  // by product: weights that are not zero
  std::vector<std::int64_t> psums_;      // of one ifmap vector, by column
  std::uint64_t products_ = 0;           // with whatever operands
  std::uint64_t nonzero_products_ = 0;
  std::uint64_t overflows_ = 0;
};

}  // namespace systole

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/functional/fold_rows.hpp"
#include "sim/functional/local_memories.hpp"
#include "sim/functional/row_span.hpp"
#include "sim/program/command.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// What one fold passes: the pixels of its computes, and the accumulators that their sums go to.
/// Folds of one grid pass the same at other places.
struct FoldGrid {
  explicit FoldGrid(LocalMemories& memories) : rows{memories} {}

  std::vector<ComputeCommand> computes;
  std::vector<std::uint32_t> acc_rows;     ///< of each
  std::vector<std::uint32_t> rows_before;  ///< ifmap vectors of those before each, and of all
  FoldRows rows;
  RowSpan reads, psums;
  std::int64_t ifmap_row = 0, lane = 0;  ///< of the first pixel's products
};

/// A fold: a preload of new weights, its compute, and those behind them that use the same weights.
struct Fold {
  LocalAddress weights;
  std::uint32_t k = 0, n = 0;               ///< of the weights
  std::uint32_t products = 0;               ///< of an ifmap vector
  const PreloadCommand* preload = nullptr;  ///< the first
};

/// Folds that follow each other in a program and have one grid: one slice of the products after the
/// other, each times the weights of one block of channels after the other. The first slice may
/// start the sums of a block, all others add to them.
struct FoldGroup {
  struct Slice {
    std::int64_t rows = 0;    ///< scratchpad rows from the grid's to its own
    std::int32_t offset = 0;  ///< the same in bytes, its lane included
  };
  struct Block {
    std::int64_t rows = 0;  ///< accumulator rows from the grid's to its own
    bool accumulate = false;
  };

  const FoldGrid* grid = nullptr;
  std::uint32_t first = 0;  ///< command
  std::uint32_t k = 0;      ///< products of a fold, at most
  std::vector<Slice> slices;
  std::vector<Block> blocks;
  std::vector<Fold> folds;                     ///< by slice and block
  std::vector<std::uint64_t> products_before;  ///< each fold and the end: of an ifmap vector
  RowSpan reads, psums;                        ///< of all

  std::uint32_t computes_of_fold() const {
    return static_cast<std::uint32_t>(grid->computes.size());
  }
  std::uint32_t computes() const {
    return static_cast<std::uint32_t>(folds.size()) * computes_of_fold();
  }

  /// By block and slice.
  std::size_t place_in_kept(std::size_t fold) const {
    return fold % blocks.size() * slices.size() + fold / blocks.size();
  }

  // What follows is of its turn now (WaitingFolds).
  std::uint32_t come = 0, done = 0;  ///< computes
  bool waits = false;                ///< some that came are not done
  std::vector<std::uint32_t> kept;   ///< by block and slice: what the weights are kept as
  std::int64_t oldest = 0;           ///< of those: when it was taken
  /// KeptWeights::changes() when the turn began, and when the weights were last all kept as this.
  std::uint64_t changes_before = 0, kept_since = ~std::uint64_t{0};
};

/// The groups in a program's shared commands. Each is looked for once, however often its commands
/// run.
class FoldGroups {
 public:
  FoldGroups(const AcceleratorConfig& config, LocalMemories& memories,
             const PackedCommands& commands);

  /// Which begins or goes on with the preload that is command `at` of shared vector `of`; null if
  /// there is none.
  FoldGroup* find(std::uint32_t of, std::uint32_t at) {
    const std::uint32_t& number = numbers_[of][at];
    if (number == kUnknown) {
      look(of, at);
    }
    return number == kNone ? nullptr : &groups_[number];
  }

 private:
  static constexpr std::uint32_t kUnknown = ~0U, kNone = ~0U - 1;

  /// A fold that is looked at. Rows and lane are those of its first compute.
  struct Pass {
    Fold fold;
    std::vector<ComputeCommand> computes;
    std::vector<std::uint32_t> acc_rows;
    std::uint32_t k = 0;
    bool accumulate = false;
    std::int64_t ifmap_row = 0, lane = 0;
  };

  void look(std::uint32_t of, std::uint32_t at);
  bool read_pass(const std::vector<Command>& commands, std::size_t at);
  bool has_grid(const FoldGrid& grid) const;
  const FoldGrid* grid_of_pass();
  bool add_pass(FoldGroup& group) const;

  const AcceleratorConfig& config_;
  LocalMemories& memories_;
  const PackedCommands& commands_;
  std::vector<std::vector<std::uint32_t>> numbers_;  // by shared vector and command
  std::deque<FoldGroup> groups_;
  std::deque<FoldGrid> grids_;
  Pass pass_;
};

}  // namespace systole

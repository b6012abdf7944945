#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/functional/fold_passes.hpp"
#include "sim/functional/fold_product.hpp"
#include "sim/functional/fold_rows.hpp"
#include "sim/functional/local_memories.hpp"
#include "sim/functional/same_computes.hpp"
#include "sim/program/command.hpp"
#include "sim/program/ifmap_parts.hpp"

namespace systole {

/// Computes of a weight-stationary array that wait to be multiplied together.
///
/// Those of the first fold make a grid of ifmap vectors and rows of psums. A fold behind it waits
/// too while its computes are the grid's, one after the other, all of their ifmap vectors one
/// distance from the grid's and all of their psums another. Folds with the same psums make a chain,
/// which is added up before it goes to the accumulators. The weights were taken when they came; the
/// scratchpad rows of the ifmap vectors must not change, nor the psums be touched, before
/// multiply(): before_read() and before_write() see to it.
class WaitingFolds {
 public:
  WaitingFolds(LocalMemories& memories, FoldProduct& product, bool saturate);

  /// Of the ifmap vectors to come, while nothing waits.
  void start(ElementType ifmap) {
    ifmap_ = ifmap;
    grid_number_ = kUnknown;
    begun_ = kUnknown;
  }

  /// Other weights come, of so many products.
  void next_weights(std::uint32_t k, ElementType weights);
  /// They are kept as this fold.
  void use(std::uint32_t fold) { fold_ = fold; }
  std::uint32_t fold() const { return fold_; }
  /// Whether computes with the fold's weights wait.
  bool waits_for(std::uint32_t fold) const {
    return fold < waits_for_.size() && waits_for_[fold] == round_;
  }

  /// Whether the compute is the next of its fold where others of that fold have told where it goes:
  /// then it waits.
  bool follows(const ComputeCommand& compute, const PreloadCommand& destination) {
    if (position_ == 0 || position_ >= grid_.size()) {
      return false;
    }
    const Waiting& like = grid_[position_];
    const std::uint32_t rows = compute.ifmap_row - like.compute.ifmap_row;
    const std::uint32_t psums = destination.acc_row - like.acc_row;
    const bool follows = ((rows ^ pass_rows_) | (psums ^ pass_psums_)) == 0 &&
                         same_pixels(compute, like.compute) && same_products(compute, pass_) &&
                         destination.accumulate == pass_destination_.accumulate &&
                         destination.n == pass_destination_.n;
    position_ += follows ? 1U : 0U;
    return follows;
  }

  /// Whether all computes that there were of the last fold wait, and others may wait with them.
  bool is_between_folds() const { return !cut_ && !grid_.empty() && position_ == grid_.size(); }
  /// Whether the pass, whose weights are kept as `fold`, goes where the grid's passes go: then its
  /// first `count` computes wait. `grid` is the one that its number stands for until start().
  bool begins(const FoldPass& pass, const PassGrid& grid, std::uint32_t fold, std::uint32_t count);
  /// The same for `count` more of the pass that has begun last, if its first `from` wait.
  bool continues(const FoldPass& pass, std::uint32_t from, std::uint32_t count) {
    const bool continues = begun_ == pass.number && position_ == from;
    position_ += continues ? count : 0;
    return continues;
  }

  /// A compute whose products lie in one part of each pixel waits.
  void add(const ComputeCommand& compute, const PreloadCommand& destination, const IfmapPart& part);

  /// Nothing waits any more.
  void multiply();

  /// What must not wait for a command that reads or writes the rows, waits no more.
  void before_read(LocalMemory memory, std::uint32_t first, std::uint32_t rows) {
    if (memory == LocalMemory::Accumulators && psums_.overlap(first, rows)) {
      multiply_if([&](const Chain& chain) { return psums_of(chain).overlap(first, rows); });
    }
  }
  void before_write(LocalMemory memory, std::uint32_t first, std::uint32_t rows) {
    before_read(memory, first, rows);
    if (memory == LocalMemory::Scratchpad && reads_.overlap(first, rows)) {
      multiply_if([&](const Chain& chain) { return reads_of(chain).overlap(first, rows); });
    }
  }

  /// Products so far, with whatever operands; starts again.
  std::uint64_t take_products();

 private:
  static constexpr std::uint32_t kUnknown = ~0U;

  /// Rows [first, end) of a memory.
  struct Rows {
    std::int64_t first = 0, end = 0;
    bool overlap(std::uint32_t from, std::uint32_t rows) const {
      return from < end && first < std::int64_t{from} + rows;
    }
    void cover(Rows other) {
      first = first == end ? other.first : std::min(first, other.first);
      end = std::max(end, other.end);
    }
    Rows moved(std::int64_t by) const { return {first + by, end + by}; }
    std::int64_t size() const { return end - first; }
  };

  /// Scratchpad rows from the grid's ifmap vectors to those of folds, at least and at most.
  struct Distances {
    std::int64_t least = 0, most = 0;
    void cover(std::int64_t distance) {
      least = std::min(least, distance);
      most = std::max(most, distance);
    }
  };

  struct Waiting {
    ComputeCommand compute;
    std::uint32_t acc_row = 0;
    std::uint32_t rows_before = 0;  ///< ifmap vectors of those before it
  };

  /// Folds that add to the same psums.
  struct Chain {
    std::int64_t psum_rows = 0;  ///< from the grid's
    bool accumulate = false;
    std::vector<FoldStep> steps;
    Distances ifmap;
    std::uint64_t products = 0;  ///< of an ifmap vector
    bool chosen = false;
  };

  void begin_grid(const PreloadCommand& destination, const IfmapPart& part);
  bool joins_grid(const ComputeCommand& compute, const PreloadCommand& destination,
                  const IfmapPart& part) const;
  void append(const ComputeCommand& compute, const PreloadCommand& destination);
  bool begins_pass(const ComputeCommand& compute, const PreloadCommand& destination,
                   const IfmapPart& part);
  bool is_grid(const PassGrid& grid) const;
  bool goes_on(std::int64_t ifmap_rows, std::int64_t lanes, std::int64_t psum_rows, bool accumulate,
               std::uint64_t products);
  void push(Chain& chain, std::int64_t ifmap_rows, std::int32_t offset, std::uint64_t products);
  Rows reads_of(const Chain& chain) const {
    return {grid_reads_.first + chain.ifmap.least, grid_reads_.end + chain.ifmap.most};
  }
  Rows psums_of(const Chain& chain) const { return grid_psums_.moved(chain.psum_rows); }
  /// Multiplies the chains that the condition holds for, or all if one of them is not at the end
  /// of a fold.
  template <typename Condition>
  void multiply_if(Condition condition) {
    for (std::size_t i = 0; i < chain_count_; ++i) {
      chains_[i].chosen = condition(chains_[i]);
    }
    multiply_chosen();
  }
  void multiply_chosen();
  void forget_chosen();
  Chain* chain_at(std::int64_t psum_rows, bool accumulate);
  Chain& new_chain(std::int64_t psum_rows, bool accumulate);
  void multiply_chains();
  FoldChain view(const Chain& chain) const;

  LocalMemories& memories_;
  FoldProduct& product_;
  const bool saturate_;
  const std::int64_t scratchpad_row_bytes_, scratchpad_rows_, accumulator_rows_;
  ElementType ifmap_ = ElementType::Int8;

  std::uint32_t fold_ = 0;                // whose weights are in the array
  std::uint32_t passes_ = 0;              // folds that wait, this one included
  std::uint64_t round_ = 1;               // of multiply()
  std::vector<std::uint64_t> waits_for_;  // by fold: the last round in which it waits
  std::size_t position_ = 0;              // of its computes, so many wait
  bool cut_ = false;                      // others of its computes waited and wait no more

  FoldRows rows_;
  std::vector<Waiting> grid_;
  std::uint32_t grid_number_ = kUnknown;  // of a PassGrid
  IfmapPart part_;                        // of all in the grid
  Rows grid_reads_, grid_psums_;
  Rows reads_, psums_;   // of all chains
  std::uint32_t k_ = 0;  // products of a fold, at most
  std::vector<Chain> chains_;
  std::size_t chain_count_ = 0;  // of these
  std::vector<FoldChain> views_;

  // The fold in the array, from its first compute on.
  ComputeCommand pass_;
  PreloadCommand pass_destination_;
  std::uint32_t pass_rows_ = 0;   // scratchpad rows from the grid's computes, modulo 2^32
  std::uint32_t pass_psums_ = 0;  // the same of accumulator rows
  std::size_t pass_chain_ = 0;

  std::uint32_t begun_ = kUnknown;  // it is this one

  std::uint64_t multiplied_ = 0;  // products
};

}  // namespace systole

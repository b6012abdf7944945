#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/accumulators/accumulator_messages.hpp"
#include "models/array/pe_array.hpp"
#include "models/array/switching_activity.hpp"
#include "models/array/transposer.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// What crosses the edges of the PEs in a cycle; null: nothing.
struct ArrayEdges {
  const OperandRow* left = nullptr;
  const OperandRow* top = nullptr;
  std::uint32_t products_per_pe = 1;  ///< of both: lanes are ordered as ArrayInput's
  std::uint32_t top_row = 0;  ///< array row that the operands at the top are for, if they stay
  const PsumRow* bottom = nullptr;
  /// Of the row at the bottom: weight stationary, the accumulator row; input stationary, the output
  /// channel of the block; output stationary, the pixel of the fold.
  std::uint32_t bottom_index = 0;
};

/// The PEs with their transposers and edge registers: operand rows in, result rows out, never a
/// stall.
///
/// Timing, weight stationary: an ifmap vector taken from `operands` in cycle t is pushed to
/// `results` as a row of psums in cycle t + rows + cols - 2 + extra_latency, and is in the
/// accumulators one cycle later. The completion of a preload is with the sequencer in the cycle in
/// which the result of the last row of its compute's step is, or would be if that row is padding,
/// in the accumulators. Output stationary: a fold whose last product is taken in t leaves as `rows`
/// rows, one a cycle, the last pixel first, the first of them in t + rows + cols - 1 +
/// extra_latency. Input stationary: of a block of channels whose last is taken in t, pixel p leaves
/// in t + rows + cols - 1 + p + extra_latency, or behind the pixels of the block before. In both,
/// the completion of a preload comes with the fold's last result.
class SystolicArray final : public ClockedModule {
 public:
  FifoIn<OperandPair> operands{"operands"};
  FifoOut<ResultRow> results{"results"};
  FifoOut<Completion> result_done{"result_done"};  ///< the last result of a preload's compute
  FifoOut<StepLeaving> step_leaving{"step_leaving"};

  SystolicArray(const sc_core::sc_module_name& name, const Clock& clock, const ArrayConfig& config,
                std::unique_ptr<PeArray> pes, Measurements& measurements);

  void configure(const LayerRegisters& registers);
  /// From now on counts the bits that toggle in the PEs' registers, too.
  void count_switching() { switching_.emplace(config_); }

  void list_signals(SignalList& list) const;
  /// The operands and sums of PEs, each in a scope pe_ROW_COLUMN. Throws Refusal if
  /// the array has no such PEs.
  void list_pes(SignalList& list, std::uint32_t first_row, std::uint32_t last_row,
                std::uint32_t first_col, std::uint32_t last_col) const;

  /// What a PE has done in this cycle, of an array that shows its PEs.
  PeRegisters look(std::uint32_t row, std::uint32_t col) const;
  /// What has crossed the edges of the PEs in this cycle.
  ArrayEdges edges() const;

 private:
  /// Where psums go that leave the PEs: a row of them (weight stationary), all rows of a fold
  /// (output stationary), the channel `column` of a block (input stationary).
  struct Destination {
    std::uint32_t row = 0;
    std::uint32_t entry = 0;
    bool accumulate = false;
    bool last = false;  // of the fold
    std::uint32_t pixels = 0;
    std::uint32_t column = 0;
    bool last_of_block = false;
  };
  struct Leaving {
    ResultRow row;
    std::uint64_t due = 0;
    bool last = false;  // of its fold
    std::uint32_t entry = 0;
  };
  struct Done {
    std::uint32_t entry = 0;
    std::uint64_t due = 0;
  };

  void tick() override;
  ArrayInput take(const OperandPair& pair);
  ArrayInput take_weight_stationary(const OperandPair& pair);
  ArrayInput take_output_stationary(const OperandPair& pair);
  ArrayInput take_input_stationary(const OperandPair& pair);
  void unpack_ifmap(const IfmapStep& step);
  void unpack_weights(const WeightStep& step);
  void transpose_weights(const WeightStep& step);
  void take_column(const StreamStep& stream);
  void take_pixels(const StreamStep& stream);
  bool fold_inside(const ArrayInput& input) const;
  void result();
  void psums_of_channel(const Destination& to);
  void leave(const PsumRow& psums, std::uint32_t row, std::uint64_t due, const Destination& to,
             bool last);
  void note_last(bool last, std::uint32_t entry);
  void send_results();
  void count_products(std::uint64_t macs, std::uint64_t nonzero, std::uint32_t passed_bits,
                      std::uint32_t products_per_pe = 1);
  void count_shift(std::uint32_t row, std::uint32_t bits);
  void count_drain();
  std::uint64_t count_nonzero() const;
  std::uint64_t count_nonzero_pairs(std::uint32_t products_per_pe) const;

  const ArrayConfig config_;
  std::unique_ptr<PeArray> pes_;
  ElementFormat ifmap_format_;
  ElementFormat weight_format_;
  OperandRow ifmap_;     // at the left edge
  OperandRow weights_;   // at the top edge
  Transposer ifmaps_;    // output stationary: pixels by products; input stationary: the same
  Transposer channels_;  // input stationary: products by channels
  OperandRow column_;    // of a transposer, on its way to a composable PE
  PsumRow psums_;
  std::uint64_t operands_taken_at_ = 0;  // cycle, for those who look
  std::uint64_t stepped_at_ = 0;
  std::uint64_t row_left_at_ = 0;
  ArrayInput entered_;                          // in the cycle of the last step
  std::uint32_t row_left_index_ = 0;            // as ArrayEdges has it
  std::vector<std::uint32_t> shadow_nonzeros_;  // by product: stationary operands not zero
  std::vector<std::uint32_t> active_nonzeros_;
  Ring<Destination> destinations_;  // of what is inside, oldest first
  std::uint32_t drained_ = 0;       // output stationary: rows of the oldest fold that left
  bool fold_open_ = false;          // output stationary: its last product is still to come
  std::uint64_t inside_until_ = 0;  // output stationary: first cycle without a fold
  std::vector<PsumRow> block_;      // input stationary: psums of the channels of a block
  PsumRow turned_;                  // input stationary: one pixel of them
  Ring<Leaving> leaving_;           // in the edge registers
  Ring<Done> done_;                 // preloads whose compute's step has entered
  Measurements& measurements_;
  std::optional<SwitchingActivity> switching_;
};

}  // namespace systole

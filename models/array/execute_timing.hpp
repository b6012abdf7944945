#pragma once

#include <cstdint>
#include <deque>

#include "models/accumulators/accumulators_timing.hpp"
#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/timing/ledger_line.hpp"

namespace systole {

/// When ExecuteUnit, the operand port of Scratchpad, and SystolicArray (execute_unit.hpp,
/// scratchpad.hpp and systolic_array.hpp state the rules) move rows: everything between a preload
/// or compute command and its results.
///
/// Rows of a step that meet no other access to their banks are settled in one piece.
class ExecuteTiming final : public OperandReader, public ResultWriter {
 public:
  ExecuteTiming(const AcceleratorConfig& config, Ledger& ledger, EventCounts& events);
  void bind(SequencerTiming& sequencer, ScratchpadTiming& scratchpad) {
    sequencer_ = &sequencer;
    scratchpad_ = &scratchpad;
  }

  Alarm alarm;

  void look(Cycle now);
  void settle_reads(Cycle cycle) override;
  bool reads_bank(Cycle cycle, std::uint32_t bank) const override;
  Port result_port(Cycle cycle, std::uint32_t bank) override;
  void close(Cycle end);

  std::uint64_t compute_cycles() const { return compute_cycles_; }

 private:
  /// What one row of a step reads.
  struct Row {
    bool ifmap = false;
    bool weight = false;       // in the scratchpad; a row of zeros is not read
    bool weight_step = false;  // read or zero
    bool in_turns = false;     // both rows, read or not, are in one bank
    std::uint32_t ifmap_bank = 0;
    std::uint32_t weight_bank = 0;
    std::uint32_t acc_row = 0;
    bool accumulate = false;
    bool last_of_step = false;
    bool computing = false;
    std::uint32_t compute_entry = 0;
    std::uint32_t preload_entry = 0;
  };
  struct Pushed {
    Row row;
    Cycle pushed = 0;
  };
  struct Step {
    bool computing = false;
    bool preloading = false;
    IssuedCommand compute;
    IssuedCommand preload;
    std::uint32_t row = 0;
    std::uint32_t compute_rows = 0;
    std::uint32_t preload_rows = 0;
    std::uint32_t rows = 0;
    std::uint32_t ifmap_bank = 0, weight_bank = 0;
    bool simple = false;  // each operand in one bank, and not in the same
    Cause busy = Cause::Busy;
  };
  /// Results of consecutive rows, one a cycle from `first` on, at the accumulators.
  struct Results {
    Cycle first = 0;
    std::uint32_t rows = 0;
    std::uint32_t acc_row = 0;
    bool accumulate = false;
  };

  bool active() const { return step_.computing || step_.preloading; }
  bool results_pending(Cycle now) const {
    return computes_ != sequencer_->results_written.read(now);
  }
  void settle(Cycle issued, Cycle read);
  void issue_row(Cycle cycle);
  void read_pair(Cycle cycle);
  std::uint32_t settle_rows(Cycle from, Cycle until);
  void pair_read(Cycle cycle, const Row& row);
  void results_of(Cycle read, std::uint32_t rows, std::uint32_t acc_row, bool accumulate);
  void step_read(Cycle read, const Row& row);
  void cover(Cycle first, Cycle last);
  Row row_of(std::uint32_t index) const;
  Cause row_cause(std::uint32_t index) const;
  void start(Cycle now);
  void take_preload();
  void join_preload(Cycle now);
  bool may_preload(Cycle now) const;
  bool array_has_room(Cycle now);
  IssuedCommand take();
  void prepare_step();
  void finish();
  Cause waiting(Cycle now) const;
  void ring_next(Cycle now);
  std::uint32_t ifmap_row(std::uint32_t index) const;

  const AcceleratorConfig& config_;
  const std::uint32_t rows_;
  const std::uint32_t cols_;
  const std::uint32_t rows_per_accumulator_bank_;
  const Cycle results_after_;  // from a pair's read to its result at the accumulators
  SequencerTiming* sequencer_ = nullptr;
  ScratchpadTiming* scratchpad_ = nullptr;

  // The execute unit.
  std::deque<IssuedCommand> window_;
  Step step_;
  IssuedCommand destination_;
  std::uint64_t computes_ = 0;
  std::deque<Cycle> room_at_;  // when each step inside the array makes room; steps whose last row
                               // is not read yet have none
  std::uint32_t steps_entering_ = 0;
  Cycle issued_through_ = 0;  // cycles of the execute unit that are settled

  // The scratchpad's operand port.
  std::deque<Pushed> queue_;
  Row pending_;
  bool has_pending_ = false;
  bool ifmap_read_ = false, weight_read_ = false;
  bool stalled_ = false;         // as of the last settled cycle
  bool stalled_before_ = false;  // as of the one before
  Cycle read_through_ = 0;       // cycles of the port that are settled
  Cycle claimed_at_ = 0;         // cycle of the banks below
  bool claimed_ifmap_ = false, claimed_weight_ = false;
  std::uint32_t claimed_ifmap_bank_ = 0, claimed_weight_bank_ = 0;

  std::deque<Results> results_;
  Cycle covered_through_ = 0;  // by vectors or weights in the array
  std::uint64_t compute_cycles_ = 0;
  EventCounts& events_;
  LedgerLine ledger_;
};

}  // namespace systole

#pragma once

#include <cstdint>
#include <memory>

#include "models/accumulators/accumulator_messages.hpp"
#include "models/array/execute_unit_config.hpp"
#include "models/array/fold_feed.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// Walks preloads and computes row by row and asks the scratchpad for the operands.
///
/// A preload is the load of a fold, a compute its stream (sim/program/fold_timing.hpp). With
/// overlap `full`, a compute runs in the same steps as the preload that follows it if that one and
/// its compute are here in the cycle before the scratchpad looks at the compute's first row (in
/// time, if the compute has only one); with overlap `none`, a preload starts when the results of
/// the compute before it are in the accumulators (output stationary without os_drain: when they are
/// complete). One step a cycle while the scratchpad keeps up; while it cannot read a row, the one
/// behind it, if it has come, waits in front of it, so that it is read in the next cycle, be it the
/// first one of a step whose commands came late. A compute is done when the last row
/// of its step has been read (padding is, at once), its preload when the result of that row, were
/// it one, is written (output and input stationary: when the fold's last result is; one that keeps
/// its sums in the PEs: when its own step has been read). A step takes
/// min_step_rows cycles at least (a preload alone that keeps the weights is none if that is 1), and
/// none starts before the one steps_in_flight before it has left the array. With an operand queue
/// behind the scratchpad (operand_queue.hpp) it starts and is read, and waits there.
class ExecuteUnit final : public ClockedModule {
 public:
  FifoIn<IssuedCommand> commands{"commands"};
  FifoOut<OperandPair> operand_read{"operand_read"};
  FifoIn<StepLeaving> step_leaving{"step_leaving"};

  /// `upstream` says why the next command is not here, `results_written` counts the computes whose
  /// results are. `operand_queue_full`: if there is a queue, that it is why operands are stalled.
  ExecuteUnit(const sc_core::sc_module_name& name, const Clock& clock,
              const ExecuteUnitConfig& config, const Wire<Cause>& upstream,
              const Wire<std::uint64_t>& results_written, const Wire<bool>& operands_stalled,
              Measurements& measurements, const Wire<bool>* operand_queue_full = nullptr);

  void list_signals(SignalList& list) const;

  bool busy() const { return !window_.empty() || active() || results_pending(); }

 private:
  struct Step {
    bool computing = false;
    bool preloading = false;
    std::uint32_t compute_entry = 0;
    std::uint32_t preload_entry = 0;
    bool keeps_sums = false;  // the fold that is loaded
    std::uint32_t row = 0;
    std::uint32_t preload_from = 0;
    std::uint32_t preload_rows = 0;
    std::uint32_t rows = 0;  // cycles of the step
  };

  void tick() override;
  void start();
  void take_preload();
  void join_preload();
  IssuedCommand take();
  bool may_preload() const;
  bool array_has_room();
  bool array_left() const { return leaving_.empty() && steps_entering_ == 0; }
  bool results_pending() const { return computes_ != results_written_.read(); }
  Cause advance();
  Cause waiting() const;
  OperandPair next_pair();
  void add_load(OperandPair& pair, std::uint32_t row);
  void name_keeping(OperandPair& pair) const;
  void finish();
  bool active() const { return step_.computing || step_.preloading; }

  const ArrayConfig array_;
  const bool overlap_;
  const bool waits_for_drain_;
  Ring<IssuedCommand> window_;  // taken from the queue, not started
  Step step_;
  bool row_waits_ = false;  // the scratchpad has not looked at the row pushed last
  const std::unique_ptr<FoldFeed> feed_;
  const std::uint32_t min_step_rows_;
  std::uint32_t destination_entry_ = 0;  // of the preload whose compute is next or running
  bool keeps_sums_ = false;              // the same
  std::uint64_t computes_ = 0;           // that have been fed to the array
  std::uint32_t steps_entering_ = 0;     // of which the array has not yet said when they leave
  Ring<std::uint64_t> leaving_;          // cycles in which the steps inside the array leave it
  const std::uint32_t steps_in_flight_;
  const bool operand_queue_;        // which keeps a step from the array
  const std::uint32_t rows_ahead_;  // cycles from here to the array's edge
  const Wire<Cause>& upstream_;
  const Wire<std::uint64_t>& results_written_;
  const Wire<bool>& operands_stalled_;
  const Wire<bool>* const operand_queue_full_;
  Measurements& measurements_;
};

}  // namespace systole

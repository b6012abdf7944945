#pragma once

#include <algorithm>
#include <array>
#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/accumulators/accumulators_timing.hpp"
#include "models/array/execute_unit_config.hpp"
#include "models/array/fold_feed.hpp"
#include "models/array/operand_banks.hpp"
#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/queue_depths.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/program/number_hash.hpp"
#include "sim/storage/ring.hpp"
#include "sim/timing/ledger_line.hpp"

namespace systole {

/// When ExecuteUnit, the operand port of Scratchpad, and SystolicArray (execute_unit.hpp,
/// scratchpad.hpp and systolic_array.hpp state the rules) move rows: everything between a preload
/// or compute command and its results.
///
/// Rows of a step that are alike and meet no other access to their banks are settled in one piece,
/// whatever the dataflow.
class ExecuteTiming final : public OperandReader, public ResultWriter {
 public:
  ExecuteTiming(const ExecuteTimingConfig& config, Ledger& ledger, BankConflictCounts& conflicts);
  void bind(SequencerTiming& sequencer, ScratchpadTiming& scratchpad) {
    sequencer_ = &sequencer;
    scratchpad_ = &scratchpad;
  }

  Alarm alarm;

  void look(Cycle now);
  void archive(StateArchive& archive);
  /// Settles everything up to `cycle`, commands that have come included.
  void settle_all(Cycle cycle);
  bool reads_bank(Cycle cycle, std::uint32_t bank) override;
  Taken result_port(Cycle cycle, std::uint32_t bank) override;
  Cycle next_result(Cycle from, Cycle until, std::uint32_t bank) override;
  Cycle results_known(Cycle now) override;
  Accumulating accumulating(Cycle cycle, std::uint32_t bank) override;
  void close(Cycle end);

  std::uint64_t compute_cycles() const { return compute_cycles_; }

 private:
  /// A command in the window.
  struct Arrived {
    IssuedCommand command;
    Cycle at = 0;  // from then on it is here
  };
  /// What a cycle of a step reads and feeds, or each of some that are alike.
  struct Fed {
    const Banks* ifmap_banks = nullptr;  // of the rows that are read; null: none
    const Banks* weight_banks = nullptr;
    bool vector = false;   // an ifmap vector enters (weight stationary)
    bool shift = false;    // a row of the stationary operand does
    bool streams = false;  // a column of a transposed block does
    Cause cause = Cause::BusyPartial;
  };
  /// One cycle of a step.
  struct Row : Fed {
    std::uint32_t weight_bank = 0;  // of a pair that goes in turns
    bool in_turns = false;          // both operands' rows, read or not, are in one bank
    bool last_of_step = false;
    bool computing = false;
    std::uint32_t acc_row = 0;  // of a vector's results
    bool accumulate = false;
    std::uint32_t compute_entry = 0;
    std::uint32_t preload_entry = 0;
    StreamStep last;  // the last column of those that some results need
  };
  struct Pushed {
    Row row;
    Cycle pushed = 0;
  };
  /// Rows between the execute unit and the port, the one that is being read first. Room for one
  /// that stalls, the one behind it, and one that is issued in the cycle in which it is read.
  class Rows {
   public:
    std::size_t size() const { return count_; }
    bool empty() const { return count_ == 0; }
    Pushed& operator[](std::size_t i) { return rows_[(first_ + i) % rows_.size()]; }
    Pushed& front() { return rows_[first_]; }
    Pushed& back() { return (*this)[count_ - 1]; }
    /// Room for a row, which may hold what an old one has left there.
    Pushed& push() {
      if (count_ == rows_.size()) {
        throw std::logic_error{"an operand row too many"};
      }
      ++count_;
      return back();
    }
    void pop() {
      first_ = (first_ + 1) % rows_.size();
      --count_;
    }
    void clear() { count_ = 0; }

   private:
    std::array<Pushed, 4> rows_{};
    std::size_t first_ = 0;
    std::size_t count_ = 0;
  };
  struct Step {
    bool computing = false;
    bool preloading = false;
    std::uint32_t compute_entry = 0;
    std::uint32_t preload_entry = 0;
    std::uint32_t row = 0;
    std::uint32_t preload_from = 0;
    std::uint32_t preload_rows = 0;
    std::uint32_t rows = 0;

    bool loads() const { return preload_rows > 0; }
    void archive(StateArchive& archive) {
      archive.values(computing, preloading, row, preload_from, preload_rows, rows);
      if (computing) {
        archive.entry(compute_entry);
      }
      if (preloading) {
        archive.entry(preload_entry);
      }
    }
  };
  /// Consecutive rows of a step that are alike.
  struct StepRun : Fed {
    std::uint32_t end = 0;  // first row behind it
    bool alone = false;     // its rows are looked at one by one

    bool continues_as(const StepRun& next) const {
      return !alone && !next.alone && ifmap_banks == next.ifmap_banks &&
             weight_banks == next.weight_banks && vector == next.vector && shift == next.shift &&
             streams == next.streams && cause == next.cause;
    }
  };
  /// The rows of a step.
  struct Outline {
    std::vector<StepRun> runs;    // none: PEs take several products at once
    std::uint32_t completes = 0;  // no row before this one completes a fold
    Banks banks;                  // of all rows
  };
  /// What lay_out() has come to.
  struct Outlining {
    std::size_t of_stream = 0, of_load = 0;  // runs
    OperandBanks::Found stream_pixels, load_pixels, stream_weights, load_weights;
    bool full = false;  // each cycle of the stream gives every PE useful work
  };
  /// Results of consecutive rows, one a cycle from `first` on, at the accumulators.
  struct Results {
    Cycle first = 0;
    std::uint32_t rows = 0;
    std::uint32_t acc_row = 0;
    bool accumulate = false;
  };

  /// Rows that are not being read yet.
  std::size_t queued() const { return queue_.size() - (has_pending_ ? 1 : 0); }
  /// One behind that which is being read.
  bool row_waits() const { return stalled_ && queued() > 0; }
  bool active() const { return step_.computing || step_.preloading; }
  bool results_pending(Cycle now) const {
    return computes_ != sequencer_->results_written.read(now);
  }
  void archive_row(StateArchive& archive, Row& row);
  void take_commands();
  void settle(Cycle issued, Cycle read);
  void settle_reads(Cycle cycle);
  void issue_row(Cycle cycle);
  void read_pair(Cycle cycle);
  bool claim(Cycle cycle, const Banks* banks, const Banks*& claimed);
  bool flows(Cycle from);
  std::uint32_t settle_runs(Cycle from, Cycle until);
  Cycle flow_ends(Cycle checked, Cycle from, Cycle until) const;
  const Fed* take_runs(Cycle from, Cycle end, const Fed* before);
  std::uint32_t settle_stall(Cycle from, Cycle until);
  bool finds_banks_free(Cycle cycle, const Row& row) const;
  Cycle first_conflict(Cycle from, Cycle until, const Fed& fed) const;
  void claim_banks(Cycle cycle, const Fed& fed);
  void outline_step();
  void set_outline_key();
  void lay_out(Outline& outline);
  StepRun step_run(Outlining& state, std::uint32_t row, Outline& outline);
  bool may_read(std::uint32_t bank);
  void row_read(Cycle cycle, const Row& row);
  void rows_read(Cycle from, Cycle end, const Fed& fed, std::uint32_t acc_row, bool accumulate);
  void fold_leaves(Cycle entered, const StreamStep& stream);
  void add_results(Cycle first, std::uint32_t rows, std::uint32_t acc_row, bool accumulate);
  std::uint32_t rows_to_come(const Results& run);
  Results with_rows_to_come(Results run);
  std::pair<Cycle, Cycle> cycles_at(const Results& run, std::uint32_t bank) const;
  void block_leaves(Cycle entered, const StreamStep& stream);
  void step_read(Cycle read, const Row& row);
  void cover(Cycle first, Cycle last);
  void next_row(Row& row);
  bool in_run();
  void next_run_row(Row& row);
  void skip_rows(Cycle read, std::uint32_t rows);
  void add_load(Row& row, std::uint32_t index);
  void add_reads(Row& row, const OperandPair& pair);
  void start(Cycle now);
  void take_preload(Cycle now);
  void join_preload(Cycle now);
  bool may_preload(Cycle now) const;
  bool array_has_room(Cycle now);
  std::size_t commands_here(Cycle now) const;
  IssuedCommand take(Cycle now);
  void finish();
  Cause waiting(Cycle now) const;
  /// Of the step.
  const ComputeCommand& compute() const { return feed_->streaming().compute; }
  const PreloadCommand& destination() const { return feed_->streaming().preload; }
  std::size_t unseen_commands() const;
  void listen(Cycle now);
  void ring_next(Cycle now);

  const ArrayConfig array_;
  const std::uint32_t scratchpad_read_latency_;
  const std::uint32_t rows_;
  const std::uint32_t cols_;
  const std::uint32_t rows_per_accumulator_bank_;
  const Cycle results_after_;  // from a vector's read to its result at the accumulators
  const bool streams_ifmap_;   // weight stationary: the others have transposers
  const bool waits_for_drain_;
  const std::unique_ptr<FoldFeed> feed_;
  OperandBanks banks_;
  SequencerTiming* sequencer_ = nullptr;
  ScratchpadTiming* scratchpad_ = nullptr;

  // The execute unit.
  boost::container::static_vector<Arrived, kExecuteWindow> window_;
  Step step_;
  const Outline* outline_ = &own_outline_;  // of the step
  std::size_t run_ = 0;                     // of the row that was issued last
  Outline own_outline_;                     // room for one that is not worth remembering,
  FoldRuns stream_runs_, load_runs_;        // and for lay_out()
  const TimingKey key_;
  std::vector<std::uint32_t> outline_key_;
  std::unordered_map<std::vector<std::uint32_t>, Outline, NumberHash> outlines_;
  std::uint64_t computes_ = 0;
  Ring<Cycle> room_at_;  // when each step inside the array makes room; steps whose last row
                         // is not read yet have none
  std::uint32_t steps_entering_ = 0;
  Cycle no_room_before_ = 0;  // cycles in which no other command can come to the window
  Cycle issued_through_ = 0;  // cycles of the execute unit that are settled

  // The scratchpad's operand port.
  Rows queue_;
  bool has_pending_ = false;  // the first of them is being read
  bool ifmap_read_ = false, weight_read_ = false;
  bool stalled_ = false;         // as of the last settled cycle
  bool stalled_before_ = false;  // as of the one before
  Cycle read_through_ = 0;       // cycles of the port that are settled
  Cycle claimed_at_ = 0;         // cycle of the banks below
  const Banks* claimed_ifmap_ = nullptr;
  const Banks* claimed_weights_ = nullptr;
  static constexpr std::size_t kMostOutlines = 4096;
  static constexpr std::uint32_t kNotBlocked = ~std::uint32_t{0};
  std::uint32_t blocked_ = kNotBlocked;  // first bank of the pair that was taken in this cycle
  BankUser blocked_by_ = BankUser::Array;

  Ring<Results> results_;
  Cycle last_result_ = 0;      // input stationary: of the blocks so far, at the accumulators
  Cycle open_since_ = 0;       // output stationary: first cycle of a fold's stream not yet covered
  bool fold_open_ = false;     // a fold streams
  Cycle covered_through_ = 0;  // by vectors or weights in the array
  std::uint64_t compute_cycles_ = 0;
  BankConflictCounts& conflicts_;
  LedgerLine ledger_;
};

}  // namespace systole

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/accumulators/accumulators_timing.hpp"
#include "models/array/execute_timing.hpp"
#include "models/dma/load_timing.hpp"
#include "models/dma/store_timing.hpp"
#include "models/dram/dram_timing.hpp"
#include "models/requant/requant_timing.hpp"
#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "models/vector/vector_timing.hpp"
#include "sim/stats/layer_measurement.hpp"

namespace systole {

/// The machine of accelerator.hpp as recurrences: the same blocks with the same queues between
/// them, each looked at only in the cycles in which something can happen to it. Runs one program,
/// as a whole or in parts.
class MachineTiming {
 public:
  using MakeDram = std::function<std::unique_ptr<DramTiming>(const DramTiming::Clients&)>;

  MachineTiming(const AcceleratorConfig& config, DramSource& dram);
  /// With a DRAM of one's own.
  MachineTiming(const AcceleratorConfig& config, const MakeDram& make_dram);

  /// Told of each command when it completes; `first` is the machine's cycle in which the program
  /// starts.
  void observe(CommandObserver* observer, Cycle first) { sequencer_.observe(observer, first); }

  /// Cycles, ledger, bank conflicts and peak bandwidth of a program, from the machine's start on.
  /// Throws StuckError when nothing can ever happen again and work is left, or when no command
  /// completes for `patience` looks and cycles.
  LayerMeasurement run(const LayerProgram& program, std::uint64_t patience);

  // In parts, with a DRAM that can be archived.

  /// A program, of which the commands before `next` are known to the machine. None is asked for
  /// before its turn.
  void begin(const LayerRegisters& registers, const CommandSource& commands, std::size_t next);
  /// Goes on until the machine has taken the command before `until`, or, if that is the program's
  /// size, until the program is done; returns the last cycle.
  Cycle run_until(std::size_t until, std::uint64_t patience);
  /// Writes the state of the end of cycle archive.now(), or sets it.
  void archive(StateArchive& archive);
  /// What was counted since the last call; all but cycles and bandwidth.
  LayerMeasurement take_counts(Cycle now);
  TransferRuns take_transfers() { return dram_->take_transfers(); }

 private:
  void close(Cycle end);
  [[noreturn]] void give_up(const std::string& why) const;
  Cycle next_look() const;
  void look(Cycle now);
  Cycle finished_at(Cycle now) const;

  const AcceleratorConfig& config_;
  LayerMeasurement result_;
  std::uint64_t compute_cycles_taken_ = 0;
  Cycle now_ = 0;  // of the last look
  std::size_t commands_ = 0;
  bool ends_in_scratchpad_ = false;  // the layer that runs
  LoadTiming load_;
  StoreTiming store_;
  VectorTiming vector_;
  ExecuteTiming execute_;
  SequencerTiming sequencer_;
  ScratchpadTiming scratchpad_;
  RequantTiming requant_;
  AccumulatorsTiming accumulators_;
  std::unique_ptr<DramTiming> dram_;
};

}  // namespace systole

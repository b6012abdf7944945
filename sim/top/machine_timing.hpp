#pragma once

#include <cstdint>
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
#include "sim/engine/engine.hpp"

namespace systole {

/// The machine of accelerator.hpp as recurrences: the same blocks with the same queues between
/// them, each looked at only in the cycles in which something can happen to it. Runs one program.
class MachineTiming {
 public:
  MachineTiming(const AcceleratorConfig& config, const LayerProgram& program);

  /// Cycles, ledger, bank conflicts and peak bandwidth. Throws StuckError when nothing can ever
  /// happen again and work is left, or when no command completes for `patience` looks and cycles.
  LayerMeasurement run(std::uint64_t patience);

 private:
  [[noreturn]] void give_up(const std::string& why) const;
  Cycle next_look() const;
  void look(Cycle now);
  Cycle finished_at(Cycle now) const;

  LayerMeasurement result_;
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

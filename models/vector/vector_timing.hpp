#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "models/vector/operand_plan.hpp"
#include "models/vector/vector_unit_config.hpp"
#include "sim/timing/ledger_line.hpp"

namespace systole {

/// When VectorUnit (vector_unit.hpp states the rules) asks for rows and writes results.
class VectorTiming {
 public:
  VectorTiming(const VectorUnitConfig& config, Ledger& ledger);
  void bind(SequencerTiming& sequencer, ScratchpadTiming& scratchpad) {
    sequencer_ = &sequencer;
    scratchpad_ = &scratchpad;
  }

  Alarm alarm;

  void look(Cycle now);
  void archive(StateArchive& archive);
  void close(Cycle end) { ledger_.fill(end + 1, ledger_.held()); }

 private:
  struct Result {
    TimedWrite write;
    Cycle due = 0;
  };

  void start(Cycle now);
  void plan();
  bool write(Cycle now);
  bool collect(Cycle now);
  void ask(Cycle now);

  const VectorConfig vector_;
  const std::uint32_t array_rows_;
  SequencerTiming* sequencer_ = nullptr;
  ScratchpadTiming* scratchpad_ = nullptr;
  std::optional<IssuedCommand> current_;
  std::uint32_t cycles_per_row_ = 1;
  std::vector<VectorOperand> operands_;
  std::size_t asked_ = 0;
  std::size_t collected_ = 0;
  Cycle next_ask_ = 0;
  std::deque<Result> results_;
  std::uint64_t started_ = 0;
  LedgerLine ledger_;
};

}  // namespace systole

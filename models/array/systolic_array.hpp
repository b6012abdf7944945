#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "models/accumulators/accumulator_messages.hpp"
#include "models/array/pe_array.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/stats/measurements.hpp"

namespace systole {

/// The PEs with their edge registers: operand rows in, result rows out, never a stall.
///
/// Timing: an ifmap vector taken from `operands` in cycle t is pushed to `results` as
/// a row of psums in cycle t + rows + cols - 2 + extra_latency, and is in the accumulators one
/// cycle later. The completion of a preload is with the sequencer in the cycle in which the result
/// of the last row of its compute's step is, or would be if that row is padding, in the
/// accumulators.
class SystolicArray final : public ClockedModule {
 public:
  FifoIn<OperandPair> operands{"operands"};
  FifoOut<ResultRow> results{"results"};
  FifoOut<Completion> result_done{"result_done"};  ///< the last result of a preload's compute
  FifoOut<StepLeaving> step_leaving{"step_leaving"};

  SystolicArray(const sc_core::sc_module_name& name, const Clock& clock, const ArrayConfig& config,
                std::unique_ptr<PeArray> pes, Measurements& measurements);

  void configure(const LayerRegisters& registers);

 private:
  struct Destination {
    std::uint32_t row = 0;
    bool accumulate = false;
  };
  struct Leaving {
    ResultRow row;
    std::uint64_t due = 0;
  };
  struct Done {
    std::uint32_t entry = 0;
    std::uint64_t due = 0;
  };

  void tick() override;
  void unpack_ifmap(const IfmapStep& step);
  void unpack_weights(const WeightStep& step);
  void count(const OperandPair& pair);

  const ArrayConfig config_;
  std::unique_ptr<PeArray> pes_;
  ElementFormat ifmap_format_;
  ElementFormat weight_format_;
  OperandRow ifmap_;
  OperandRow weights_;
  PsumRow psums_;
  std::vector<std::uint32_t> shadow_nonzeros_;  // by array row: weights that are not zero
  std::vector<std::uint32_t> active_nonzeros_;
  std::deque<Destination> destinations_;  // of the vectors inside, oldest first
  std::deque<Leaving> leaving_;           // in the edge registers
  std::deque<Done> done_;                 // preloads whose compute's step has entered
  Measurements& measurements_;
};

}  // namespace systole

#pragma once

#include <cstdint>
#include <deque>

#include "models/accumulators/accumulator_messages.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/stats/measurements.hpp"

namespace systole {

/// Walks preloads and computes row by row and asks the scratchpad for the operands.
///
/// A preload shifts `rows` weight rows in, the last array row first; a compute streams its ifmap
/// vectors. With overlap `full`, a compute runs in the same steps as the preload that follows it if
/// that one and its compute are already here when the first compute starts; with overlap `none`, a
/// preload starts when the results of the compute before it are in the accumulators. One step a
/// cycle while the scratchpad keeps up. A compute is done when its last row has been read, a
/// preload when the results that it names are written.
class ExecuteUnit final : public ClockedModule {
 public:
  FifoIn<IssuedCommand> commands{"commands"};
  FifoOut<Completion> done{"done"};
  FifoOut<OperandPair> operand_read{"operand_read"};
  FifoIn<AccessDone> ifmap_read_done{"ifmap_read_done"};  ///< a compute's rows have all been read
  FifoIn<AccessDone> result_done{"result_done"};  ///< a compute's results have all been written

  /// `upstream` says why the next command is not here.
  ExecuteUnit(const sc_core::sc_module_name& name, const Clock& clock,
              const AcceleratorConfig& config, const Wire<Cause>& upstream,
              Measurements& measurements);

  bool busy() const { return !window_.empty() || active() || results_pending_ > 0; }

 private:
  struct Step {
    bool computing = false;
    bool preloading = false;
    IssuedCommand compute;
    IssuedCommand preload;
    std::uint32_t row = 0;
    std::uint32_t compute_rows = 0;
    std::uint32_t preload_rows = 0;
  };

  void tick() override;
  void start();
  IssuedCommand take();
  bool may_preload() const;
  Cause advance();
  Cause waiting() const;
  OperandPair next_pair() const;
  void finish();
  bool active() const { return step_.computing || step_.preloading; }

  const std::uint32_t rows_;
  const std::uint32_t cols_;
  const bool overlap_;
  std::deque<IssuedCommand> window_;  // taken from the queue, not started
  Step step_;
  IssuedCommand destination_;   // preload whose compute is next or running
  bool weights_fresh_ = false;  // that preload brought weights that no vector has swapped in yet
  std::uint32_t results_pending_ = 0;  // computes whose results are not all written
  const Wire<Cause>& upstream_;
  Measurements& measurements_;
};

}  // namespace systole

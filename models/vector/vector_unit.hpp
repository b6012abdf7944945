#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/scratchpad/scratchpad_messages.hpp"
#include "models/vector/depthwise_lanes.hpp"
#include "models/vector/operand_plan.hpp"
#include "models/vector/vector_unit_config.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// Pools and adds rows of the scratchpad, and convolves them channel by channel, one command at a
/// time.
///
/// Timing: a row of n elements is asked for every ceil(n / lanes) cycles, of a depthwise
/// convolution, constants included, every ceil(n / mac_lanes); the result of the operand
/// row that arrives last in cycle t is written from t + latency on, one row a cycle. The next
/// command starts when the sequencer has taken the completion: 3 cycles after the last write is
/// pushed. The ledger: busy while the lanes have a row, and when one comes or a result goes.
class VectorUnit final : public ClockedModule {
 public:
  FifoIn<IssuedCommand> commands{"commands"};
  FifoOut<RowRead> scratchpad_read{"scratchpad_read"};
  FifoIn<RowData> scratchpad_data{"scratchpad_data"};
  FifoOut<LocalWrite> scratchpad_write{"scratchpad_write"};

  /// `upstream` says why there is no command, `completed` counts the unit's completed commands.
  VectorUnit(const sc_core::sc_module_name& name, const Clock& clock,
             const VectorUnitConfig& config, const Wire<Cause>& upstream,
             const Wire<std::uint64_t>& completed, Measurements& measurements);

  /// A layer finds the lanes free, whatever the last row of the layer before takes in them.
  void configure(const LayerRegisters& registers) {
    registers_ = registers;
    next_ask_ = 0;
  }
  bool busy() const { return current_.has_value(); }

  void list_signals(SignalList& list) const;

 private:
  struct Result {
    LocalWrite write;
    std::uint64_t due = 0;
  };

  void tick() override;
  void start();
  void ask();
  bool collect();
  bool write();
  void combine_pool(const RowData& data, bool first);
  void combine_add(const RowData& data, bool first);
  void combine_depthwise(const RowData& data, const VectorOperand& operand);
  void finish_row(const VectorOperand& operand);

  const VectorConfig vector_;
  const std::uint32_t array_rows_;
  LayerRegisters registers_;
  std::optional<IssuedCommand> current_;
  VectorPace pace_;                      // of the command
  std::vector<VectorOperand> operands_;  // of the command, in order
  std::size_t asked_ = 0;
  std::size_t collected_ = 0;
  std::uint64_t next_ask_ = 0;         // first cycle in which the lanes are free for another row
  std::vector<std::int64_t> partial_;  // maxima, sums, or the first operand
  std::uint32_t taps_ = 0;             // combined into partial_
  DepthwiseLanes depthwise_;
  Ring<Result> results_;
  std::uint64_t started_ = 0;  // commands
  const Wire<Cause>& upstream_;
  const Wire<std::uint64_t>& completed_;
  Measurements& measurements_;
};

}  // namespace systole

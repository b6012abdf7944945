#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/accumulators/accumulator_messages.hpp"
#include "models/requant/lfsr_stream.hpp"
#include "models/requant/requant_messages.hpp"
#include "models/requant/requant_unit_config.hpp"
#include "models/requant/requantize.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/program/command.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// Scales psums to output elements: `lanes` a cycle, with the constants of each column from its
/// table or the one pair of the layer.
///
/// A raw block passes unchanged, in the same cycles.
///
/// Timing: a block of n columns taken in cycle t occupies the lanes for c = ceil(n / lanes)
/// cycles and is pushed to `ofmap` in t + c - 1 + latency. A block is taken when fewer than
/// pipeline_entries are between here and the store unit, so the pipeline itself never stalls. One
/// that is outside of what a store pools takes no lanes and passes in its cycle, behind those
/// before it. A table write waits while blocks that the store unit has asked for are on their way
/// here or on the lanes: a store counts as done when its rows have been read, and its constants are
/// still needed.
class RequantUnit final : public ClockedModule {
 public:
  FifoIn<PsumBlock> psums{"psums"};
  FifoOut<OfmapBlock> ofmap{"ofmap"};
  FifoIn<LocalWrite> table_write{"table_write"};
  FifoOut<Completion> table_write_done{"table_write_done"};

  /// `asked` and `gathered` count the blocks that the store unit has asked for and has taken.
  RequantUnit(const sc_core::sc_module_name& name, const Clock& clock,
              const RequantUnitConfig& config, const Wire<std::uint64_t>& asked,
              const Wire<std::uint64_t>& gathered, Measurements& measurements);

  void configure(const LayerRegisters& registers);

  void list_signals(SignalList& list) const;

 private:
  struct Delayed {
    OfmapBlock block;
    std::uint64_t due = 0;
  };

  void tick() override;
  void take_table_write();
  OfmapBlock work(const PsumBlock& block);
  RequantEntry entry(std::uint32_t table_row, std::uint32_t column) const;

  const std::uint32_t lanes_;
  const std::uint32_t latency_;
  const std::uint32_t cols_;
  const std::uint32_t entry_bytes_;
  const std::uint32_t multiplier_bits_;
  Requantizer registers_;
  std::optional<LfsrStream> stream_;  // of stochastic rounding
  std::vector<std::uint8_t> table_;
  std::uint64_t free_at_ = 0;  // first cycle in which the lanes take a new block
  Ring<Delayed> pipeline_;
  const std::uint32_t pipeline_entries_;
  std::uint64_t taken_ = 0;  // blocks
  const Wire<std::uint64_t>& asked_;
  const Wire<std::uint64_t>& gathered_;
  Measurements& measurements_;
};

}  // namespace systole

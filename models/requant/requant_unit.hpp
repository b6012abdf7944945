#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "models/accumulators/accumulator_messages.hpp"
#include "models/requant/requantize.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/program/command.hpp"
#include "sim/stats/measurements.hpp"

namespace systole {

/// The output elements of one accumulator row.
struct OfmapBlock {
  PsumRow elements;
};

/// Scales psums to output elements: `lanes` a cycle, with the constants of each column from its
/// table or the one pair of the layer.
///
/// Timing: a block of n columns taken in cycle t occupies the unit for c =
/// ceil(n / lanes) cycles and is pushed to `ofmap` in t + c - 1 + latency. The store unit never
/// asks for more blocks than `ofmap` can hold, so the pipeline does not stall.
class RequantUnit final : public ClockedModule {
 public:
  FifoIn<PsumBlock> psums{"psums"};
  FifoOut<OfmapBlock> ofmap{"ofmap"};
  FifoIn<LocalWrite> table_write{"table_write"};
  FifoOut<AccessDone> table_write_done{"table_write_done"};

  RequantUnit(const sc_core::sc_module_name& name, const Clock& clock,
              const AcceleratorConfig& config, Measurements& measurements);

  void configure(const LayerRegisters& registers) { registers_ = registers.requant; }

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
  Requantizer registers_;
  std::vector<std::uint8_t> table_;
  std::uint64_t free_at_ = 0;  // first cycle in which the lanes take a new block
  std::deque<Delayed> pipeline_;
  Measurements& measurements_;
};

}  // namespace systole

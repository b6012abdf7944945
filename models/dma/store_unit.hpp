#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/accumulators/accumulator_messages.hpp"
#include "models/dram/dram_port.hpp"
#include "models/requant/requant_unit.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/stats/measurements.hpp"

namespace systole {

/// Local memory to DRAM: accumulator rows by way of the requantization unit, scratchpad rows as
/// they are. Asks for blocks (one local row each), row by row, blocks of a row adjacent; gathers
/// the blocks of a DRAM row, packs them and writes the row in bursts.
///
/// Timing: one block asked for a cycle, at most `requant.latency` + 4 of them between the request
/// and the writer; one block taken by the writer a cycle while it does not write; one burst in the
/// cycles of its beats. A store is done when its last block has been read; its data may still be on
/// the way to the DRAM.
class StoreUnit final : public ClockedModule {
 public:
  FifoIn<IssuedCommand> commands{"commands"};
  FifoOut<Completion> done{"done"};
  FifoOut<AccumulatorRead> accumulator_read{"accumulator_read"};
  FifoIn<AccessDone> accumulator_read_done{"accumulator_read_done"};
  FifoIn<OfmapBlock> ofmap{"ofmap"};
  FifoOut<RowRead> scratchpad_read{"scratchpad_read"};
  FifoIn<RowData> scratchpad_data{"scratchpad_data"};
  DramPort dram;

  StoreUnit(const sc_core::sc_module_name& name, const Clock& clock,
            const AcceleratorConfig& config, const Wire<Cause>& upstream,
            Measurements& measurements);

  void configure(const LayerRegisters& registers);

  /// Work that is not yet acknowledged by the DRAM.
  bool busy() const {
    return reading_.has_value() || !expected_.empty() || !row_.empty() || outstanding_ > 0;
  }

  /// Blocks between the request and the writer at most.
  static std::uint32_t max_blocks_in_flight(const AcceleratorConfig& config) {
    return config.requant.latency + 4;
  }

 private:
  /// The store whose blocks are being asked for.
  struct Reading {
    IssuedCommand issued;
    std::uint32_t row = 0;
    std::uint32_t block = 0;
  };
  /// A block on its way to the writer.
  struct Expected {
    bool from_accumulators = false;
    bool last_of_store = false;
    bool last_of_row = false;
    std::uint32_t entry = 0;
    std::uint32_t elements = 0;
    std::uint64_t row_address = 0;
  };

  void tick() override;
  bool ask();
  bool gather();
  bool write();
  Cause waiting() const;

  const AcceleratorConfig config_;
  const std::uint32_t max_blocks_;
  ElementFormat format_;
  std::optional<Reading> reading_;
  std::deque<Expected> expected_;
  std::vector<std::int32_t> elements_;  // of the row being gathered
  std::vector<std::uint8_t> row_;       // complete, being written
  std::uint64_t row_address_ = 0;
  std::size_t row_written_ = 0;
  std::uint64_t bus_free_ = 0;  // first cycle in which the next burst can start
  std::uint32_t outstanding_ = 0;
  const Wire<Cause>& upstream_;
  Measurements& measurements_;
};

}  // namespace systole

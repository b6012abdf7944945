#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "models/dma/burst.hpp"
#include "models/dram/dram_port.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/stats/measurements.hpp"

namespace systole {

/// DRAM to local memory. Cuts the rows of a load into bursts, keeps up to max_outstanding_reads of
/// them in flight, and writes what comes back.
///
/// Timing: one burst request a cycle; one local write a cycle, of the bytes of one local row that
/// one burst brought, when the beat with the last of them is there. Data goes before padding (fill)
/// rows. At most commands_in_flight commands are between first request and last write, which the
/// local memory confirms.
class LoadUnit final : public ClockedModule {
 public:
  FifoIn<IssuedCommand> commands{"commands"};
  FifoOut<Completion> done{"done"};
  FifoOut<LocalWrite> scratchpad_write{"scratchpad_write"};
  FifoIn<AccessDone> scratchpad_written{"scratchpad_written"};
  FifoOut<LocalWrite> accumulator_write{"accumulator_write"};
  FifoIn<AccessDone> accumulator_written{"accumulator_written"};
  FifoOut<LocalWrite> table_write{"table_write"};
  FifoIn<AccessDone> table_written{"table_written"};
  DramPort dram;

  LoadUnit(const sc_core::sc_module_name& name, const Clock& clock, const AcceleratorConfig& config,
           const Wire<Cause>& upstream, Measurements& measurements);

  void configure(const LayerRegisters& registers);
  bool busy() const { return !active_.empty() || outstanding_ > 0; }

 private:
  /// A load or fill between its first request and its last write.
  struct Active {
    IssuedCommand issued;
    std::uint32_t row = 0;     // next row to request or fill
    std::uint64_t offset = 0;  // next byte of that row
    std::uint64_t bytes_to_write = 0;
    bool requested = false;  // nothing more to ask for
  };
  /// A burst on its way or being written, by its tag.
  struct InFlight {
    Burst burst;
    std::uint32_t entry = 0;
    std::uint32_t row = 0;
    std::uint64_t offset = 0;  // of its first wanted byte in the DRAM row
    DramResponse response;
    std::uint32_t written = 0;  // wanted bytes written so far
    std::uint32_t copy = 0;     // of a repeated row
  };

  void tick() override;
  void take_confirmations();
  void take_command();
  bool request();
  bool write_data();
  bool write_fill();
  Cause waiting() const;
  FifoOut<LocalWrite>& port_of(LocalMemory memory);
  Active& active_with(std::uint32_t entry);
  void count(const LoadCommand& load, const Burst& burst);

  const AcceleratorConfig config_;
  std::vector<Active> active_;       // oldest first
  std::vector<InFlight> in_flight_;  // by tag
  std::vector<std::uint32_t> free_tags_;
  std::deque<std::uint32_t> arrived_;  // tags whose response is here, in order of arrival
  std::uint32_t outstanding_ = 0;
  ElementFormat fill_format_;
  const Wire<Cause>& upstream_;
  Measurements& measurements_;
};

}  // namespace systole

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/bus/bus_messages.hpp"
#include "models/bus/page_lookups.hpp"
#include "models/dma/load_unit_config.hpp"
#include "models/dma/pixel_repeater.hpp"
#include "models/dma/row_merger.hpp"
#include "models/dma/zero_writer.hpp"
#include "models/dram/dram_port.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/program/burst.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// DRAM to local memory. Cuts the rows of a load into bursts, keeps up to max_outstanding_reads of
/// them in flight, puts local rows together from what comes back, and writes them.
///
/// Timing: one DRAM row a cycle has its turn while fewer than kRowRequests are between their turn
/// and their last burst, which makes room in its own cycle, and a load of one row takes a cycle
/// more; its first burst is formed request_latency later, one burst a cycle, when a slot is free;
/// it is on the bus bus_latency after that. A slot is free again release_latency after the last
/// beat of its burst. The merger sends one local row a cycle (row_merger.hpp) to one of two
/// registers, that of the scratchpads (also for elements that are widened for the accumulators) or
/// that of the accumulators; a row is written scratchpad_write_latency or accumulator_write_latency
/// after it is sent, copies of a repeated row one a cycle, and the register is free with the last
/// copy. In a cycle in which the last scratchpad row of a burst is written, no row of the other
/// register is (one answer a cycle; Gemmini's Scratchpad). Padding (fill) rows go when no data
/// does; those of the zero writer, in all cycles but those in which data go to the same bank or a
/// burst's last row is written. Biases narrower than the accumulators are sign-extended behind the
/// merger: a part that does not end a local row stays, its register taken for as long as if it were
/// written, and the last one takes all of the row to the accumulators. A command can start when
/// fewer than commands_in_flight are between their first row and completion. A ConfigureCommand
/// takes a cycle.
///
/// Behind a crossbar (load_unit_bus.cpp) a burst that is formed in cycle t is in the first stage of
/// translation in t + 1, in the second in t + 2, and goes to the unit's queue from there. If its
/// address is missed, or the queue is full, it goes back to the first stage, before any burst that
/// is formed: none is then, and the one behind it overtakes it (Gemmini's StreamReader). The merger
/// takes a beat a cycle from its queue.
class LoadUnit final : public ClockedModule {
 public:
  FifoIn<IssuedCommand> commands{"commands"};
  FifoOut<LocalWrite> scratchpad_write{"scratchpad_write"};
  FifoOut<LocalWrite> accumulator_write{"accumulator_write"};
  FifoOut<LocalWrite> table_write{"table_write"};
  DramPort dram;  ///< without a crossbar; with one:
  OptionalFifoOut<BusBeat> reads{"reads"};
  OptionalFifoIn<BusAnswer> data{"data"};

  /// `upstream` says why the next command is not here, `completed` counts the unit's completed
  /// commands. `pages`: of both DMA units, if they are behind a crossbar.
  LoadUnit(const sc_core::sc_module_name& name, const Clock& clock, const LoadUnitConfig& config,
           const Wire<Cause>& upstream, const Wire<std::uint64_t>& completed,
           Measurements& measurements, PageLookups* pages = nullptr);

  void configure(const LayerRegisters& registers) { fill_format_ = registers.ifmap; }
  bool busy() const { return started_ != completed_.read(); }
  /// No burst is on its way; of the last ones, beats that nobody wants may be.
  bool bursts_have_come() const;

  void list_signals(SignalList& list) const;

 private:
  /// The command whose rows have their turn.
  struct Current {
    IssuedCommand issued;
    std::uint32_t row = 0;
    bool all_turned = true;
  };
  /// A DRAM row on its way to bursts.
  struct RowRequest {
    const LoadCommand* load = nullptr;
    std::uint32_t entry = 0;
    std::uint32_t row = 0;
    std::uint64_t offset = 0;  // of the next burst in the row
    std::uint64_t ready = 0;   // cycle of its first burst at the earliest
  };
  /// A burst in flight, by its slot.
  struct InFlight {
    const LoadCommand* load = nullptr;
    Burst burst;
    std::uint32_t entry = 0;
    std::uint32_t row = 0;
    std::uint64_t offset = 0;   // of its first wanted byte, from the start of the first local row
    std::uint64_t free_at = 0;  // first cycle in which another burst can take the slot
  };
  struct Outgoing {
    std::uint32_t slot = 0;
    std::uint64_t due = 0;
  };
  struct Scheduled {
    LocalWrite write;
    std::uint64_t due = 0;
    std::uint32_t copies = 1;  // still to write
    bool ends_burst = false;
  };
  /// The part sent last to the register of the accumulators and the table.
  struct Sent {
    std::uint64_t first_write = 0;  // pushed in this cycle at the earliest
    std::uint32_t copies = 0;
  };

  void tick() override;
  bool turn_row();
  bool take_command();
  bool turn_padding();
  bool form_burst();
  std::size_t free_slot() const;
  bool send_burst();
  bool cross();
  void take_beat();
  bool write_local();
  bool write_front(Ring<Scheduled>& queue);
  bool write_fill();
  bool write_padding();
  std::uint64_t take_response(const DramResponse& response);
  std::uint64_t register_free(bool scratchpad) const;
  void schedule(const InFlight& flight, const DramResponse& response, const MergedPart& part);
  bool extend(LocalWrite& write, bool ends_row);
  void repeat(const Scheduled& pixel, const LoadCommand& load);
  void note_burst_end(std::uint64_t cycle);
  Cause waiting() const;
  bool by_scratchpad_register(const LoadCommand& load);
  FifoOut<LocalWrite>& port_of(LocalMemory memory);
  void count(const LoadCommand& load, const Burst& burst);

  const DmaConfig dma_;
  const LocalShape local_;
  Current current_;
  std::uint64_t next_command_ = 0;  // first cycle in which another command can start
  std::uint64_t started_ = 0;       // commands
  Ring<RowRequest> row_requests_;
  std::vector<InFlight> in_flight_;  // by slot
  std::vector<bool> slot_taken_;
  Ring<Outgoing> outgoing_;                // on the way to the bus
  std::vector<std::uint64_t> bytes_left_;  // of the command in a reservation station's entry
  // Behind a crossbar:
  PageLookups* const pages_;
  std::optional<std::uint32_t> first_stage_, second_stage_;  // of translation: slots
  std::uint64_t merger_free_ = 0;  // first cycle in which another burst's first beat is taken
  RowMerger merger_;
  std::vector<std::uint8_t> biases_;  // narrow ones of a local row that is not all there
  PixelRepeater repeater_;
  ZeroWriter zero_writer_;
  const BankMap banks_;
  /// What of the data is written in the next cycle.
  struct Writing {
    std::optional<LocalAddress> scratchpad;
    bool others = false;
    bool burst_end = false;
  };
  Writing writing_;
  Ring<Scheduled> to_scratchpad_;  // merged, on the way to the memory
  Ring<Scheduled> to_others_;      // to the accumulators or the table
  Sent others_sent_;
  Ring<std::uint64_t> burst_ends_;  // cycles from others_sent_ on that end a burst
  ElementFormat fill_format_;
  const Wire<Cause>& upstream_;
  const Wire<std::uint64_t>& completed_;
  Measurements& measurements_;
};

}  // namespace systole

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/accumulators/accumulator_messages.hpp"
#include "models/bus/bus_messages.hpp"
#include "models/bus/page_lookups.hpp"
#include "models/dma/store_unit_config.hpp"
#include "models/dma/store_walk.hpp"
#include "models/dram/dram_port.hpp"
#include "models/requant/requant_messages.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "models/sequencer/queue_depths.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/program/burst.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// What a store unit behind a crossbar shares: the pages of both DMA units, and its commands that
/// have completed.
struct CrossedStores {
  PageLookups* pages = nullptr;
  const Wire<std::uint64_t>* completed = nullptr;
};

/// Local memory to DRAM: accumulator rows by way of the requantization unit, scratchpad rows as
/// they are. What is kept goes to the scratchpad, as well or instead. Asks for blocks (one local
/// row each), row by row, blocks of a row adjacent; gathers the blocks of a DRAM row, packs them
/// and writes the row in bursts.
///
/// With a pool, the blocks of a DRAM row are the elements of a window and their maximum is the row.
/// A ConfigureCommand takes a cycle.
///
/// Timing: one block asked for a cycle, and a store of one block takes a cycle more, while fewer
/// than kBlocksInFlight are between the request and the writer. The writer takes one block a cycle,
/// and gives one that is kept to the scratchpad in the same cycle, before which it waits for room
/// in that queue; from the cycle after the last block of a row it forms the beats of the row's
/// bursts, one a cycle and only while a write slot is free (a burst holds one from its first beat
/// until release_latency after its acknowledgement; Gemmini's StreamWriter), and takes the next
/// block with the last beat. A beat is on the bus bus_latency after it was formed at the earliest;
/// a burst holds the bus from its first beat to its last, also while that one is not formed yet.
///
/// Behind a crossbar (store_unit_bus.cpp) a command can start when fewer than commands_in_flight
/// have not been read to their last block, and beats are translated in two stages before the unit's
/// queue: one that cannot leave the second holds the others up, and the forming of beats; one whose
/// address is missed goes back to the first, that behind it after it (Gemmini's StreamWriter).
class StoreUnit final : public ClockedModule {
 public:
  FifoIn<IssuedCommand> commands{"commands"};
  FifoOut<AccumulatorRead> accumulator_read{"accumulator_read"};
  FifoIn<OfmapBlock> ofmap{"ofmap"};
  FifoOut<RowRead> scratchpad_read{"scratchpad_read"};
  FifoIn<RowData> scratchpad_data{"scratchpad_data"};
  FifoOut<LocalWrite> scratchpad_write{"scratchpad_write"};  ///< rows that stay
  DramPort dram;                                             ///< without a crossbar; with one:
  OptionalFifoOut<BusBeat> writes{"writes"};
  OptionalFifoIn<BusAnswer> acknowledgements{"acknowledgements"};

  StoreUnit(const sc_core::sc_module_name& name, const Clock& clock, const StoreUnitConfig& config,
            const Wire<Cause>& upstream, Measurements& measurements, CrossedStores crossed = {});

  void configure(const LayerRegisters& registers) {
    format_ = registers.ofmap;
    ofmap_ = registers.ofmap_place;
  }

  /// Work that is not yet acknowledged by the DRAM.
  bool busy() const;

  void list_signals(SignalList& list) const;

  /// Blocks asked for that go through the requantization unit.
  const Wire<std::uint64_t>& asked() const { return asked_wire_; }

  /// Blocks that came from the requantization unit.
  const Wire<std::uint64_t>& gathered() const { return gathered_wire_; }

 private:
  /// The store whose blocks are being asked for.
  struct Reading {
    IssuedCommand issued;
    StoreWalk walk;
  };
  /// A block on its way to the writer.
  struct Expected {
    bool from_accumulators = false;
    bool last_of_row = false;
    bool pooled = false;
    std::uint32_t elements = 0;
    std::uint64_t row_address = 0;
    ElementFormat format;  // of the row in the DRAM
    bool keep = false;
    std::uint32_t kept_row = 0;
    bool to_dram = true;
  };
  /// A burst whose beats are being formed or on their way to the bus.
  struct Outgoing {
    Burst burst;
    std::vector<std::uint8_t> bytes;  // the wanted ones
    std::uint32_t slot = 0;
    std::uint64_t first_due = 0;   // cycle in which its first beat goes to the bus
    std::uint64_t last_due = 0;    // and its last, kHeld while that is not formed
    std::uint32_t beats_left = 0;  // not formed
    bool begun = false;            // the first has gone
  };
  /// A beat that is being translated; its burst is among outgoing_.
  struct Translated {
    bool first = true;  // of its burst
    bool last = true;
    std::uint64_t address = 0;
  };

  void tick() override;
  void take_command();
  bool ask();
  bool gather();
  void add(const std::vector<std::int32_t>& elements, bool pooled);
  bool form_beat();
  void begin_burst(std::size_t slot);
  bool send();
  bool cross();
  void send_beat(const Translated& beat);
  void enter_translation();
  void take_acknowledgements();
  void keep_block(const Expected& expected, const OfmapBlock& block);
  std::size_t free_slot() const;
  std::uint64_t take_acknowledgement(const DramResponse& response);
  Cause waiting() const;

  static constexpr std::uint64_t kHeld = ~std::uint64_t{0};

  const DmaConfig dma_;
  const RowElements rows_;
  ElementFormat format_;
  OfmapPlace ofmap_;
  std::optional<Reading> reading_;
  std::uint64_t next_command_ = 0;  // first cycle in which another store can start
  Ring<Expected> expected_;
  std::vector<std::int32_t> elements_;  // of the row being gathered
  std::vector<std::uint8_t> row_;       // complete, its beats being formed
  std::uint64_t row_address_ = 0;
  std::size_t row_formed_ = 0;               // bytes of it in complete bursts
  std::uint64_t row_ready_ = 0;              // cycle of its first beat at the earliest
  std::vector<std::uint64_t> slot_free_at_;  // first cycle in which a write slot is free
  std::size_t slots_held_ = 0;               // by bursts without an acknowledgement
  std::uint64_t last_release_ = 0;           // the latest of the other slots
  Ring<Outgoing> outgoing_;                  // only the last can lack beats
  // Behind a crossbar:
  const CrossedStores crossed_;
  std::uint64_t started_ = 0;         // commands
  std::optional<Translated> formed_;  // in this cycle
  std::optional<Translated> first_stage_, second_stage_;
  std::optional<Translated> behind_;  // that was in the first stage when one missed
  std::uint64_t looked_up_ = 0;       // address that came last into the first stage
  bool may_form_ = true;
  std::uint64_t asked_ = 0;
  Wire<std::uint64_t> asked_wire_{0};
  std::uint64_t gathered_ = 0;
  Wire<std::uint64_t> gathered_wire_{0};
  const Wire<Cause>& upstream_;
  Measurements& measurements_;
};

}  // namespace systole

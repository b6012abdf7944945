#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "models/sequencer/command_observer.hpp"
#include "models/sequencer/conv_unroller.hpp"
#include "models/sequencer/loop_unroller.hpp"
#include "models/sequencer/sequencer_block_config.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/program/footprint.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// Fetches a program in order into a reservation station and issues its commands to the units.
///
/// A command is accepted every command_gap cycles and allocated frontend_latency later, if its
/// class has a free entry; else fetch waits. Each cycle, from the state of the last edge: one
/// completion is taken (array, vector, load, store); of each class the oldest command that waits is
/// issued if all that it depends on has completed and its unit's queue has room; one command is
/// allocated. A command depends on an entry of another unit if one writes local rows that the other
/// reads or writes; of loads, padding on data and data on padding. A dependent can issue in the
/// cycle after the completion. A ConfigureCommand is done when it is issued, and takes the load or
/// the store unit a cycle when its turn there comes.
class Sequencer final : public ClockedModule {
 public:
  FifoOut<IssuedCommand> load{"load"};
  FifoOut<IssuedCommand> execute{"execute"};
  FifoOut<IssuedCommand> vector{"vector"};
  FifoOut<IssuedCommand> store{"store"};
  FifoIn<Completion> result_done{"result_done"};              ///< preloads, from the array
  FifoIn<Completion> operand_read_done{"operand_read_done"};  ///< computes, from the scratchpad
  FifoIn<Completion> vector_done{"vector_done"};
  FifoIn<Completion> scratchpad_load_done{"scratchpad_load_done"};
  FifoIn<Completion> accumulator_load_done{"accumulator_load_done"};
  FifoIn<Completion> table_load_done{"table_load_done"};
  FifoIn<Completion> accumulator_store_done{"accumulator_store_done"};
  FifoIn<Completion> scratchpad_store_done{"scratchpad_store_done"};

  static constexpr std::size_t kMaxEntries = 1024;

  Sequencer(const sc_core::sc_module_name& name, const Clock& clock,
            const SequencerBlockConfig& config, Measurements& measurements);

  /// Told of each command when it completes; null: nobody looks. It outlives the machine.
  void observe(CommandObserver* observer) { observer_ = observer; }

  void start(const LayerProgram& program);
  /// Every command has completed.
  bool finished() const;
  std::uint64_t completed() const {
    return completed_;
  }  ///< commands since start(), for the watchdog

  /// Why a unit has no command: read by the units one cycle later.
  const Wire<Cause>& load_wait() const { return waits_[unit_index(CommandUnit::Load)]; }
  const Wire<Cause>& execute_wait() const { return waits_[unit_index(CommandUnit::Array)]; }
  const Wire<Cause>& vector_wait() const { return waits_[unit_index(CommandUnit::Vector)]; }
  const Wire<Cause>& store_wait() const { return waits_[unit_index(CommandUnit::Store)]; }

  /// Completed commands of a unit; of the array, preloads. Read by the units one cycle later.
  const Wire<std::uint64_t>& loads_completed() const { return loads_completed_; }
  const Wire<std::uint64_t>& stores_completed() const { return stores_completed_; }
  const Wire<std::uint64_t>& results_written() const { return results_written_; }
  const Wire<std::uint64_t>& vectors_completed() const { return vectors_completed_; }

  void list_signals(SignalList& list) const;

  /// One line for each entry that is not done, for a stuck machine.
  std::vector<std::string> describe_state() const;

 private:
  using Unit = CommandUnit;
  struct Entry {
    bool valid = false;
    std::uint64_t free_from = 0;  // first cycle in which another command can take it
    bool issued = false;
    const Command* command = nullptr;
    Command own;  // an unrolled one lives here
    bool of_loop = false;
    Footprint footprint;
    CommandTimes times;  // for the observer
    std::bitset<kMaxEntries> depends_on;
    std::uint32_t dependencies = 0;  // bits of depends_on
  };
  struct Class {
    std::uint32_t first = 0;  // its entries are [first, first + size)
    std::uint32_t size = 0;
    Ring<std::uint32_t> waiting;  // allocated, not issued, oldest first
    Backlog backlog;
  };

  void tick() override;
  bool complete();
  void retire(std::uint32_t index);
  bool take_completion(FifoIn<Completion>& port);
  static void count(Wire<std::uint64_t>& completed) { completed.write(completed.latest() + 1); }
  bool issue();
  bool allocate();
  bool allocate_unrolled();
  Entry* free_entry(CommandClass of);
  void occupy(Entry& entry, const Command& command);
  void unroll(bool room);
  void tell_unrollers();
  bool all_fetched() const {
    return next_ == total_ && unroller_.done() && conv_unroller_.done() && unrolled_.empty();
  }
  void publish_waits();
  Cause wait_of(const Class& of) const;
  static std::size_t unit_index(CommandUnit unit) { return static_cast<std::size_t>(unit); }
  FifoOut<IssuedCommand>& port_of(Unit unit);

  const SequencerConfig station_;
  const Footprints footprints_;
  std::vector<Entry> entries_;
  std::array<Class, kCommandClasses> classes_;
  const LayerProgram* program_ = nullptr;
  std::size_t next_ = 0;  // command to allocate
  std::uint64_t completed_ = 0;
  std::size_t total_ = 0;  // commands of the program
  std::uint64_t allocated_ = 0;
  struct Unrolled {
    Command command;
    bool of_loop = false;
    std::uint64_t visible = 0;
  };
  LoopUnroller unroller_;
  ConvUnroller conv_unroller_;
  std::vector<CommandClass> completed_of_loop_;  // in this cycle
  Ring<Unrolled> unrolled_;                      // generated, not allocated
  std::array<Wire<Cause>, kCommandUnits> waits_{Wire<Cause>{Cause::Idle}, Wire<Cause>{Cause::Idle},
                                                Wire<Cause>{Cause::Idle}, Wire<Cause>{Cause::Idle}};
  std::uint64_t first_allocation_ = 0;  // cycle in which the program's first command is allocated
  Wire<std::uint64_t> loads_completed_{0};
  Wire<std::uint64_t> stores_completed_{0};
  Wire<std::uint64_t> results_written_{0};
  Wire<std::uint64_t> vectors_completed_{0};
  Measurements& measurements_;
  CommandObserver* observer_ = nullptr;
};

}  // namespace systole

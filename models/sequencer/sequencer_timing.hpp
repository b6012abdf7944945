#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/sequencer/command_observer.hpp"
#include "models/sequencer/completion_queue.hpp"
#include "models/sequencer/entry_set.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/program/command_source.hpp"
#include "sim/program/footprint.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/timing/ledger_line.hpp"
#include "sim/timing/timed_queue.hpp"

namespace systole {

/// The cycles in which Sequencer (sequencer.hpp states the rules) does something.
class SequencerTiming {
 public:
  /// Where completions come from, in the order in which they are taken.
  enum Source : std::uint8_t {
    kResult,
    kOperandRead,
    kVector,
    kScratchpadLoad,
    kAccumulatorLoad,
    kTableLoad,
    kAccumulatorStore,
    kScratchpadStore,
    kSources
  };

  /// The alarms of the units that commands go to.
  struct Units {
    Alarm& load;
    Alarm& execute;
    Alarm& vector;
    Alarm& store;
  };

  SequencerTiming(const SequencerConfig& config, Units units, Ledger& ledger);

  Alarm alarm;
  TimedQueue<IssuedCommand> load, execute, vector, store;
  TimedWire<Cause> load_wait, execute_wait, vector_wait, store_wait;
  TimedWire<std::uint64_t> loads_completed, results_written, vectors_completed;

  /// The unit reports a completion that the sequencer sees in cycle `visible`.
  void complete(Source source, Cycle visible, std::uint32_t entry) {
    completions_[source].push(visible, entry);
    reporting_ |= 1U << source;
    next_completion_ = std::min(next_completion_, visible);
    alarm.ring_at(visible);
  }

  /// The program's commands from the given one on are the next to be fetched.
  void resume(const CommandSource& program, std::size_t next);
  std::size_t fetched() const { return next_; }  ///< commands of the program
  void archive(StateArchive& archive);

  /// Told of each command when it completes, in cycles that the program's first one adds to.
  void observe(CommandObserver* observer, Cycle first) {
    observer_ = observer;
    first_cycle_ = first;
  }

  void look(Cycle now);
  bool finished() const { return all_fetched() && completed_ == allocated_; }
  std::uint64_t completed() const { return completed_; }  ///< commands
  void close(Cycle end) { ledger_.fill(end + 1, ledger_.held()); }

  /// One line for each entry that is not done.
  std::vector<std::string> describe_state() const;

 private:
  using Unit = CommandUnit;
  struct Entry {
    std::uint32_t of_class = 0;
    KnownCommand known;
    TimedQueue<IssuedCommand>* queue = nullptr;  // to its unit
    std::uint32_t depends_on = 0;                // entries that have to complete first
    EntrySet followers;                          // entries that wait for this one
    std::uint32_t name = 0;                      // StateArchive
    CommandTimes times;                          // for the observer
  };
  struct Class {
    std::vector<std::uint32_t> held;  // its entries that are not done, the oldest command first
    std::size_t issued = 0;           // the first of them
    std::vector<std::uint32_t> free;  // its other entries
    Cycle freed_in = kNever;          // the cycle in which the last of them became free
    Backlog backlog;

    bool waits() const { return issued < held.size(); }
    std::uint32_t oldest_waiting() const { return held[issued]; }
  };

  /// Held commands that do not wait for one another: a unit's, or padding.
  struct Kind {
    std::uint32_t held = 0;
    Regions regions;  // all of theirs, and perhaps some of former ones
  };
  static constexpr std::uint32_t kKinds = 5;
  static constexpr std::uint32_t kNoClass = kCommandClasses;
  static constexpr std::uint32_t kEveryClass = (1U << kCommandClasses) - 1;
  static std::uint32_t kind_of(const Footprint& footprint) {
    return footprint.pads ? kKinds - 1 : static_cast<std::uint32_t>(footprint.unit);
  }

  void archive_entries(StateArchive& archive);
  void archive_followers(StateArchive& archive, EntrySet& followers);
  bool all_fetched() const { return next_ == total_; }
  bool issue(Cycle now);
  Cycle issuable_from(const Class& of) const;
  void allocate(Cycle now);
  bool lacks_entry() const {
    return lacks_entry_ != kNoClass && classes_[lacks_entry_].free.empty();
  }
  bool allocates_next(Cycle now) const;
  void take_completion(Cycle now);
  void count_completion(Cycle now, Source source);
  void retire(Cycle now, std::uint32_t index);
  void occupy(Cycle now, std::uint32_t index);
  void hold(Entry& entry);
  void find_dependences(std::uint32_t index);
  void find_head(std::uint32_t of_class);
  Cause wait_of(const Class& of) const;
  void tell_waits(Cycle now);
  void tell_wait(Cycle now, CommandClass of_class);
  void ring_next(Cycle now);
  bool waits_for(std::uint32_t younger, Unit unit) const;
  TimedQueue<IssuedCommand>& queue_of(Unit unit);

  const SequencerConfig config_;
  const CommandSource* program_ = nullptr;
  std::vector<Entry> entries_;
  EntrySet named_followers_;  // room for archive()
  std::array<Class, kCommandClasses> classes_;
  std::uint32_t ready_ = 0;    // classes whose oldest waiting command waits for no other
  std::uint32_t changed_ = 0;  // where that is another one, or waits for others than its unit knows
  std::array<Kind, kKinds> kinds_;
  std::uint32_t held_kinds_ = 0;
  std::array<CompletionQueue, kSources> completions_;
  std::uint32_t reporting_ = 0;  // sources that have completions
  Cycle next_completion_ = kNever;
  std::size_t next_ = 0;
  std::size_t total_ = 0;
  std::uint32_t lacks_entry_ = kNoClass;  // the next command's, if there was no entry for it
  Cycle allocated_in_ = 0;  // the cycle of the last allocation, which may be the next one,
  std::uint32_t youngest_ = kNoEntry;  // and its entry
  std::uint32_t fetched_since_ = 0;    // the last state
  std::uint64_t allocated_ = 0;
  std::uint64_t completed_ = 0;
  Cycle next_offer_;  // in which the next command can be allocated at the earliest
  LedgerLine ledger_;
  CommandObserver* observer_ = nullptr;
  Cycle first_cycle_ = 0;
};

}  // namespace systole

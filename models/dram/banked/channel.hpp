#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/dram/banked/address_mapping.hpp"
#include "models/dram/banked/channel_timing.hpp"
#include "models/dram/banked/command.hpp"
#include "models/dram/banked/completion_queue.hpp"
#include "models/dram/banked/request.hpp"
#include "models/dram/banked/request_queue.hpp"
#include "models/dram/banked/stats.hpp"

namespace systole::dram {

/// The controller of one channel: decides which command goes next, and when.
///
/// Policy (FR-FCFS, rows first):
/// - Only one direction is served at a time; it turns to writes when more than the high watermark
///   of them wait or no read does, and back when no more than the low watermark of writes wait and
///   a read does.
/// - A bank serves the oldest waiting burst of its open row; without one, the oldest burst: it
///   closes the row and opens that burst's. A row that was opened for a burst is not closed before
///   it had an access, even when the direction turns.
/// - Of all commands that can start first, a read or write goes before a row command, and of two
///   alike that of the older burst; only, the reads of a unit are those of the bank that gave its
///   last, up to reads_in_a_row, if that bank's next one can start as soon. Such a read still waits
///   for the older burst of another unit, and for an older write whose row was opened for it.
/// - A unit that is due for refresh takes no other command: its banks are closed together and it
///   refreshes as soon as the rules allow.
/// - A burst that has waited for max_wait cycles goes before all others, alone.
/// - Closed pages: a row that no waiting burst wants is closed when nothing else can be done.
///
/// It computes the cycle of its next command, and does nothing for the cycles before.
class Channel {
 public:
  Channel(const Config& config, std::uint32_t index, CommandObserver* observer);

  /// Takes the bursts of a request in `cycle`, if there is room for all of them and no waiting
  /// burst of the other direction is for the same place (so that order is kept for each address).
  /// All cycles before `cycle` must have been simulated.
  bool accept(const Request& request, const std::vector<Location>& bursts, Cycle cycle);

  /// Simulates all cycles before `cycle`.
  void advance_to(Cycle cycle) {
    while (next_command() < cycle) {
      issue();
    }
  }
  /// The same, and of a long rest between only the first refreshes and the last.
  void rest_until(Cycle cycle);
  /// From `cycle` on, closes each row as soon as the rules allow; no burst may wait.
  void close_rows(Cycle cycle);
  /// The cycle in which the next command starts if no request comes before.
  Cycle next_command() {
    if (!next_is_known_) {
      choose();
    }
    return next_.start;
  }

  /// No read or write starts before if no request comes before.
  Cycle next_access() {
    const Cycle next = next_command();
    const bool has_hits = (hits_[0] | hits_[1]) != 0;
    return has_hits || next == kNever ? next : next + row_to_column_;
  }

  /// When the data of the first completion end that was not taken; kNever without one. It may lie
  /// in the future.
  Cycle first_finish() const { return completions_.first_finish(); }
  /// Takes it; those of issued commands come in the order of their data.
  Completion take_completion() { return completions_.take(); }

  Stats stats(Cycle now) const;

 private:
  static constexpr int kLooks = 4;  // of waiting bursts by age, before all banks are compared

  enum class Rank : std::uint8_t { Refresh, Column, Row, Close };  // the first goes first
  struct Choice {
    Cycle start = kNever;
    Cycle effect = kNever;
    Rank rank = Rank::Close;
    Command command = Command::Read;
    bool write = false;  // the queue of `slot`
    Slot slot = kNoSlot;
    std::uint32_t bank = 0;  // or unit, of Refresh and PrechargeAll
    std::uint64_t sequence = 0;

    bool is_after(Cycle its_start, Rank its_rank, std::uint64_t its_sequence) const {
      if (start != its_start) {
        return start > its_start;
      }
      return rank != its_rank ? rank > its_rank : sequence > its_sequence;
    }
    /// Field by field: copies of a structure just written wait for the stores of its fields.
    void set(Cycle its_start, Cycle its_effect, Rank its_rank, Command its_command, bool its_write,
             Slot its_slot, std::uint32_t its_bank, std::uint64_t its_sequence) {
      start = its_start;
      effect = its_effect;
      rank = its_rank;
      command = its_command;
      write = its_write;
      slot = its_slot;
      bank = its_bank;
      sequence = its_sequence;
    }
  };
  /// The reads that a unit gave last without another access between: all of one bank.
  struct Streak {
    std::uint64_t bank = 0;  ///< its bit; none after a write
    std::uint32_t reads = 0;
  };
  struct OpenRequest {
    std::uint64_t id = 0;
    Cycle arrival = 0;
    Cycle finish = 0;
    std::uint32_t bursts_left = 0;
  };

  static std::uint64_t bit(std::uint32_t bank) { return std::uint64_t{1} << bank; }
  RequestQueue& queue(bool write) { return queues_[write ? 1 : 0]; }
  const RequestQueue& queue(bool write) const { return queues_[write ? 1 : 0]; }
  Slot& candidate(bool write, std::uint32_t bank) { return candidates_[write ? 1 : 0][bank]; }

  void skip_refreshes_before(Cycle cycle);
  void choose();
  template <bool kWrite>
  void choose_of_stream();
  void choose_of_all();
  void consider_rows(std::uint64_t banks);
  void consider(const Choice& choice) {
    if (next_.is_after(choice.start, choice.rank, choice.sequence)) {
      next_ = choice;
    }
  }
  void consider_banks();
  void consider_banks_of(std::uint32_t unit, bool write, std::uint64_t banks);
  void consider_closing();
  void consider_urgent(Cycle from);
  void consider_refreshes();
  Cycle urgent_from() const;
  /// Whether that is so in `cycle`. Those that come later are urgent later, so that mostly one
  /// look will do. Some burst waits.
  bool is_urgent(Cycle cycle) {
    if (cycle >= not_urgent_before_) {
      not_urgent_before_ = urgent_from();
    }
    return cycle >= not_urgent_before_;
  }
  Cycle arrival_of(const Burst& burst) const { return requests_[burst.request].arrival; }
  Choice choice_for(Slot slot, bool write) const;
  Choice timed(Command command, Rank rank, std::uint32_t bank, Cycle effect) const;
  /// As far as the command bus is concerned.
  Cycle earliest_effect(Command command) const {
    return std::max(floor_, command_bus_free_[bus_of(command)]) + travel(command);
  }

  void issue();
  template <bool kWrite>
  void issue_column();
  void issue_for_row(const Choice& choice);
  void tell(const Choice& choice) const;
  inline void choose_candidate(bool write, std::uint32_t bank);
  void choose_candidates(std::uint32_t bank);
  void commit(std::uint32_t bank, bool write);
  inline void continue_streak(std::uint32_t bank, bool write);
  /// Banks whose next read goes before older ones of their unit.
  std::uint64_t goes_on(bool write) const { return write ? 0 : goes_on_; }
  void release(std::uint32_t bank) {
    committed_[0] &= ~bit(bank);
    committed_[1] &= ~bit(bank);
  }
  template <bool kWrite>
  bool take(const Request& request, const std::vector<Location>& bursts, Cycle cycle);
  template <bool kWrite>
  void add_burst(const Location& place, std::uint32_t request);
  bool due(const Choice& choice) const;
  template <bool kWrite>
  void finish_burst(std::uint32_t request, Cycle end);
  /// Chooses the direction; called whenever the number of waiting bursts has changed.
  void turn() {
    const std::uint32_t writes = queue(true).size();
    const std::uint32_t reads = queue(false).size();
    const bool write = writing_ ? writes > low_writes_ || reads == 0
                                : writes > high_writes_ || (reads == 0 && writes != 0);
    if (write != writing_) {
      writing_ = write;
      next_is_known_ = false;
    }
  }
  bool wanted(std::uint32_t bank) const;
  std::size_t bus_of(Command command) const {
    const bool is_column = command == Command::Read || command == Command::Write;
    return is_column ? column_bus_ : 0;
  }
  Cycle travel(Command command) const { return travel_[static_cast<std::size_t>(command)]; }

  const Config config_;
  const std::uint32_t index_;
  CommandObserver* const observer_;
  const std::uint32_t high_writes_;
  const std::uint32_t low_writes_;
  const std::uint32_t units_;
  const bool closes_pages_;
  const std::size_t column_bus_;   // of command_bus_free_
  std::array<Cycle, 6> travel_{};  // of each command: cycles from its start to its effect
  Cycle row_to_column_ = 0;        // from the start of a row's activate to that of its first access
  ChannelTiming timing_;
  std::array<RequestQueue, 2> queues_;                        // reads, writes
  std::array<std::array<Slot, kMostBanks>, 2> candidates_{};  // what each bank serves next
  // Sets of banks, a bit for each:
  std::array<std::uint64_t, 2> hits_{};       // whose candidate is of the open row
  std::array<std::uint64_t, 2> committed_{};  // that opened the row for it, without an access yet
  std::uint64_t closable_ = 0;                // open, and no waiting burst wants the row
  std::vector<Cycle> refresh_due_;            // of each unit
  Cycle first_refresh_ = kNever;              // of them
  std::vector<Streak> streaks_;               // likewise
  std::uint64_t goes_on_ = 0;                 // banks of these, with fewer than reads_in_a_row
  std::array<Cycle, 2> command_bus_free_{};   // row commands, column commands
  Cycle not_urgent_before_ = 0;
  bool writing_ = false;
  Choice next_;
  bool next_is_known_ = false;
  std::vector<OpenRequest> requests_;
  std::vector<std::uint32_t> free_requests_;
  CompletionQueue completions_;
  std::uint64_t next_sequence_ = 0;
  Cycle now_ = 0;    // no command starts before
  Cycle floor_ = 0;  // the same, of the choice being made
  Stats stats_;
};

}  // namespace systole::dram

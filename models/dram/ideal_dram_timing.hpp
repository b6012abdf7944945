#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "models/dram/dram_block_config.hpp"
#include "models/dram/dram_timing.hpp"
#include "models/dram/read_port.hpp"
#include "sim/storage/ring.hpp"
#include "sim/timing/cycle_run.hpp"
#include "sim/timing/ledger_line.hpp"
#include "sim/timing/stretches.hpp"
#include "sim/timing/timed_queue.hpp"

namespace systole {

/// When IdealDram (ideal_dram.hpp states the rules) takes requests and answers them.
///
/// Reads are taken before a write that comes between them, or else when the first of them is
/// answered: many at once.
class IdealDramTiming final : public DramTiming {
 public:
  IdealDramTiming(const DramBlockConfig& config, const Clients& clients, DramSource& source);

  void read(Cycle due, const MemoryRead& read) override {
    const bool first = reads_.empty();
    reads_.push(due, read, sent_reads_);
    if (first) {
      ring_for_reads(due);
    }
  }
  void read_alike(const CycleRun& due, const MemoryRead& first, std::uint64_t apart) override {
    const bool none = reads_.empty();
    for (std::uint32_t i = 0; i < due.count; ++i) {
      const std::uint64_t address = first.address + i * apart;
      reads_.push(due.at(i), MemoryRead::block_at(address, first.bytes), sent_reads_);
    }
    if (none) {
      ring_for_reads(due.first);
    }
  }
  Cycle next_answer_from(Cycle now) const override {
    if (!answers_.empty()) {
      return std::max(first_beat(answers_.front()), now + 1);
    }
    return reads_.empty() ? kNever : std::max(next_first_beat(), now + 1);
  }
  bool can_write(Cycle now) const override { return !held_ && write_closed_ != now; }
  void write(Cycle now, const MemoryWrite& write) override;
  void begin_write(Cycle now) override { begun_.push(now, {}); }
  void look(Cycle now) override { advance(now, false); }
  void settle(Cycle now) override { advance(now, true); }
  bool idle() const override { return answers_.empty() && !bursting_; }
  void close(Cycle end, Ledger& ledger, EventCounts& events) override;
  BandwidthSeries bandwidth() const override;
  void archive(StateArchive& archive) override;
  void book_until(Cycle now, Ledger& ledger) override;
  TransferRuns take_transfers() override;

  // For the load unit, which takes the answers of many reads at once.

  /// Cycle in which the next read is taken if no write is; kNever if there is none.
  Cycle next_read() const { return std::max(request_free_, reads_.ready()); }
  /// Takes it in that cycle and answers it.
  MemoryResponse answer_read() {
    const Answer answer = accept_read();
    const Cycle first = first_beat(answer);
    give(answer, first);
    transfers_.add(transfers({first, 0, 1}, answer.cycles, answer.bytes));
    return {first, cycles_per_beat_};
  }
  std::uint32_t cycles_per_beat() const { return cycles_per_beat_; }
  /// First beat of the next read's answer.
  Cycle next_first_beat() const { return first_beat({kLoadMaster, 0, next_read() + latency_}); }
  /// Answers reads that are alike, `most` at most, as long as they are taken up to cycle `until`
  /// and their first beats, which are returned, are equally far apart: by `apart` at least.
  CycleRun answer_reads(Cycle until, std::uint32_t most, Cycle apart);
  /// The earliest first beat of the next answer.
  void read_taken(Cycle next_first_beat) { ready_for_answer_[kLoadMaster] = next_first_beat; }

 private:
  static constexpr Cycle kUnbooked = 256;  // cycles, at most

  struct Answer {
    Master master = kLoadMaster;
    Cycle accepted = 0;
    Cycle ready = 0;
    Cycle cycles = 1;
    std::uint32_t bytes = 0;  // that are read
  };

  void advance(Cycle now, bool all);
  void accept(Cycle now, bool all);
  Cycle next_write() const;
  /// The next read, in its cycle.
  Answer accept_read() {
    const Cycle at = next_read();
    const MemoryRead read = reads_.take(at, sent_reads_);
    next_master_ = kStoreMaster;
    request_free_ = at + 1;
    if (!answering_.last_holds(at)) {  // which is as busy
      requesting_.add(at, at + 1);
    }
    if (source_.observers.requests != nullptr) {
      trace(at, false, read.address, read.bytes);
    }
    return {kLoadMaster, at, at + latency_, answering_cycles(read), read.bytes};
  }
  Cycle answering_cycles(const MemoryRead& read) const {
    return Cycle{read.bytes >> bus_shift_} * cycles_per_beat_;
  }
  void take_reads(Cycle now, Cycle write);
  void take_write(Cycle first_cycle, Cycle at, Cycle now);
  void take_held(Cycle now);
  void answer(Cycle now);
  bool tell(const Answer& answer, Cycle now);
  void owe(const Answer& answer, Cycle now);
  Cycle first_beat(const Answer& answer) const {
    return std::max({answer.ready, response_free_, ready_for_answer_[answer.master]});
  }
  /// The response channel gives it from cycle `first` on.
  void give(const Answer& answer, Cycle first) {
    response_free_ = first + answer.cycles;
    answering_.add(first, response_free_);
    waiting_.add(answer.accepted, first);
  }
  /// Of answers to reads.
  static TransferRun transfers(const CycleRun& first_beats, Cycle cycles, std::uint32_t bytes) {
    return {first_beats.first, cycles, std::max(cycles, first_beats.apart),
            first_beats.count, bytes,  false};
  }
  void take_run(Cycle first, Cycle last, std::uint32_t count);
  Cycle known_until(Cycle now) const;
  void ring_next(Cycle now);
  void ring_for_reads(Cycle now);
  void book(Cycle until);
  void trace(Cycle now, bool write, std::uint64_t address, std::uint32_t bytes) const;

  DramSource& source_;
  const std::uint32_t bus_shift_;  // a beat is a power of two of bytes
  const std::uint32_t latency_;
  const std::uint32_t write_latency_;
  const std::uint32_t cycles_per_beat_;
  const std::uint32_t write_cycles_per_beat_;
  const Clients clients_;
  ReadPort reads_;
  TimedQueue<MemoryWrite> writes_;
  TimedQueue<bool> begun_;           // writes of which the first beat came, not yet accepted
  std::optional<MemoryWrite> held_;  // BEGIN_REQ without END_REQ
  Cycle write_closed_ = kNever;      // of the last write that had to wait
  std::array<Cycle, kMasters> ready_for_answer_{};
  Master next_master_ = kLoadMaster;
  Cycle request_free_ = 0;
  bool bursting_ = false;  // a write has begun and not ended
  Cycle burst_start_ = 0;
  Cycle response_free_ = 0;
  Ring<Answer> answers_;  // still to be told to their masters
  // Until they are booked, as far as they are known:
  Stretches requesting_;  // the request channel is taken
  Stretches answering_;   // the response channel is
  Stretches waiting_;     // an answer is awaited
  TransferRuns transfers_;
  Ledger booked_;
  LedgerLine ledger_{booked_, LedgerUnit::Dram};
};

}  // namespace systole

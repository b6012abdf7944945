#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "models/dram/dram_timing.hpp"
#include "models/dram/read_port.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/kernel/ring.hpp"
#include "sim/timing/ledger_line.hpp"
#include "sim/timing/timed_queue.hpp"

namespace systole {

/// When IdealDram (ideal_dram.hpp states the rules) takes requests and answers them.
///
/// Reads are taken when a write may come between them, or else when the first of them is answered:
/// many at once.
class IdealDramTiming final : public DramTiming {
 public:
  IdealDramTiming(const AcceleratorConfig& config, const Clients& clients, DramSource& source);

  void read(Cycle due, const MemoryRead& read) override;
  bool can_write(Cycle now) const override { return !waiting_ && write_closed_ != now; }
  void write(Cycle now, const MemoryWrite& write) override;
  void begin_write(Cycle now) override { begun_.push(now, {}); }
  void look(Cycle now) override { settle(now); }
  void settle(Cycle now) override;
  bool idle() const override { return answers_.empty() && !bursting_; }
  void close(Cycle end, Ledger& ledger, EventCounts& events) override;
  BandwidthSeries bandwidth() const override;
  void archive(StateArchive& archive) override;
  void book_until(Cycle now, Ledger& ledger) override;
  TransferRuns take_transfers() override;

 private:
  struct Answer {
    Master master = kLoadMaster;
    Cycle accepted = 0;
    Cycle ready = 0;
    Cycle cycles = 1;
    std::uint32_t bytes = 0;  // that are read
  };
  /// The response channel is taken.
  struct Answering {
    Cycle accepted = 0;
    Cycle first = 0;
    Cycle end = 0;
  };
  /// The request channel is.
  struct Requesting {
    Cycle first = 0;
    Cycle end = 0;
  };

  void accept(Cycle now);
  Cycle next_write() const;
  void take_read(Cycle at, Cycle now);
  void take_write(Cycle first_cycle, Cycle at, Cycle now);
  void take_waiting(Cycle now);
  void answer(Cycle now);
  bool tell(const Answer& answer, Cycle now);
  void owe(const Answer& answer, Cycle now);
  Cycle first_beat(Master master, Cycle ready) const {
    return std::max({ready, response_free_, ready_for_answer_[master]});
  }
  void ring_next(Cycle now);
  void ring_for_reads(Cycle now);
  void book(Cycle until);
  void trace(Cycle now, bool write, std::uint64_t address, std::uint32_t bytes) const;

  DramSource& source_;
  const std::uint32_t bus_bytes_;
  const std::uint32_t latency_;
  const std::uint32_t cycles_per_beat_;
  const std::uint32_t write_cycles_per_beat_;
  const Clients clients_;
  ReadPort reads_;
  TimedQueue<MemoryWrite> writes_;
  TimedQueue<bool> begun_;              // writes of which the first beat came, not yet accepted
  std::optional<MemoryWrite> waiting_;  // BEGIN_REQ without END_REQ
  Cycle write_closed_ = kNever;         // of the last write that had to wait
  std::array<Cycle, kMasters> ready_for_answer_{};
  Master next_master_ = kLoadMaster;
  Cycle request_free_ = 0;
  bool bursting_ = false;  // a write has begun and not ended
  Cycle burst_start_ = 0;
  Cycle response_free_ = 0;
  Ring<Answer> answers_;         // still to be told to their masters
  Ring<Answering> answering_;    // the others, until they are booked
  Ring<Requesting> requesting_;  // until they are booked
  TransferRuns transfers_;
  Ledger booked_;
  LedgerLine ledger_{booked_, LedgerUnit::Dram};
};

}  // namespace systole

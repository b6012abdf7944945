#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "models/dram/dram_timing.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/timing/ledger_line.hpp"
#include "sim/timing/timed_queue.hpp"

namespace systole {

/// When IdealDram (ideal_dram.hpp states the rules) takes requests and answers them.
class IdealDramTiming final : public DramTiming {
 public:
  IdealDramTiming(const AcceleratorConfig& config, const Clients& clients, DramSource& source);

  bool can_request(Master master, Cycle now) const override {
    const Port& port = ports_[master];
    return !port.waiting && port.request_closed != now;
  }
  void request(Master master, Cycle now, const MemoryRequest& request) override;
  void begin_burst(Master master, Cycle now) override { ports_[master].begun.push(now, {}); }
  void look(Cycle now) override;
  bool idle() const override { return answers_.empty() && !bursting_; }
  void close(Cycle end, Ledger& ledger, EventCounts& events) override;
  BandwidthSeries bandwidth() const override;
  void archive(StateArchive& archive) override;
  void book_until(Cycle now, Ledger& ledger) override;
  std::vector<DramTransfer> take_transfers() override { return std::exchange(transfers_, {}); }

 private:
  struct Port {
    Port(Alarm& master, Alarm& memory) : requests{2, master, memory}, begun{4, master, memory} {}
    TimedQueue<MemoryRequest> requests;
    TimedQueue<bool> begun;  // bursts of which the first beat came, not yet accepted
    Cycle ready_for_answer = 0;
    Cycle request_closed = kNever;         // of the last request that had to wait
    std::optional<MemoryRequest> waiting;  // BEGIN_REQ without END_REQ
  };
  struct Answer {
    Master master = kLoadMaster;
    std::uint32_t tag = 0;
    Cycle ready = 0;
    Cycle cycles = 1;
    std::uint32_t bytes = 0;  // that are read
  };
  /// The response channel is taken.
  struct Answering {
    Cycle first = 0;
    Cycle end = 0;
  };

  void book(Cycle until);
  void accept(Cycle now);
  void take_request(Master master, Cycle first_cycle, Cycle now);
  void take_waiting(Cycle now);
  void answer(Cycle now);
  Cycle next_answer() const;

  void tell(Cycle now, const MemoryRequest& request) const;

  DramSource& source_;
  const std::uint32_t bus_bytes_;
  const std::uint32_t latency_;
  const std::uint32_t cycles_per_beat_;
  const std::uint32_t write_cycles_per_beat_;
  std::array<Port, kMasters> ports_;
  const Clients clients_;
  std::size_t next_master_ = 0;
  Cycle request_free_ = 0;
  std::optional<Master> bursting_;  // whose write has begun and not ended
  Cycle burst_start_ = 0;
  Cycle response_free_ = 0;
  std::deque<Answer> answers_;       // still to be told to their masters
  std::deque<Answering> answering_;  // the others, until they are booked
  std::vector<DramTransfer> transfers_;
  Ledger booked_;
  LedgerLine ledger_{booked_, LedgerUnit::Dram};
};

}  // namespace systole

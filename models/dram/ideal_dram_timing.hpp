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

/// When IdealDram (ideal_dram.hpp states the rules) takes requests and answers them. Answers leave
/// in the order in which requests are accepted, so each one's time is known, and told, then.
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
  bool idle() const override { return !bursting_; }
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
  /// Cycles of an answer on the response channel.
  struct Response {
    Cycle start = 0;
    Cycle end = 0;  ///< first cycle behind it
  };

  void book(Cycle until);
  Cause cause_at(Cycle cycle) const;
  void answer(Master master, std::uint32_t tag, Cycle ready, Cycle cycles);
  void accept(Cycle now);
  void take_request(Master master, Cycle first_cycle, Cycle now);
  void take_waiting(Cycle now);
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
  std::deque<Response> responses_;  // that are not over
  std::vector<DramTransfer> transfers_;
  Ledger booked_;
  LedgerLine ledger_{booked_, LedgerUnit::Dram};
};

}  // namespace systole

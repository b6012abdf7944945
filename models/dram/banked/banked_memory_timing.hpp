#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/dram/banked/banked_dram.hpp"
#include "models/dram/banked/clock_crossing.hpp"
#include "models/dram/banked/layer_activity.hpp"
#include "models/dram/request_observer.hpp"
#include "sim/stats/bandwidth_series.hpp"
#include "sim/stats/ledger.hpp"
#include "sim/storage/ring.hpp"

namespace systole::dram {

/// How masters are joined to the memory. Times are in cycles of the core.
struct PortConfig {
  std::uint32_t core_mhz = 1000;
  std::uint32_t bus_bytes = 16;  ///< one beat; a power of two
  std::uint32_t cycles_per_beat = 1;
  std::uint32_t path_latency = 0;  ///< of interconnect and controller, there and back together
  std::uint32_t masters = 2;
};

/// A request of a master: an aligned block.
struct PortBurst {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
  bool write = false;
  std::uint64_t id = 0;      ///< the caller's own
  std::uint32_t useful = 0;  ///< bytes that bandwidth() counts: of a write those that are enabled
};

struct PortAnswer {
  std::uint32_t master = 0;
  std::uint64_t id = 0;
};

/// When a banked memory answers the masters of a machine: the one place for it, without data and
/// without a simulation kernel. `BankedMemory` (SystemC) ticks it every cycle; a caller that
/// skips cycles ticks it in those that next_event() names and gets the same.
///
/// Policy, a sentence each:
/// - Request channel: masters take turns (round robin), a read holds the channel for a cycle, a
///   write for those of its beats, and nothing behind the channel holds it up.
/// - There: a burst is cut into requests of the memory, which go to the controller in order, one in
///   each memory cycle and channel at most, the first in the first memory cycle that starts after
///   the burst's last cycle on the request channel; one that the controller refuses holds up those
///   behind it.
/// - Back: a read is ready `path_latency` after the first core cycle that starts when its last data
///   are there; a write (posted) the same after the memory cycle in which its last request was
///   accepted.
/// - Order: the controller may reorder, a master's answers leave in the order of its requests; of
///   the masters whose next answer is ready the one with the older request goes first.
/// - Response channel: a read holds it for its beats, an acknowledgement for one cycle; an answer
///   also waits until its master can take it.
/// - A layer starts with closed rows and in the middle between two refreshes, at a common edge
///   of both clocks, and ends when everything written is in the banks: its cycles do not depend on
///   the layers before, and layers of any length see as many refreshes as they would on average.
/// - Observers see the memory go on after a layer: its next refresh closes the rows, and the next
///   layer starts half of tREFI later. That is in no count and takes no cycle of a layer.
/// - Bytes: of two bursts for one address, the one that left the request channel first comes first.
///
/// Calls must not go back in time. A request in cycle t is on the request channel from t + 1 on. In
/// a cycle, requests and the tick may come in any order.
class BankedMemoryTiming {
 public:
  /// Observers may be null; they must outlive the object.
  BankedMemoryTiming(Config memory, const PortConfig& port, CommandObserver* commands = nullptr,
                     RequestObserver* requests = nullptr);

  void start_layer(std::uint64_t now);
  /// Observers' cycles count from `cycle` on, before the first layer; and where the next layer's
  /// do, after finish_layer.
  void start_trace(std::uint64_t cycle) { shifted_.base = trace_end_ = cycle; }
  std::uint64_t trace_end() const { return trace_end_; }
  /// All that happened since start_layer, this cycle included.
  LayerActivity finish_layer(std::uint64_t now);

  /// One request of a master (BEGIN_REQ). True: it can send another in the next cycle; false: in
  /// the cycle after that in which released() names it. Addresses must lie in the memory.
  bool request(std::uint32_t master, const PortBurst& burst, std::uint64_t now);

  void tick(std::uint64_t now);

  /// Under which the ledger books the cycle of the last tick, for who ticks in every cycle; what
  /// finish_layer tells is the sum of these.
  Cause cause() const {
    if (responding_ || ticked_ < request_free_) {
      return Cause::Busy;
    }
    const bool idle =
        open_reads_ + open_writes_ == 0 && ticked_ >= std::max(response_free_, drained_);
    return idle ? Cause::Idle : Cause::WaitDram;
  }

  // What the last tick brought:
  /// The burst that left the queue of its master in this very cycle: the moment of its bytes.
  const std::optional<std::uint64_t>& accepted() const { return accepted_; }
  /// The answer whose first beat (or acknowledgement) is at its master in the next cycle.
  const std::optional<PortAnswer>& answered() const { return answered_; }
  /// Masters whose request was held and is now taken (END_REQ).
  const std::vector<std::uint32_t>& released() const { return released_; }

  /// The earliest cycle of the next first beat that a master can take (END_RESP).
  void ready_for_answer(std::uint32_t master, std::uint64_t cycle) {
    masters_[master].ready_for_answer = cycle - start_;
    memory_due_.reset();
  }

  /// No request waits, every answer has left, every write is in the banks.
  bool idle() const { return open_reads_ + open_writes_ + queued_ == 0 && drained_ <= ticked_; }

  /// The next cycle in which tick() may bring an answer, take a held request or be idle() if no
  /// request comes before; kNever if none.
  std::uint64_t next_event() {
    const std::uint64_t due = held_ != 0 ? std::min(request_due_, memory_due()) : memory_due();
    return due == kNever ? kNever : start_ + std::max(due, ticked_ + 1);
  }
  /// The next tick looks at everything, which must change nothing (tests hold it).
  void forget_due() {
    request_due_ = std::min(request_due_, ticked_ + 1);
    memory_due_ = 0;
  }

  const Config& config() const { return config_; }
  /// Useful bytes, while their beats are on the request or the response channel.
  const BandwidthSeries& bandwidth() const { return bandwidth_; }
  std::uint64_t latency_of_closed_bank() const;  ///< core cycles of a request to an idle memory

 private:
  static constexpr std::size_t kQueue = 2;  // bursts of a master before the request channel

  struct Master {  // bursts are places in bursts_
    Ring<std::uint32_t> requests;
    std::optional<std::uint32_t> held;  // has no room in the queue yet
    std::uint64_t popped = 0;           // last cycle in which one left the queue
    std::uint64_t ready_for_answer = 0;
    Ring<std::uint32_t> unanswered;  // in the order of acceptance
    bool has_room(std::uint64_t t) const {
      return requests.size() + (popped == t && t != 0 ? 1 : 0) < kQueue;
    }
  };
  /// A burst from its request to its answer, or to its last write.
  struct Open {
    PortBurst burst;
    std::uint64_t pushed = 0;         // cycle of the request, or in which it was no longer held
    std::uint64_t sequence = 0;       // of those that the request channel has taken
    std::uint32_t offers_left = 0;    // requests that the controller has not accepted
    std::uint32_t accesses_left = 0;  // and those whose column command has not started
    std::uint64_t data_end = 0;       // core cycle in which the data of the others have moved
    std::uint64_t ready = kNever;     // core cycle of its first beat at the earliest
    bool answered = false;
  };
  struct Offer {
    std::uint64_t address = 0;
    std::uint32_t open = 0;
    Cycle from = 0;
  };

  void book_busy(std::uint64_t from, std::uint64_t end);
  void book_idle(std::uint64_t t);
  void accept_before(std::uint64_t end);
  void find_request_due(std::uint64_t t);
  std::uint64_t memory_due() {
    if (!memory_due_) {
      memory_due_ = find_memory_due();
    }
    return *memory_due_;
  }
  std::uint64_t find_memory_due();
  std::uint64_t soonest_ready(bool write);
  /// When the answer of a queued burst is decided at the earliest.
  std::uint64_t soonest_answer(const PortBurst& burst) const {
    return request_due_ + clocks_.core_from(burst.write ? 1 : soonest_read_) + port_.path_latency;
  }
  /// The cycle of the next offer at the earliest; kNever without one.
  Cycle next_offer() const {
    return offers_.empty() ? kNever : std::max({offers_.front().from, retry_, offer_cycle_});
  }
  void run_memory(Cycle end);
  inline bool offer(Cycle cycle);
  inline void take_completions();
  void answer(std::uint64_t t);
  inline void accept(std::uint64_t t);
  void release(std::uint64_t t);
  /// So many turns behind that of the next one, at most a round.
  std::size_t later_master(std::size_t turns) const {
    const std::size_t master = next_master_ + turns;
    return master < masters_.size() ? master : master - masters_.size();
  }
  inline void dispatch(std::uint32_t index);
  inline void close_if_done(std::uint32_t index);
  inline std::uint32_t allocate();
  inline std::uint64_t beat_cycles(const PortBurst& burst) const;
  void end_trace_of_layer(Cycle end);

  const Config config_;
  const PortConfig port_;
  const ClockCrossing clocks_;
  const std::uint32_t request_shift_;  // both are powers of two
  const std::uint32_t bus_shift_;
  const Cycle origin_;         // memory cycle in which a layer starts
  const Cycle soonest_read_;   // cycles from the start of a read to the end of its data
  const Cycle soonest_write_;  // and of a write
  CommandObserver* const command_observer_;
  RequestObserver* const request_observer_;
  struct ShiftedCommands final : CommandObserver {
    CommandObserver* to = nullptr;
    Cycle base = 0;
    void on_command(const IssuedCommand& command) override;
    void on_settled(Cycle cycle) override;
  };
  ShiftedCommands shifted_;
  Cycle trace_end_ = 0;  // where the next layer's cycles count from
  std::unique_ptr<BankedDram> memory_;
  std::uint64_t start_ = 0;  // of the layer; all times below are from there on
  std::vector<Master> masters_;
  std::size_t next_master_ = 0;
  std::uint64_t request_free_ = 0;   // first cycle in which the request channel is free,
  std::uint64_t response_free_ = 1;  // and the response channel
  Ring<Offer> offers_;               // in order, on the way to the controller
  Cycle offer_cycle_ = 0;            // of the last offer,
  std::uint32_t offered_ = 0;        // how many were accepted in it,
  Cycle retry_ = 0;                  // and when the first is worth offering again
  std::vector<Open> bursts_;
  std::vector<std::uint32_t> free_bursts_;
  std::uint64_t open_reads_ = 0;   // that are not answered
  std::uint64_t open_writes_ = 0;  // that are not answered, or whose data have no cycle yet
  std::uint64_t drained_ = 0;      // cycle in which the other writes are in the banks
  std::uint64_t queued_ = 0;       // bursts that the request channel has not taken,
  std::uint64_t held_ = 0;         // and those of them that are held
  std::uint64_t next_sequence_ = 0;
  std::optional<std::uint64_t> accepted_;
  std::optional<PortAnswer> answered_;
  std::vector<std::uint32_t> released_;
  std::uint64_t ticked_ = 0;                 // last tick
  bool responding_ = false;                  // the response channel was taken in its cycle
  std::uint64_t request_due_ = kNever;       // next cycle in which something happens to a request
  std::optional<std::uint64_t> memory_due_;  // a tick before brings no answer; if it is known
  std::uint64_t busy_cycles_ = 0;  // with a beat on a channel; the last is that before busy_end_
  std::uint64_t busy_end_ = 0;
  std::uint64_t idle_cycles_ = 0;  // up to the last burst that was accepted
  BandwidthSeries bandwidth_;
};

}  // namespace systole::dram

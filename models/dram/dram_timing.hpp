#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/dram/banked/config.hpp"
#include "models/dram/dram_block_config.hpp"
#include "models/dram/dram_observers.hpp"
#include "sim/stats/bandwidth_series.hpp"
#include "sim/stats/events.hpp"
#include "sim/stats/ledger.hpp"
#include "sim/stats/transfer_runs.hpp"
#include "sim/timing/alarm.hpp"
#include "sim/timing/cycle_run.hpp"

namespace systole {

/// The units that talk to the DRAM.
enum Master : std::uint8_t { kLoadMaster, kStoreMaster, kMasters };

/// A burst of the load unit on its way to the DRAM.
struct MemoryRead {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;

  /// Of the aligned block of so many bytes, a power of two, that holds an address.
  static MemoryRead block_at(std::uint64_t address, std::uint32_t bytes) {
    return {address & ~std::uint64_t{bytes - 1}, bytes};
  }
};

/// One of the store unit.
struct MemoryWrite {
  std::uint64_t address = 0;  ///< of the block
  std::uint32_t bytes = 0;    ///< of the block
  std::uint32_t useful = 0;   ///< bytes that are enabled
  bool begun = false;         ///< its first beat came before (begin_write)
};

/// When the beats of an answer are at the unit. A unit's answers come in the order of its requests.
struct MemoryResponse {
  Cycle first_beat = 0;
  std::uint32_t cycles_per_beat = 1;
};

class IdealDramTiming;

/// The units' side: takes an answer, returns the earliest first beat of the next one.
class MemoryMaster {
 public:
  virtual Cycle take_response(const MemoryResponse& response) = 0;
  /// Takes the answer of the next read of an ideal DRAM ahead, and of those after it that the DRAM
  /// takes up to cycle `until`, as long as they can be taken ahead: no write comes between.
  virtual void take_reads(IdealDramTiming& dram, Cycle until);
  /// Whether it can take its next answer as soon as its cycles are known; else in the cycle before
  /// the first beat.
  virtual bool takes_ahead() const = 0;

 protected:
  ~MemoryMaster() = default;
};

/// A unit with its alarm.
struct MemoryClient {
  MemoryMaster* unit = nullptr;
  Alarm* alarm = nullptr;
};

/// The memory behind DramPort (dram_port.hpp) without a kernel.
class DramTiming {
 public:
  using Clients = std::array<MemoryClient, kMasters>;

  virtual ~DramTiming() = default;

  Alarm alarm;

  /// The next read. It is sent in cycle `due`, or in the first one after it in which it can be; the
  /// load unit sends one a cycle, in this order, and none while the one before waits.
  virtual void read(Cycle due, const MemoryRead& read) = 0;
  /// Reads that are due in these cycles: of aligned blocks of so many bytes, each that which holds
  /// an address so many behind the one before.
  virtual void read_alike(const CycleRun& due, const MemoryRead& first, std::uint64_t apart);
  /// Cycles in which reads were sent, and some in which they will be, each told once.
  template <typename Visit>
  void take_sent_reads(Visit visit) {
    for (const Cycle sent : sent_reads_) {
      visit(sent);
    }
    sent_reads_.clear();
  }
  /// First beat of the next answer to the load unit at the earliest, when the memory was looked at
  /// whenever it rang before cycle `now`; kNever if no read is known.
  virtual Cycle next_answer_from(Cycle now) const { return now + 1; }
  virtual bool can_write(Cycle now) const = 0;
  virtual void write(Cycle now, const MemoryWrite& write) = 0;
  /// The first beat of a write is there; the write follows with the last one.
  virtual void begin_write(Cycle now) = 0;
  virtual void look(Cycle now) = 0;
  /// Does now what a look behind cycle `now` would find to have happened up to it.
  virtual void settle(Cycle now) { static_cast<void>(now); }
  /// Nothing is on its way; what was written is in the memory.
  virtual bool idle() const = 0;
  /// The layer has ended: books its last cycles.
  virtual void close(Cycle end, Ledger& ledger, EventCounts& events) = 0;
  /// Since the layer's start, or the last take_transfers().
  virtual BandwidthSeries bandwidth() const = 0;

  /// Of memories whose future tells nothing of the past but what an archive can hold; the others
  /// throw std::logic_error.
  virtual void archive(StateArchive& archive);
  /// Books the cycles up to `now`.
  virtual void book_until(Cycle now, Ledger& ledger);
  /// What bandwidth() is made of; it starts anew.
  virtual TransferRuns take_transfers();

 protected:
  std::vector<Cycle> sent_reads_;
};

/// The memory of one machine over all its layers: what is read once, and who looks at it.
struct DramSource {
  std::optional<dram::Config> banked;  ///< none: ideal
  DramObservers observers;
  std::uint64_t trace_start = 0;  ///< cycle of the observers in which the next layer starts
};

/// As configured, for one layer; `source` outlives it, and is told where the layer ends.
std::unique_ptr<DramTiming> make_dram_timing(const DramBlockConfig& config,
                                             const DramTiming::Clients& clients,
                                             DramSource& source);

}  // namespace systole

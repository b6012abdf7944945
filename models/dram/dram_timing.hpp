#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/dram/banked/config.hpp"
#include "models/dram/dram_observers.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/stats/bandwidth_series.hpp"
#include "sim/stats/events.hpp"
#include "sim/stats/ledger.hpp"
#include "sim/timing/alarm.hpp"

namespace systole {

/// The units that talk to the DRAM.
enum Master : std::uint8_t { kLoadMaster, kStoreMaster, kMasters };

/// A burst on its way to the DRAM.
struct MemoryRequest {
  std::uint64_t address = 0;  ///< of the block
  std::uint32_t bytes = 0;    ///< of the block
  std::uint32_t useful = 0;   ///< bytes that count: of a read all, of a write those enabled
  bool write = false;
  std::uint32_t tag = 0;
  bool begun = false;  ///< a write whose first beat came before (begin_burst)
};

/// When the beats of an answer are at the unit.
struct MemoryResponse {
  std::uint32_t tag = 0;
  Cycle first_beat = 0;
  std::uint32_t cycles_per_beat = 1;
};

/// Bytes that the memory took or gave in the cycles [first, first + cycles).
struct DramTransfer {
  Cycle first = 0;
  Cycle cycles = 1;
  std::uint32_t bytes = 0;
  bool write = false;
};

/// The units' side: takes an answer, returns the earliest first beat of the next one.
class MemoryMaster {
 public:
  virtual Cycle take_response(const MemoryResponse& response) = 0;
  /// Whether it can take the answer to this burst as soon as its cycles are known; else in the
  /// cycle before the first beat.
  virtual bool takes_ahead(std::uint32_t tag) const = 0;

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

  virtual bool can_request(Master master, Cycle now) const = 0;
  virtual void request(Master master, Cycle now, const MemoryRequest& request) = 0;
  /// The first beat of a write is there; its request follows with the last one.
  virtual void begin_burst(Master master, Cycle now) = 0;
  virtual void look(Cycle now) = 0;
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
  virtual std::vector<DramTransfer> take_transfers();
};

/// The memory of one machine over all its layers: what is read once, and who looks at it.
struct DramSource {
  std::optional<dram::Config> banked;  ///< none: ideal
  DramObservers observers;
  std::uint64_t trace_start = 0;  ///< cycle of the observers in which the next layer starts
};

/// As configured, for one layer; `source` outlives it, and is told where the layer ends.
std::unique_ptr<DramTiming> make_dram_timing(const AcceleratorConfig& config,
                                             const DramTiming::Clients& clients,
                                             DramSource& source);

}  // namespace systole

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace systole {

/// What the machine counts, in every engine. Energy is counts times a table's entries.
enum class Event : std::uint8_t {
  Mac,
  MacZeroOperand,
  MacPadding,
  ArrayRegisterWriteBits,
  IfmapToggles,
  WeightToggles,
  PsumToggles,
  DrainToggles,
  MultiplierToggles,
  ScratchpadReadBits,
  ScratchpadWriteBits,
  WeightScratchpadReadBits,
  WeightScratchpadWriteBits,
  AccumulatorReadBits,
  AccumulatorWriteBits,
  AccumulatorAdd,
  RequantMultiply,
  RequantShift,
  RequantAdd,
  VectorAdd,
  VectorMultiply,
  VectorCompare,
  VectorMac,
  DramReadIfmapBytes,
  DramReadWeightBytes,
  DramReadBiasBytes,
  DramReadRequantBytes,
  DramFetchedBytes,
  DramWriteBytes,
  DramReadBursts,
  DramWriteBursts,
  DramReadAccesses,
  DramWriteAccesses,
  DramRowHits,
  DramRowMisses,
  DramRowConflicts,
  DramActivates,
  DramPrecharges,
  DramRefreshes,
  DramActiveCycles,
  DramPrechargedCycles,
  BankConflicts,
  Folds,
  PsumOverflows,
  HostReadBytes,
  HostWriteBytes,
  Count
};
constexpr std::size_t kEvents = static_cast<std::size_t>(Event::Count);

struct EventInfo {
  const char* name;  ///< as in the JSON report
  const char* unit;
  const char* what;
};
const EventInfo& event_info(Event event);

/// Whether the event is counted with energy.switching_activity only.
constexpr bool is_switching_activity(Event event) {
  return event == Event::IfmapToggles || event == Event::WeightToggles ||
         event == Event::PsumToggles || event == Event::DrainToggles ||
         event == Event::MultiplierToggles;
}

/// Whether the count depends on the values that run through the machine.
constexpr bool depends_on_values(Event event) {
  return event == Event::MacZeroOperand || event == Event::PsumOverflows ||
         is_switching_activity(event);
}

/// One number per event.
class EventCounts {
 public:
  std::uint64_t operator[](Event e) const { return counts_[static_cast<std::size_t>(e)]; }
  void add(Event e, std::uint64_t n = 1) { counts_[static_cast<std::size_t>(e)] += n; }
  std::uint64_t sum() const;  ///< of all events: grows while anything happens
  EventCounts& operator+=(const EventCounts& o);
  EventCounts operator-(const EventCounts& o) const;
  bool operator==(const EventCounts& o) const { return counts_ == o.counts_; }

 private:
  std::array<std::uint64_t, kEvents> counts_{};
};

}  // namespace systole

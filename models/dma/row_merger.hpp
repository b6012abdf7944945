#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cstdint>

#include "sim/network/ceil_div.hpp"
#include "sim/program/burst.hpp"

namespace systole {

/// A part of a burst that falls into one local row, and the cycle in which the merger sends it.
struct MergedPart {
  std::uint64_t row_offset = 0;    ///< of the first byte from the start of the first local row
  std::uint32_t block = 0;         ///< number of the local row
  std::uint32_t burst_offset = 0;  ///< of the same byte in the burst
  std::uint32_t bytes = 0;
  std::uint64_t sent = 0;

  /// Whether it ends a local row of a DRAM row.
  bool ends_row(std::uint32_t local_row_bytes, std::uint64_t dram_row_bytes) const {
    const std::uint64_t end = row_offset + bytes;
    return end % local_row_bytes == 0 || end == dram_row_bytes;
  }
};

using MergedParts = boost::container::small_vector<MergedPart, 8>;

/// When each beat of a burst is at the port.
struct BeatTimes {
  std::uint64_t first = 0;
  std::uint32_t cycles_per_beat = 1;

  std::uint64_t at(std::uint64_t beat) const { return first + beat * cycles_per_beat; }
};

/// Puts local rows together from the beats of one burst after the other.
///
/// A beat at the port in cycle t is in the merger in t + data_latency. In each cycle the merger
/// sends the next part of a local row if a whole row's worth of wanted bytes is there, or all that
/// is wanted, and the register behind is free. A burst leaves the merger with its last part, or,
/// when its last beats hold nothing wanted, the cycle after the last beat; only then can the next
/// one come in. (Gemmini's BeatMerger; held against its RTL in tests/validation.)
class RowMerger {
 public:
  RowMerger(std::uint32_t bus_bytes, std::uint32_t data_latency)
      : bus_shift_{static_cast<std::uint32_t>(__builtin_ctz(bus_bytes))},
        data_latency_{data_latency} {}

  /// Takes a burst whose first wanted byte goes `row_offset` bytes behind the start of the first
  /// local row of its DRAM row. The register
  /// behind can take a part in cycle `register_free`, and another `copies` cycles later.
  MergedParts take(const Burst& burst, std::uint64_t row_offset, std::uint32_t local_row_bytes,
                   std::uint32_t copies, std::uint64_t register_free, BeatTimes beats);
  /// The same, calling `send(part)` for each.
  template <typename Send>
  void take_each(const Burst& burst, std::uint64_t row_offset, std::uint32_t local_row_bytes,
                 std::uint32_t copies, std::uint64_t register_free, BeatTimes beats, Send send);

  std::uint32_t beats_of(const Burst& burst) const { return burst.size >> bus_shift_; }

  /// Calls `visit(beat, offset, bytes)` for each part of a burst, as of take(): the beat with which
  /// it is there, and which of the wanted bytes it is.
  template <typename Visit>
  void each_part(const Burst& burst, std::uint64_t row_offset, std::uint32_t local_row_bytes,
                 Visit visit) const {
    const auto lead = static_cast<std::uint32_t>(burst.useful_first - burst.address);
    const std::uint64_t rows_before = quotient(row_offset, local_row_bytes);
    auto room = static_cast<std::uint32_t>((rows_before + 1) * local_row_bytes - row_offset);
    for (std::uint32_t sent = 0; sent < burst.useful;) {
      // A whole row's worth of wanted bytes, or all of them, are there with this beat.
      const std::uint32_t enough = lead + std::min(sent + local_row_bytes, burst.useful);
      const std::uint32_t bytes = std::min(room, burst.useful - sent);
      visit((enough - 1) >> bus_shift_, sent, bytes);
      sent += bytes;
      room = local_row_bytes;
    }
  }

  /// A burst of so many beats whose parts are there with `part_beats`, each a row that is written
  /// once: sets `sent` to when each is sent if the register behind is free by then, and returns
  /// when the burst leaves, all from its first beat on.
  std::uint64_t leaves_after(const std::uint32_t* part_beats, std::uint32_t parts,
                             std::uint32_t beats, std::uint32_t cycles_per_beat,
                             std::uint64_t* sent) const {
    const BeatTimes times{0, cycles_per_beat};
    std::uint64_t free = 0;
    for (std::uint32_t part = 0; part < parts; ++part) {
      sent[part] = std::max(free, times.at(part_beats[part]) + data_latency_);
      free = sent[part] + 1;
    }
    return leaves(free - 1, times.at(beats - 1));
  }
  /// Earliest first beat of the burst behind one that leaves in that cycle.
  std::uint64_t first_beat_behind(std::uint64_t leaves) const {
    return leaves < data_latency_ ? 0 : leaves - data_latency_ + 1;
  }
  /// Takes a burst that leaves in that cycle.
  void take(std::uint64_t leaves) { ready_ = leaves; }

  /// Earliest cycle in which the first beat of the next burst can be at the port.
  std::uint64_t next_first_beat() const { return first_beat_behind(ready_); }

 private:
  /// The last part is sent in one cycle, the last beat at the port in the other.
  std::uint64_t leaves(std::uint64_t last_sent, std::uint64_t last_beat) const {
    last_beat += data_latency_;
    return last_sent >= last_beat ? last_sent : last_beat + 1;
  }

  const std::uint32_t bus_shift_;  // bus_bytes is a power of two
  const std::uint32_t data_latency_;
  std::uint64_t ready_ = 0;  // cycle in which the last burst leaves
};

template <typename Send>
void RowMerger::take_each(const Burst& burst, std::uint64_t row_offset,
                          std::uint32_t local_row_bytes, std::uint32_t copies,
                          std::uint64_t register_free, BeatTimes beats, Send send) {
  const auto lead = static_cast<std::uint32_t>(burst.useful_first - burst.address);
  auto block = static_cast<std::uint32_t>(quotient(row_offset, local_row_bytes));
  std::uint64_t free = register_free;  // first cycle in which the next part can be sent
  MergedPart part;
  each_part(burst, row_offset, local_row_bytes,
            [&](std::uint32_t beat, std::uint32_t offset, std::uint32_t bytes) {
              part.row_offset = row_offset + offset;
              part.block = block++;
              part.burst_offset = lead + offset;
              part.bytes = bytes;
              part.sent = std::max(free, beats.at(beat) + data_latency_);
              free = part.sent + copies;
              send(static_cast<const MergedPart&>(part));
            });
  ready_ = leaves(part.sent, beats.at(beats_of(burst) - 1));
}

}  // namespace systole

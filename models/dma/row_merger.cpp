#include "models/dma/row_merger.hpp"

#include <algorithm>

namespace systole {

MergedParts RowMerger::take(const Burst& burst, std::uint64_t row_offset,
                            std::uint32_t local_row_bytes, std::uint32_t copies,
                            std::uint64_t register_free, BeatTimes beats) {
  const auto lead = static_cast<std::uint32_t>(burst.useful_first - burst.address);
  const std::uint32_t beat_count = burst.size / bus_bytes_;
  const auto wanted_after = [&](std::uint32_t beat) {
    const std::uint32_t bytes = (beat + 1) * bus_bytes_;
    return bytes <= lead ? 0 : std::min(bytes - lead, burst.useful);
  };
  MergedParts parts;
  std::uint32_t sent = 0;
  std::uint64_t free = register_free;  // first cycle in which the next part can be sent
  std::uint64_t last_sent = 0;
  for (std::uint32_t beat = 0; sent < burst.useful;) {
    const std::uint32_t here = wanted_after(beat);
    const bool enough = here > sent && (here - sent >= local_row_bytes || here == burst.useful);
    if (!enough) {
      ++beat;
      continue;
    }
    MergedPart part;
    part.row_offset = row_offset + sent;
    part.burst_offset = lead + sent;
    part.bytes =
        std::min(local_row_bytes - static_cast<std::uint32_t>(part.row_offset % local_row_bytes),
                 burst.useful - sent);
    part.sent = std::max(free, beats.at(beat) + data_latency_);
    last_sent = part.sent;
    free = part.sent + copies;
    sent += part.bytes;
    parts.push_back(part);
  }
  const std::uint64_t last_beat = beats.at(beat_count - 1) + data_latency_;
  ready_ = last_sent >= last_beat ? last_sent : last_beat + 1;
  return parts;
}

}  // namespace systole

#include "models/dma/row_merger.hpp"

namespace systole {

MergedParts RowMerger::take(const Burst& burst, std::uint64_t row_offset,
                            std::uint32_t local_row_bytes, std::uint32_t copies,
                            std::uint64_t register_free, BeatTimes beats) {
  MergedParts parts;
  take_each(burst, row_offset, local_row_bytes, copies, register_free, beats,
            [&](const MergedPart& part) { parts.push_back(part); });
  return parts;
}

}  // namespace systole

#include "sim/program/footprint.hpp"

#include <algorithm>

namespace systole {
namespace {

/// The bits of a set of regions that a memory has.
struct Share {
  std::uint32_t first;
  std::uint32_t count;
};
constexpr std::array<Share, 4> kShares{{{0, 32}, {32, 16}, {48, 12}, {60, 4}}};  // by LocalMemory

bool any_overlap(const HazardRanges& ranges, const RowRange& with) {
  for (const RowRange& range : ranges) {  // one or two
    if (range.overlaps(with)) {
      return true;
    }
  }
  return false;
}

}  // namespace

CommandUnit unit_of(const Command& command) {
  switch (command_class(command)) {
    case CommandClass::Load:
      return CommandUnit::Load;
    case CommandClass::Store:
      return CommandUnit::Store;
    case CommandClass::Execute:
      break;
  }
  return is_for_vector_unit(command) ? CommandUnit::Vector : CommandUnit::Array;
}

LedgerUnit ledger_unit(CommandUnit unit) {
  constexpr std::array kUnits{LedgerUnit::Load, LedgerUnit::Array, LedgerUnit::Vector,
                              LedgerUnit::Store};
  return kUnits.at(static_cast<std::size_t>(unit));
}

Footprints::Footprints(const LocalShape& shape) : shape_{shape} {
  for (std::size_t memory = 0; memory < kMemories; ++memory) {
    const std::uint32_t rows = shape.memories[memory].rows;
    while (rows > std::uint64_t{kShares[memory].count} << row_bits_[memory]) {
      ++row_bits_[memory];
    }
  }
}

Footprint Footprints::of(const Command& command) const {
  Footprint footprint{
      unit_of(command), pads(command), {}, writes(command, shape_), reads(command, shape_)};
  for (const RowRange& range : footprint.reads) {
    footprint.regions.read |= region(range);
  }
  if (footprint.written.rows > 0) {
    footprint.regions.written = region(footprint.written);
  }
  return footprint;
}

std::uint64_t Footprints::region(const RowRange& rows) const {
  const auto memory = static_cast<std::size_t>(rows.memory);
  const Share& share = kShares[memory];
  const auto bit_of = [&](std::uint32_t row) {
    return std::min(row >> row_bits_[memory], share.count - 1);
  };
  const std::uint32_t first = bit_of(rows.first);
  const std::uint32_t last = bit_of(rows.first + rows.rows - 1);
  return ((std::uint64_t{2} << (last - first)) - 1) << (share.first + first);
}

bool conflict_within_regions(const Footprint& older, const Footprint& younger) {
  if (older.unit == younger.unit) {  // loads, one of them of padding
    return older.written.overlaps(younger.written);
  }
  return any_overlap(younger.reads, older.written) || any_overlap(older.reads, younger.written) ||
         older.written.overlaps(younger.written);
}

}  // namespace systole

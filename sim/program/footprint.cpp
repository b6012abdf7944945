#include "sim/program/footprint.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace systole {
namespace {

bool any_overlap(const HazardRanges& a, const HazardRanges& b) {
  for (const RowRange& x : a) {
    for (const RowRange& y : b) {
      if (x.overlaps(y)) {
        return true;
      }
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

Footprint footprint(const Command& command, const AcceleratorConfig& config) {
  return {unit_of(command), reads(command, config), writes(command, config), pads(command)};
}

bool conflict_of_units(const Footprint& older, const Footprint& younger) {
  return any_overlap(older.writes, younger.reads) || any_overlap(older.writes, younger.writes) ||
         any_overlap(older.reads, younger.writes);
}

bool conflict_of_loads(const Footprint& older, const Footprint& younger) {
  return older.pads != younger.pads && any_overlap(older.writes, younger.writes);
}

void KnownFootprints::forget() { std::fill(known_.begin(), known_.end(), Known{}); }

void FootprintHull::add(const Footprint& of) {
  for (const HazardRanges* ranges : {&of.reads, &of.writes}) {
    for (const RowRange& range : *ranges) {
      Extent& extent = extents_[static_cast<std::size_t>(range.memory)];
      extent.first = std::min(extent.first, range.first);
      extent.end = std::max(extent.end, range.first + range.rows);
    }
  }
}

bool FootprintHull::meets(const HazardRanges& ranges) const {
  return std::any_of(ranges.begin(), ranges.end(), [this](const RowRange& range) {
    const Extent& extent = extents_[static_cast<std::size_t>(range.memory)];
    return range.first < extent.end && extent.first < range.first + range.rows;
  });
}

}  // namespace systole

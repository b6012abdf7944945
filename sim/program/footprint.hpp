#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/program/hazards.hpp"
#include "sim/stats/ledger.hpp"

namespace systole {

/// The unit that carries a command out.
enum class CommandUnit : std::uint8_t { Load, Array, Vector, Store };
constexpr std::size_t kCommandUnits = 4;
CommandUnit unit_of(const Command& command);
LedgerUnit ledger_unit(CommandUnit unit);

/// The local memories in 64 parts, a bit each: where some commands may read and write. Tells in a
/// few instructions of most pairs of commands that they do not meet.
struct Regions {
  std::uint64_t read = 0;
  std::uint64_t written = 0;

  /// False only if none of the ones has to wait for one of the others.
  bool meet(const Regions& others) const {
    return ((written & (others.read | others.written)) | (read & others.written)) != 0;
  }
  Regions& operator|=(const Regions& others) {
    read |= others.read;
    written |= others.written;
    return *this;
  }
};

/// What the reservation station knows of a command's operands.
struct Footprint {
  CommandUnit unit = CommandUnit::Load;
  bool pads = false;  ///< padding that waits for a cycle without data
  Regions regions;
  RowRange written;
  HazardRanges reads;
};

/// Finds the footprints of a machine's commands.
class Footprints {
 public:
  explicit Footprints(const LocalShape& shape);
  Footprint of(const Command& command) const;

 private:
  static constexpr std::size_t kMemories = 4;

  std::uint64_t region(const RowRange& rows) const;

  const LocalShape shape_;
  std::array<std::uint32_t, kMemories> row_bits_{};  // log2 of the rows of a region; by LocalMemory
};

/// conflict() of commands whose regions meet.
bool conflict_within_regions(const Footprint& older, const Footprint& younger);
/// The younger command has to wait until the older one has completed: a unit takes its commands in
/// order, but for padding, which data can overtake and which can overtake data on their way.
inline bool conflict(const Footprint& older, const Footprint& younger) {
  if (older.unit == younger.unit &&
      (older.unit != CommandUnit::Load || older.pads == younger.pads)) {
    return false;
  }
  return older.regions.meet(younger.regions) && conflict_within_regions(older, younger);
}

}  // namespace systole

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/hazards.hpp"
#include "sim/stats/ledger.hpp"

namespace systole {

/// The unit that carries a command out.
enum class CommandUnit : std::uint8_t { Load, Array, Vector, Store };
CommandUnit unit_of(const Command& command);
LedgerUnit ledger_unit(CommandUnit unit);

/// What the reservation station knows of a command's operands.
struct Footprint {
  CommandUnit unit = CommandUnit::Load;
  HazardRanges reads;
  HazardRanges writes;
  bool pads = false;  ///< padding that waits for a cycle without data
};
Footprint footprint(const Command& command, const AcceleratorConfig& config);

/// The younger command has to wait until the older one has completed: a unit takes its commands in
/// order, but for padding, which data can overtake and which can overtake data on their way.
bool conflict(const Footprint& older, const Footprint& younger);

/// Rows of each memory from the first to the last that some commands touch.
class FootprintHull {
 public:
  void add(const Footprint& of);
  /// False only if none of the commands meets it.
  bool meets(const Footprint& of) const { return meets(of.reads) || meets(of.writes); }

 private:
  static constexpr std::size_t kMemories = 4;
  struct Extent {
    std::uint32_t first = ~0U;
    std::uint32_t end = 0;
  };

  bool meets(const HazardRanges& ranges) const;

  std::array<Extent, kMemories> extents_;  // by LocalMemory
};

}  // namespace systole

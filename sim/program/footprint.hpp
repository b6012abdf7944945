#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

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

/// conflict() of commands of two units.
bool conflict_of_units(const Footprint& older, const Footprint& younger);
/// conflict() of loads or fills.
bool conflict_of_loads(const Footprint& older, const Footprint& younger);
/// The younger command has to wait until the older one has completed: a unit takes its commands in
/// order, but for padding, which data can overtake and which can overtake data on their way.
inline bool conflict(const Footprint& older, const Footprint& younger) {
  if (older.unit == younger.unit) {
    return older.unit == CommandUnit::Load && conflict_of_loads(older, younger);
  }
  return conflict_of_units(older, younger);
}

/// The footprints of commands that were asked for lately, by where they lie.
class KnownFootprints {
 public:
  explicit KnownFootprints(const AcceleratorConfig& config) : config_{config}, known_(kPlaces) {}

  /// Until the next call.
  const Footprint& of(const Command& command) {
    Known& known = known_[reinterpret_cast<std::uintptr_t>(&command) / sizeof(Command) % kPlaces];
    if (known.command != &command) {
      known = {&command, footprint(command, config_)};
    }
    return known.footprint;
  }
  /// From here on commands may lie where others lay.
  void forget();

 private:
  static constexpr std::size_t kPlaces = 1024;
  struct Known {
    const Command* command = nullptr;
    Footprint footprint;
  };

  const AcceleratorConfig& config_;
  std::vector<Known> known_;  // by address, modulo its size
};

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

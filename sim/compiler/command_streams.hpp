#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/program/command.hpp"

namespace systole {

/// How many items of each class must stand before an item in the program.
struct After {
  std::size_t load = 0;
  std::size_t execute = 0;
  std::size_t store = 0;
};

/// Collects a layer's commands as three streams, one a class, and merges them into one program.
///
/// The machine fetches in order and stalls at a command whose class has no free entry, so a
/// program overlaps loads, computes and stores only if it names them in about the order
/// in which they can start. `merge` plays the streams on an ideal machine and
/// lists the items by their start. What an item must wait for is said by `After`.
class CommandStreams {
 public:
  /// Both return the number of items of the class, this one included: what `After` counts.
  std::size_t add(const Command& command, std::int64_t cycles, After after);
  std::size_t add(const PreloadCommand& preload, const ComputeCommand& compute, std::int64_t cycles,
                  After after);

  std::size_t count(CommandClass c) const { return stream(c).items.size(); }

  /// `latency[class]`: cycles from an item's end to its effect.
  std::vector<Command> merge(const std::array<std::int64_t, kCommandClasses>& latency) &&;

 private:
  struct Item {
    std::array<std::size_t, kCommandClasses> after;
    std::int64_t cycles;
    std::size_t commands_end;  ///< of the stream's commands
  };
  struct Stream {
    std::vector<Command> commands;
    std::vector<Item> items;
  };
  struct Cursor {
    std::int64_t free_at = 0;           ///< the unit's clock
    std::vector<std::int64_t> effects;  ///< of the items that have started
  };
  using Cursors = std::array<Cursor, kCommandClasses>;

  Stream& stream(CommandClass c) { return streams_[static_cast<std::size_t>(c)]; }
  const Stream& stream(CommandClass c) const { return streams_[static_cast<std::size_t>(c)]; }
  std::size_t push(CommandClass c, std::int64_t cycles, After after);
  std::int64_t start_of_next(std::size_t c, const Cursors& cursors) const;

  std::array<Stream, kCommandClasses> streams_;
};

}  // namespace systole

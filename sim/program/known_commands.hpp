#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/program/command_numbers.hpp"
#include "sim/program/command_source.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// What the timing asks of the shared commands of a program, found once. They are numbered, list
/// after list.
class KnownCommands {
 public:
  KnownCommands(const LocalShape& shape, CommandNumbers& numbers)
      : footprints_{shape}, numbers_{numbers} {}

  void begin_program(const PackedCommands& commands);
  /// The first one of shared()[of].
  std::uint32_t first_of(std::uint32_t of) const { return first_[of]; }
  const KnownCommand& operator[](std::uint32_t id) const { return known_[id]; }

 private:
  const Footprints footprints_;
  CommandNumbers& numbers_;
  std::vector<std::uint32_t> first_;
  std::vector<KnownCommand> known_;
};

}  // namespace systole

#include "sim/program/known_commands.hpp"

namespace systole {

void KnownCommands::begin_program(const PackedCommands& commands) {
  first_.clear();
  known_.clear();
  std::size_t total = 0;
  for (const PackedCommands::Shared& shared : commands.shared()) {
    first_.push_back(static_cast<std::uint32_t>(total));
    total += shared->size();
  }
  known_.reserve(total);
  for (const PackedCommands::Shared& shared : commands.shared()) {
    for (const Command& command : *shared) {
      known_.push_back({&command, numbers_.of(command), footprints_.of(command)});
    }
  }
}

}  // namespace systole

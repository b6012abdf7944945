#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/program/command.hpp"
#include "sim/program/footprint.hpp"

namespace systole {

/// A command of a program, with what the timing asks of it.
struct KnownCommand {
  const Command* command = nullptr;
  std::uint32_t number = 0;  ///< CommandNumbers; in a source that none is asked of, 0
  Footprint footprint;
};

/// The commands of a program by their place in it.
class CommandSource {
 public:
  virtual std::size_t size() const = 0;
  virtual const Command& command(std::size_t at) const = 0;
  virtual KnownCommand known(std::size_t at) const = 0;

 protected:
  ~CommandSource() = default;
};

/// All of a list.
class ListedCommands final : public CommandSource {
 public:
  ListedCommands(const std::vector<Command>& commands, const LocalShape& shape)
      : commands_{commands}, footprints_{shape} {}
  std::size_t size() const override { return commands_.size(); }
  const Command& command(std::size_t at) const override { return commands_[at]; }
  KnownCommand known(std::size_t at) const override {
    return {&commands_[at], 0, footprints_.of(commands_[at])};
  }

 private:
  const std::vector<Command>& commands_;
  const Footprints footprints_;
};

}  // namespace systole

#pragma once

#include <cstddef>
#include <vector>

#include "sim/program/command.hpp"

namespace systole {

/// The commands of a program by their number.
class CommandSource {
 public:
  virtual std::size_t size() const = 0;
  virtual const Command& command(std::size_t number) const = 0;

 protected:
  ~CommandSource() = default;
};

/// All of a list.
class ListedCommands final : public CommandSource {
 public:
  explicit ListedCommands(const std::vector<Command>& commands) : commands_{commands} {}
  std::size_t size() const override { return commands_.size(); }
  const Command& command(std::size_t number) const override { return commands_[number]; }

 private:
  const std::vector<Command>& commands_;
};

}  // namespace systole

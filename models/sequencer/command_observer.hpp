#pragma once

#include <cstdint>
#include <string>

#include "sim/program/command.hpp"
#include "sim/stats/ledger.hpp"

namespace systole {

/// A command's way through the reservation station, in cycles of the machine's clock.
struct CommandTimes {
  LedgerUnit unit = LedgerUnit::Load;
  std::uint64_t allocated = 0;
  std::uint64_t issued = 0;
  std::uint64_t completed = 0;
  /// What it waited for last as the oldest of its class; Idle: it never did.
  Cause waited_for = Cause::Idle;
};

/// Looks on as commands complete; changes nothing.
class CommandObserver {
 public:
  virtual ~CommandObserver() = default;
  virtual void on_layer(const std::string& name) = 0;  ///< the commands to come are of this layer
  virtual void on_command(const Command& command, const CommandTimes& times) = 0;
};

}  // namespace systole

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
  /// What it waited for last as the oldest of its class; else what those waited for that it was
  /// behind. Idle: it was issued in the cycle after it was allocated.
  Cause waited_for = Cause::Idle;
};

/// Of a class, whose commands are issued in their order: what holds those that wait for their turn.
class Backlog {
 public:
  /// Each command, when it is issued.
  void issue(CommandTimes& times) {
    if (times.waited_for == Cause::Idle && last_issued_ > times.allocated) {
      times.waited_for = cause_;
    }
    cause_ = times.waited_for;
    last_issued_ = times.issued;
  }

 private:
  std::uint64_t last_issued_ = 0;
  Cause cause_ = Cause::Idle;
};

/// Looks on as commands complete; changes nothing.
class CommandObserver {
 public:
  virtual ~CommandObserver() = default;
  virtual void on_layer(const std::string& name) = 0;  ///< the commands to come are of this layer
  virtual void on_command(const Command& command, const CommandTimes& times) = 0;
};

}  // namespace systole

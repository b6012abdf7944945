#pragma once

#include <cstdint>

#include "models/dram/banked/config.hpp"

namespace systole::dram {

enum class Command : std::uint8_t { Read, Write, Activate, Precharge, PrechargeAll, Refresh };

/// A command in the cycle in which it takes effect. Fields that it does not have are -1.
struct IssuedCommand {
  Cycle cycle = 0;
  Command command = Command::Read;
  std::int64_t channel = 0;
  std::int64_t unit = 0;  ///< rank or pseudo channel
  std::int64_t bank_group = -1;
  std::int64_t bank = -1;  ///< in its group
  std::int64_t row = -1;
};

/// Sees every command of a memory. Within a channel and bus, cycles rise; channels take turns.
class CommandObserver {
 public:
  virtual ~CommandObserver() = default;
  virtual void on_command(const IssuedCommand& command) = 0;
  /// Commands of all channels that take effect before `cycle` have been told.
  virtual void on_settled(Cycle cycle) { static_cast<void>(cycle); }

 protected:
  CommandObserver() = default;
  CommandObserver(const CommandObserver&) = default;
  CommandObserver& operator=(const CommandObserver&) = default;
};

}  // namespace systole::dram

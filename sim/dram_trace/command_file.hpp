#pragma once

#include <string>
#include <vector>

#include "models/dram/banked/command.hpp"
#include "sim/files/atomic_file.hpp"

namespace systole {

/// Writes the command trace of a memory, one line for each command in the cycle of its effect:
///
///   CYCLE A|P|Q|R|W|F CHANNEL UNIT BANK_GROUP BANK ROW
///
/// activate, precharge, precharge all, read, write, refresh; -1 stands for what a command does
/// not have. Cycles rise within a channel. The file appears when commit() is called, whole.
class CommandFile final : public dram::CommandObserver {
 public:
  /// Throws std::runtime_error when the file cannot be written.
  CommandFile(const std::string& file, std::uint32_t channels) : file_{file}, recent_(channels) {}

  void on_command(const dram::IssuedCommand& command) override;
  /// Throws std::runtime_error when the file cannot be written.
  void commit();

 private:
  void write(const dram::IssuedCommand& command);

  StreamedFile file_;
  // Commands of several cycles take effect after shorter ones that start later on the other bus.
  std::vector<std::vector<dram::IssuedCommand>> recent_;
};

}  // namespace systole

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
/// not have. Lines are in order of cycles, then of channels, then as the channel sent them. The
/// file appears when commit() is called, whole.
class CommandFile final : public dram::CommandObserver {
 public:
  /// Throws std::runtime_error when the file cannot be written.
  explicit CommandFile(const std::string& file) : file_{file} {}

  void on_command(const dram::IssuedCommand& command) override;
  void on_settled(dram::Cycle cycle) override;
  /// Throws std::runtime_error when the file cannot be written.
  void commit();

 private:
  void write(const dram::IssuedCommand& command);

  StreamedFile file_;
  // Channels are told one after the other, and of one channel commands of several cycles before
  // shorter ones that start later on the other bus and take effect sooner.
  std::vector<dram::IssuedCommand> waiting_;
  dram::Cycle soonest_ = dram::kNever;  // of them
};

}  // namespace systole

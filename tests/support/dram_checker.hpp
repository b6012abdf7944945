#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/dram/banked/command.hpp"
#include "models/dram/banked/config.hpp"

namespace systole::test {

/// Keeps every command of a memory.
class CommandLog final : public dram::CommandObserver {
 public:
  void on_command(const dram::IssuedCommand& command) override { commands.push_back(command); }
  std::vector<dram::IssuedCommand> commands;
};

/// Every breach of JEDEC's rules in a command trace, one text each; at most ten.
///
/// Written from the standards as a table of distances between pairs of commands, and
/// shares nothing with the controller but the parameters.
std::vector<std::string> timing_violations(const dram::Config& config,
                                           std::vector<dram::IssuedCommand> commands);

}  // namespace systole::test

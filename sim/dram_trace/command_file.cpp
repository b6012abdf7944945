#include "sim/dram_trace/command_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace systole {
namespace {

constexpr dram::Cycle kLongestCommand = 16;  // cycles, as the reader of configurations has it

char letter_of(dram::Command command) {
  switch (command) {
    case dram::Command::Read:
      return 'R';
    case dram::Command::Write:
      return 'W';
    case dram::Command::Activate:
      return 'A';
    case dram::Command::Precharge:
      return 'P';
    case dram::Command::PrechargeAll:
      return 'Q';
    case dram::Command::Refresh:
      return 'F';
  }
  throw std::logic_error{"no such command"};
}

}  // namespace

void CommandFile::on_command(const dram::IssuedCommand& command) {
  auto& recent = recent_[static_cast<std::size_t>(command.channel)];
  auto place = recent.end();
  while (place != recent.begin() && (place - 1)->cycle > command.cycle) {
    --place;
  }
  recent.insert(place, command);
  auto settled = recent.begin();
  while (settled->cycle + kLongestCommand < command.cycle) {
    write(*settled++);
  }
  recent.erase(recent.begin(), settled);
}

void CommandFile::write(const dram::IssuedCommand& command) {
  file_.out() << fmt::format("{} {} {} {} {} {} {}\n", command.cycle, letter_of(command.command),
                             command.channel, command.unit, command.bank_group, command.bank,
                             command.row);
}

void CommandFile::commit() {
  for (auto& recent : recent_) {
    for (const auto& command : recent) {
      write(command);
    }
    recent.clear();
  }
  file_.commit();
}

}  // namespace systole

#include "sim/dram_trace/command_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace systole {
namespace {

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
  soonest_ = std::min(soonest_, command.cycle);
  waiting_.push_back(command);
}

void CommandFile::on_settled(dram::Cycle cycle) {
  if (soonest_ >= cycle) {
    return;
  }
  std::stable_sort(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
    return a.cycle != b.cycle ? a.cycle < b.cycle : a.channel < b.channel;
  });
  auto settled = waiting_.begin();
  while (settled != waiting_.end() && settled->cycle < cycle) {
    write(*settled++);
  }
  waiting_.erase(waiting_.begin(), settled);
  soonest_ = waiting_.empty() ? dram::kNever : waiting_.front().cycle;
}

void CommandFile::write(const dram::IssuedCommand& command) {
  file_.out() << fmt::format("{} {} {} {} {} {} {}\n", command.cycle, letter_of(command.command),
                             command.channel, command.unit, command.bank_group, command.bank,
                             command.row);
}

void CommandFile::commit() {
  on_settled(dram::kNever);
  file_.commit();
}

}  // namespace systole

#include "sim/program/packed_commands.hpp"

#include <numeric>
#include <utility>
#include <variant>

namespace systole {

bool reaches_dram(const Command& command) {
  return std::holds_alternative<LoadCommand>(command.body) ||
         std::holds_alternative<StoreCommand>(command.body);
}

Command moved(Command command, std::uint64_t dram) {
  if (auto* load = std::get_if<LoadCommand>(&command.body)) {
    load->dram_address += dram;
  } else if (auto* store = std::get_if<StoreCommand>(&command.body)) {
    store->dram_address += dram;
  }
  return command;
}

std::vector<std::vector<std::uint64_t>> PackedCommands::uses() const {
  std::vector<std::vector<std::uint64_t>> uses;  // at first: more than of the command before
  for (const Shared& commands : shared_) {
    uses.emplace_back(commands->size() + 1);
  }
  for (const Run& run : runs_) {
    ++uses[run.of][run.first];
    --uses[run.of][run.first + run.count];
  }
  for (std::vector<std::uint64_t>& of : uses) {
    std::partial_sum(of.begin(), of.end(), of.begin());
    of.pop_back();
  }
  return uses;
}

std::vector<Command> PackedCommands::unpacked() const {
  std::vector<Command> commands;
  commands.reserve(size_);
  for_each([&](const Command& command) { commands.push_back(command); });
  return commands;
}

PackedProgram packed_view(const LayerProgram& program) {
  PackedCommands commands{
      {PackedCommands::Shared{std::shared_ptr<const void>{}, &program.commands}}};
  commands.append({0, 0, static_cast<std::uint32_t>(program.commands.size()), 0});
  return {program.registers, std::move(commands)};
}

}  // namespace systole

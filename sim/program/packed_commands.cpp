#include "sim/program/packed_commands.hpp"

#include <numeric>
#include <utility>
#include <variant>

namespace systole {
namespace {

std::uint32_t rows_of(Operand operand, const RowMove& move) {
  switch (operand) {
    case Operand::Weight:
      return move.weights;
    case Operand::Bias:
      return move.results;
    case Operand::Requant:
      return move.table;
    case Operand::Ifmap:
    case Operand::Ofmap:
      break;
  }
  return move.ifmap;
}

}  // namespace

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

void move_rows(Command& command, const RowMove& by) {
  if (auto* preload = std::get_if<PreloadCommand>(&command.body)) {
    preload->weights.row += by.weights;
    preload->acc_row += by.results;
  } else if (auto* compute = std::get_if<ComputeCommand>(&command.body)) {
    compute->ifmap_row += by.ifmap;
  } else if (auto* load = std::get_if<LoadCommand>(&command.body)) {
    load->destination.row += rows_of(load->operand, by);
  } else if (auto* fill = std::get_if<FillCommand>(&command.body)) {
    fill->destination.row += by.ifmap;
  } else if (auto* pool = std::get_if<PoolCommand>(&command.body)) {
    pool->input_row += by.ifmap;
    pool->output_row += by.results;
  } else if (auto* add = std::get_if<AddCommand>(&command.body)) {
    add->input_row[0] += by.ifmap;
    add->input_row[1] += by.ifmap;
    add->output_row += by.results;
  } else {
    auto& store = std::get<StoreCommand>(command.body);
    store.source.row += by.results;
    store.table_row += by.table;
  }
}

std::vector<std::vector<std::uint64_t>> PackedCommands::uses() const {
  std::vector<std::vector<std::uint64_t>> uses(shared_.size());  // at first: more than before
  for (std::uint32_t of = 0; of < shared_.size(); ++of) {
    if (like(of) == of) {
      uses[of].resize(shared_[of]->size() + 1);
    }
  }
  for (const Run& run : runs_) {
    std::vector<std::uint64_t>& of = uses[like(run.of)];
    ++of[run.first];
    --of[run.first + run.count];
  }
  for (std::vector<std::uint64_t>& of : uses) {
    std::partial_sum(of.begin(), of.end(), of.begin());
    of.resize(of.empty() ? 0 : of.size() - 1);
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

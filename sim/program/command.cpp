#include "sim/program/command.hpp"

namespace systole {
namespace {

struct ClassOf {
  CommandClass operator()(const ConfigureCommand& configure) const { return configure.target; }
  CommandClass operator()(const LoadCommand&) const { return CommandClass::Load; }
  CommandClass operator()(const FillCommand&) const { return CommandClass::Load; }
  CommandClass operator()(const PreloadCommand&) const { return CommandClass::Execute; }
  CommandClass operator()(const ComputeCommand&) const { return CommandClass::Execute; }
  CommandClass operator()(const PoolCommand&) const { return CommandClass::Execute; }
  CommandClass operator()(const DepthwiseCommand&) const { return CommandClass::Execute; }
  CommandClass operator()(const AddCommand&) const { return CommandClass::Execute; }
  CommandClass operator()(const StoreCommand&) const { return CommandClass::Store; }
};

}  // namespace

const char* local_memory_name(LocalMemory memory) {
  switch (memory) {
    case LocalMemory::WeightScratchpad:
      return "weights";
    case LocalMemory::Accumulators:
      return "accumulators";
    case LocalMemory::RequantTable:
      return "table";
    case LocalMemory::Scratchpad:
      break;
  }
  return "scratchpad";
}

CommandClass command_class(const Command& command) { return std::visit(ClassOf{}, command.body); }

bool is_for_vector_unit(const Command& command) {
  return std::holds_alternative<PoolCommand>(command.body) ||
         std::holds_alternative<AddCommand>(command.body) ||
         std::holds_alternative<DepthwiseCommand>(command.body);
}

}  // namespace systole

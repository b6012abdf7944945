#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/dram/backing_store.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/functional/array_edge.hpp"
#include "sim/functional/array_state.hpp"
#include "sim/functional/fold_groups.hpp"
#include "sim/functional/local_memories.hpp"
#include "sim/functional/transfers.hpp"
#include "sim/functional/vector_commands.hpp"
#include "sim/program/command.hpp"
#include "sim/program/machine_shape.hpp"
#include "sim/program/packed_commands.hpp"
#include "sim/stats/events.hpp"

namespace systole {

/// The bytes of a machine, and what commands do to them, without time: the order of the program is
/// one of the orders that the scoreboard allows, and all of those give the same bytes.
class MachineState {
 public:
  explicit MachineState(const AcceleratorConfig& config);

  BackingStore& dram() { return dram_; }
  const BackingStore& dram() const { return dram_; }

  LocalMemories& local() { return local_; }

  /// Runs the commands; counts products with a zero operand, which only the bytes know.
  void run(const LayerProgram& program, EventCounts& events);
  void run(const PackedProgram& program, EventCounts& events);

 private:
  struct Execute;

  std::uint32_t take(FoldGroup& group, std::uint32_t at, std::uint32_t end,
                     const std::vector<Command>& shared, EventCounts& events);
  void fetch(const Command& command, std::uint64_t dram) const;
  void begin_layer(const LayerRegisters& registers);
  void execute(const Command& command, EventCounts& events);
  void end_layer(EventCounts& events);

  const AcceleratorConfig config_;
  const LocalShape shape_;
  BackingStore dram_;
  LocalMemories local_;
  ArrayState array_;
  std::optional<ArrayEdge> edge_;  // with energy.switching_activity
  Transfers transfers_;
  VectorCommands vector_;
};

}  // namespace systole

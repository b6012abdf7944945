#include "sim/functional/machine_state.hpp"

#include <hwy/cache_control.h>

#include <algorithm>
#include <variant>

#include "sim/program/hazards.hpp"

namespace systole {
namespace {

/// Rows from the first to the last of `blocks` runs of `rows`, `pitch` apart.
std::uint32_t extent(std::uint32_t rows, std::uint32_t blocks, std::uint32_t pitch) {
  return rows + (blocks - 1) * pitch;
}

// So far ahead are loads whose bytes are fetched. Runs of loads and of folds take turns.
constexpr std::size_t kRunsAhead = 4;
constexpr std::uint32_t kCommandsAhead = 2;

}  // namespace

struct MachineState::Execute {
  MachineState& machine;

  void operator()(const ConfigureCommand&) {}

  void operator()(const LoadCommand& load) {
    machine.array_.before_write(load.destination.memory, load.destination.row,
                                extent(load.rows, blocks(load, machine.shape_), load.block_pitch));
    machine.transfers_.load(load);
  }

  void operator()(const FillCommand& fill) {
    machine.array_.before_write(fill.destination.memory, fill.destination.row, fill.rows);
    machine.transfers_.fill(fill);
  }

  void operator()(const PreloadCommand& preload) { machine.array_.preload(preload); }
  void operator()(const ComputeCommand& compute) { machine.array_.compute(compute); }

  void operator()(const StoreCommand& store) {
    const std::uint32_t count = blocks(store, machine.shape_);
    machine.array_.before_read(store.source.memory, store.source.row,
                               extent(store.rows, count, store.block_pitch));
    if (store.keep) {
      machine.array_.before_write(LocalMemory::Scratchpad, store.kept_row,
                                  extent(store.rows, count, store.kept_pitch));
    }
    machine.transfers_.store(store);
  }

  void operator()(const PoolCommand& pool) {
    machine.array_.before_writes();
    machine.vector_.pool(pool);
  }
  void operator()(const DepthwiseCommand& depthwise) {
    machine.array_.before_writes();
    machine.vector_.depthwise(depthwise);
  }
  void operator()(const AddCommand& add) {
    machine.array_.before_writes();
    machine.vector_.add(add);
  }
};

MachineState::MachineState(const AcceleratorConfig& config)
    : config_{config},
      shape_{local_shape(config)},
      local_{config_},
      array_{config_, local_},
      transfers_{config_, dram_, local_},
      vector_{config_, local_} {
  if (config.energy.switching_activity) {
    edge_.emplace(config);
  }
}

void MachineState::run(const LayerProgram& program, EventCounts& events) {
  run(packed_view(program), events);
}

void MachineState::run(const PackedProgram& program, EventCounts& events) {
  begin_layer(program.registers);
  const PackedCommands& commands = program.commands;
  FoldGroups groups{config_, local_, commands};
  const std::vector<PackedCommands::Run>& runs = commands.runs();
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const PackedCommands::Run& run = runs[r];
    const std::vector<Command>& shared = *commands.shared()[run.of];
    const std::uint32_t end = run.first + run.count;
    if (r + kRunsAhead < runs.size()) {
      const PackedCommands::Run& ahead = runs[r + kRunsAhead];
      fetch((*commands.shared()[ahead.of])[ahead.first], ahead.dram);
    }
    if (r + 2 * kRunsAhead < runs.size()) {  // the command itself
      const PackedCommands::Run& ahead = runs[r + 2 * kRunsAhead];
      const Command& command = (*commands.shared()[ahead.of])[ahead.first];
      hwy::Prefetch(reinterpret_cast<const std::uint8_t*>(&command));
      hwy::Prefetch(reinterpret_cast<const std::uint8_t*>(&command + 1) - 1);
    }
    for (std::uint32_t at = run.first; at < end;) {
      if (FoldGroup* const group = array_.takes_groups() ? groups.find(run.of, at) : nullptr) {
        if (const std::uint32_t taken = take(*group, at, end, shared, events); taken > 0) {
          at += taken;
          continue;
        }
      }
      const Command& command = shared[at];
      if (at + kCommandsAhead < end) {
        fetch(shared[at + kCommandsAhead], run.dram);
      }
      if (run.dram != 0 && reaches_dram(command)) {
        execute(moved(command, run.dram), events);
      } else {
        execute(command, events);
      }
      ++at;
    }
  }
  end_layer(events);
}

/// As many commands of the group from `at` on as come before `end`; none if they must not wait.
std::uint32_t MachineState::take(FoldGroup& group, std::uint32_t at, std::uint32_t end,
                                 const std::vector<Command>& shared, EventCounts& events) {
  const std::uint32_t from = (at - group.first) / 2;
  const std::uint32_t count = std::min(group.computes() - from, (end - at) / 2);
  if (count == 0 || !array_.takes(group, from, count, shared[at + 2 * (count - 1)])) {
    return 0;
  }
  for (std::uint32_t i = at; edge_ && i < at + 2 * count; ++i) {
    edge_->enter(shared[i], local_, events);
  }
  return 2 * count;
}

/// What a command that will come soon reads from DRAM, into the computer's caches.
void MachineState::fetch(const Command& command, std::uint64_t dram) const {
  if (const auto* load = std::get_if<LoadCommand>(&command.body)) {
    transfers_.fetch(*load, dram);
  }
}

void MachineState::begin_layer(const LayerRegisters& registers) {
  array_.start(registers.ifmap, registers.weight);
  transfers_.begin_layer(registers);
  vector_.begin_layer(registers);
  if (edge_) {
    edge_->begin_layer(registers);
  }
}

void MachineState::execute(const Command& command, EventCounts& events) {
  if (edge_) {
    edge_->enter(command, local_, events);
  }
  std::visit(Execute{*this}, command.body);
}

void MachineState::end_layer(EventCounts& events) {
  array_.end(events);
  events.add(Event::PsumOverflows, vector_.take_overflows());
}

}  // namespace systole

#include "sim/functional/machine_state.hpp"

#include <algorithm>
#include <variant>

#include "sim/program/hazards.hpp"

namespace systole {
namespace {

/// Rows from the first to the last of `blocks` runs of `rows`, `pitch` apart.
std::uint32_t extent(std::uint32_t rows, std::uint32_t blocks, std::uint32_t pitch) {
  return rows + (blocks - 1) * pitch;
}

}  // namespace

struct MachineState::Execute {
  MachineState& machine;

  void operator()(const ConfigureCommand&) {}

  void operator()(const LoadCommand& load) {
    machine.array_.before_write(load.destination.memory, load.destination.row,
                                extent(load.rows, blocks(load, machine.config_), load.block_pitch));
    machine.transfers_.load(load);
  }

  void operator()(const FillCommand& fill) {
    machine.array_.before_write(fill.destination.memory, fill.destination.row, fill.rows);
    machine.transfers_.fill(fill);
  }

  void operator()(const PreloadCommand& preload) { machine.array_.preload(preload); }
  void operator()(const ComputeCommand& compute) { machine.array_.compute(compute); }

  void operator()(const StoreCommand& store) {
    const std::uint32_t count = blocks(store, machine.config_);
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
      local_{config_},
      array_{config_, local_},
      transfers_{config_, dram_, local_},
      vector_{config_, local_} {
  if (config.energy.switching_activity) {
    edge_.emplace(config);
  }
}

void MachineState::run(const LayerProgram& program, EventCounts& events) {
  begin_layer(program.registers);
  for (const Command& command : program.commands) {
    execute(command, events);
  }
  end_layer(events);
}

void MachineState::run(const PackedProgram& program, EventCounts& events) {
  begin_layer(program.registers);
  const PackedCommands& commands = program.commands;
  FoldPasses passes{config_, commands};
  for (const PackedCommands::Run& run : commands.runs()) {
    const std::vector<Command>& shared = *commands.shared()[run.of];
    const std::uint32_t end = run.first + run.count;
    for (std::uint32_t at = run.first; at < end;) {
      if (const std::uint32_t computes = edge_ ? 0 : take_pass(run.of, at, end, passes, shared);
          computes > 0) {
        at += 2 * computes;
        continue;
      }
      const Command& command = shared[at];
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

/// As many computes from `at` on, with their preloads, as are of one pass and wait then.
std::uint32_t MachineState::take_pass(std::uint32_t of, std::uint32_t at, std::uint32_t end,
                                      FoldPasses& passes, const std::vector<Command>& shared) {
  const FoldPass* const pass = passes.find(of, at);
  if (pass == nullptr) {
    return 0;
  }
  const std::uint32_t from = (at - pass->first) / 2;
  const std::uint32_t count = std::min(pass->computes - from, (end - at) / 2);
  if (count == 0) {
    return 0;
  }
  const Command& last = shared[at + 2 * (count - 1)];  // not looked at: it is far away
  return array_.takes(*pass, passes.grid(pass->grid), from, count, last) ? count : 0;
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

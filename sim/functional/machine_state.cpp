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
  run_commands(program.registers, events, [&](auto visit) {
    std::for_each(program.commands.begin(), program.commands.end(), visit);
  });
}

void MachineState::run(const PackedProgram& program, EventCounts& events) {
  run_commands(program.registers, events, [&](auto visit) { program.commands.for_each(visit); });
}

template <typename ForEach>
void MachineState::run_commands(const LayerRegisters& registers, EventCounts& events,
                                ForEach for_each) {
  array_.start(registers.ifmap, registers.weight);
  transfers_.begin_layer(registers);
  vector_.begin_layer(registers);
  Execute execute{*this};
  if (edge_) {
    edge_->begin_layer(registers);
  }
  for_each([&](const Command& command) {
    if (edge_) {
      edge_->enter(command, local_, events);
    }
    std::visit(execute, command.body);
  });
  array_.finish();
  array_.count(events);
  events.add(Event::PsumOverflows, vector_.take_overflows());
}

}  // namespace systole

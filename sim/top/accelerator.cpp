#include "sim/top/accelerator.hpp"

#include <utility>

#include "models/sequencer/queue_depths.hpp"
#include "sim/blocks/block_configs.hpp"

namespace systole {
namespace {

/// Room for a completion of every command that can be in flight: units never wait to report.
std::size_t completion_depth(const AcceleratorConfig& config) {
  return std::size_t{config.sequencer.load_entries} + config.sequencer.execute_entries +
         config.sequencer.store_entries + 2;
}

}  // namespace

Accelerator::Accelerator(const sc_core::sc_module_name& name, const Clock& clock,
                         const AcceleratorConfig& config, std::unique_ptr<PeArray> pes,
                         const DramObservers& observers)
    : sc_module{name},
      bus{bus_config(config).crossbar() ? std::make_unique<DmaBus>(clock, bus_config(config))
                                        : nullptr},
      sequencer{"sequencer", clock, sequencer_config(config), measurements},
      load_unit{"load_unit",
                clock,
                load_unit_config(config),
                sequencer.load_wait(),
                sequencer.loads_completed(),
                measurements,
                bus ? &bus->pages : nullptr},
      scratchpad{"scratchpad", clock, scratchpad_config(config), measurements},
      execute_unit{"execute_unit",
                   clock,
                   execute_unit_config(config),
                   sequencer.execute_wait(),
                   sequencer.results_written(),
                   scratchpad.operands_stalled(),
                   measurements,
                   &scratchpad.operand_queue_full()},
      vector_unit{"vector_unit",
                  clock,
                  vector_unit_config(config),
                  sequencer.vector_wait(),
                  sequencer.vectors_completed(),
                  measurements},
      store_unit{"store_unit",
                 clock,
                 store_unit_config(config),
                 sequencer.store_wait(),
                 measurements,
                 bus ? CrossedStores{&bus->pages, &sequencer.stores_completed()} : CrossedStores{}},
      array{"array", clock, config.array, std::move(pes), measurements},
      accumulators{"accumulators", clock, accumulators_config(config), store_unit.gathered(),
                   measurements},
      requant_unit{
          "requant_unit",        clock,       requant_unit_config(config), store_unit.asked(),
          store_unit.gathered(), measurements},
      dram{make_dram("dram", clock, dram_config(config), bus ? 1U : 2U, measurements, observers)},
      load_commands_{"load_commands", kLoadQueue},
      execute_commands_{"execute_commands", kExecuteQueue},
      vector_commands_{"vector_commands", kVectorQueue},
      store_commands_{"store_commands", kStoreQueue},
      result_done_{"result_done", completion_depth(config)},
      operand_read_done_{"operand_read_done", completion_depth(config)},
      vector_done_{"vector_done", completion_depth(config)},
      scratchpad_load_done_{"scratchpad_load_done", completion_depth(config)},
      accumulator_load_done_{"accumulator_load_done", completion_depth(config)},
      table_load_done_{"table_load_done", completion_depth(config)},
      accumulator_store_done_{"accumulator_store_done", completion_depth(config)},
      scratchpad_store_done_{"scratchpad_store_done", completion_depth(config)},
      scratchpad_load_write_{"scratchpad_load_write", 2 * kPipelined},
      scratchpad_vector_write_{"scratchpad_vector_write", kPipelined},
      scratchpad_store_write_{"scratchpad_store_write", kPipelined},
      accumulator_load_write_{"accumulator_load_write", kPipelined},
      table_write_{"table_write", kPipelined},
      operand_read_{"operand_read", kPipelined},
      operands_{"operands", kPipelined},
      step_leaving_{"step_leaving", kPipelined},
      results_{"results", kPipelined},
      vector_read_{"vector_read", kPipelined},
      vector_data_{"vector_data", kPipelined},
      store_read_{"store_read", kPipelined},
      store_data_{"store_data", kBlocksInFlight},
      accumulator_read_{"accumulator_read", kPipelined},
      psums_{"psums", kBlocksInFlight},
      ofmap_{"ofmap", kBlocksInFlight} {
  bind();
  if (config.energy.switching_activity) {
    array.count_switching();
  }
}

void Accelerator::bind() {
  if (bus) {
    bus->bind(load_unit, store_unit, *dram);
  } else {
    load_unit.dram.socket.bind(dram->target());
    store_unit.dram.socket.bind(dram->target());
  }

  sequencer.load(load_commands_);
  sequencer.execute(execute_commands_);
  sequencer.vector(vector_commands_);
  sequencer.store(store_commands_);
  sequencer.result_done(result_done_);
  sequencer.operand_read_done(operand_read_done_);
  sequencer.vector_done(vector_done_);
  sequencer.scratchpad_load_done(scratchpad_load_done_);
  sequencer.accumulator_load_done(accumulator_load_done_);
  sequencer.table_load_done(table_load_done_);
  sequencer.accumulator_store_done(accumulator_store_done_);
  sequencer.scratchpad_store_done(scratchpad_store_done_);

  load_unit.commands(load_commands_);
  load_unit.scratchpad_write(scratchpad_load_write_);
  load_unit.accumulator_write(accumulator_load_write_);
  load_unit.table_write(table_write_);
  execute_unit.commands(execute_commands_);
  execute_unit.operand_read(operand_read_);
  execute_unit.step_leaving(step_leaving_);

  vector_unit.commands(vector_commands_);
  vector_unit.scratchpad_read(vector_read_);
  vector_unit.scratchpad_data(vector_data_);
  vector_unit.scratchpad_write(scratchpad_vector_write_);

  store_unit.commands(store_commands_);
  store_unit.accumulator_read(accumulator_read_);
  store_unit.ofmap(ofmap_);
  store_unit.scratchpad_read(store_read_);
  store_unit.scratchpad_data(store_data_);
  store_unit.scratchpad_write(scratchpad_store_write_);

  scratchpad.load_write(scratchpad_load_write_);
  scratchpad.load_write_done(scratchpad_load_done_);
  scratchpad.vector_write(scratchpad_vector_write_);
  scratchpad.vector_write_done(vector_done_);
  scratchpad.store_write(scratchpad_store_write_);
  scratchpad.operand_read(operand_read_);
  scratchpad.operand_read_done(operand_read_done_);
  scratchpad.operands(operands_);
  scratchpad.vector_read(vector_read_);
  scratchpad.vector_data(vector_data_);
  scratchpad.store_read(store_read_);
  scratchpad.store_data(store_data_);
  scratchpad.store_read_done(scratchpad_store_done_);

  array.operands(operands_);
  array.results(results_);
  array.result_done(result_done_);
  array.step_leaving(step_leaving_);

  accumulators.results(results_);
  accumulators.load_write(accumulator_load_write_);
  accumulators.load_write_done(accumulator_load_done_);
  accumulators.store_read(accumulator_read_);
  accumulators.store_read_done(accumulator_store_done_);
  accumulators.psums(psums_);

  requant_unit.psums(psums_);
  requant_unit.ofmap(ofmap_);
  requant_unit.table_write(table_write_);
  requant_unit.table_write_done(table_load_done_);
}

void Accelerator::start(const LayerProgram& program) {
  ends_in_scratchpad_ = program.registers.ends_in_scratchpad;
  load_unit.configure(program.registers);
  scratchpad.configure(program.registers);
  vector_unit.configure(program.registers);
  store_unit.configure(program.registers);
  array.configure(program.registers);
  requant_unit.configure(program.registers);
  if (bus) {
    bus->start_layer();
  }
  dram->start_layer();
  sequencer.start(program);
}

void Accelerator::finish() { dram->finish_layer(); }

std::vector<std::string> Accelerator::describe_state() const {
  std::vector<std::string> lines;
  const auto note = [&](const sc_core::sc_object& unit, bool busy) {
    if (busy) {
      lines.push_back(std::string{unit.name()} + ": busy");
    }
  };
  note(load_unit, load_unit.busy());
  note(execute_unit, execute_unit.busy());
  note(vector_unit, vector_unit.busy());
  note(store_unit, store_unit.busy());
  if (bus) {
    note(bus->crossbar, !bus->idle());
  }
  note(*dram, !dram->idle());
  for (const std::string& line : sequencer.describe_state()) {
    lines.push_back(std::string{sequencer.name()} + ": " + line);
  }
  return lines;
}

void Accelerator::list_signals(SignalList& list) const {
  const auto block = [&list](const char* scope, const auto& of) {
    list.in_scope(scope, [&of](SignalList& signals) { of.list_signals(signals); });
  };
  block("sequencer", sequencer);
  block("load", load_unit);
  block("execute", execute_unit);
  block("store", store_unit);
  block("scratchpad", scratchpad);
  block("array", array);
  block("accumulators", accumulators);
  block("requant", requant_unit);
  block("vector", vector_unit);
  if (bus) {
    block("crossbar", bus->crossbar);
  }
  block("dram", *dram);
  list.in_scope("queues", [this](SignalList& signals) {
    for (const sc_core::sc_object* child : get_child_objects()) {
      if (const auto* queue = dynamic_cast<const FifoLevel*>(child); queue != nullptr) {
        signals.add(child->basename(), 16, [queue] { return queue->size(); });
      }
    }
  });
}

}  // namespace systole

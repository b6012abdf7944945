#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/accumulators/accumulators.hpp"
#include "models/array/execute_unit.hpp"
#include "models/array/systolic_array.hpp"
#include "models/dma/load_unit.hpp"
#include "models/dma/store_unit.hpp"
#include "models/dram/make_dram.hpp"
#include "models/requant/requant_unit.hpp"
#include "models/scratchpad/scratchpad.hpp"
#include "models/sequencer/sequencer.hpp"
#include "models/vector/vector_unit.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/top/dma_bus.hpp"

namespace systole {

/// The machine: creates every block and the queues between them, and binds them. The only
/// place where blocks meet.
class Accelerator final : public sc_core::sc_module {
 public:
  /// `pes` stand in the array's socket; `observers` see what goes to the DRAM.
  Accelerator(const sc_core::sc_module_name& name, const Clock& clock,
              const AcceleratorConfig& config, std::unique_ptr<PeArray> pes,
              const DramObservers& observers = {});

  /// Sets the layer's registers and hands its program to the sequencer.
  void start(const LayerProgram& program);

  /// After the last cycle of a layer: completes what is counted by layers.
  void finish();

  /// Nothing runs, waits or is on its way.
  bool idle() const {
    return sequencer.finished() && !store_unit.busy() && scratchpad_store_write_.size() == 0 &&
           dram->idle() && (bus == nullptr || bus->idle()) &&
           (!ends_in_scratchpad_ || load_unit.bursts_have_come());
  }

  /// What its blocks show, in scopes of their names, and the levels of the queues between them.
  void list_signals(SignalList& list) const;

  /// What each unit that still works is doing, a line each.
  std::vector<std::string> describe_state() const;

  Measurements measurements;

  const std::unique_ptr<DmaBus> bus;  ///< null: the DMA units are bound to the DRAM
  Sequencer sequencer;
  LoadUnit load_unit;
  Scratchpad scratchpad;
  ExecuteUnit execute_unit;
  VectorUnit vector_unit;
  StoreUnit store_unit;
  SystolicArray array;
  Accumulators accumulators;
  RequantUnit requant_unit;
  const std::unique_ptr<Dram> dram;

 private:
  void bind();

  Fifo<IssuedCommand> load_commands_;
  Fifo<IssuedCommand> execute_commands_;
  Fifo<IssuedCommand> vector_commands_;
  Fifo<IssuedCommand> store_commands_;
  bool ends_in_scratchpad_ = false;  // the layer that runs
  Fifo<Completion> result_done_;
  Fifo<Completion> operand_read_done_;
  Fifo<Completion> vector_done_;
  Fifo<Completion> scratchpad_load_done_;
  Fifo<Completion> accumulator_load_done_;
  Fifo<Completion> table_load_done_;
  Fifo<Completion> accumulator_store_done_;
  Fifo<Completion> scratchpad_store_done_;
  Fifo<LocalWrite> scratchpad_load_write_;
  Fifo<LocalWrite> scratchpad_vector_write_;
  Fifo<LocalWrite> scratchpad_store_write_;
  Fifo<LocalWrite> accumulator_load_write_;
  Fifo<LocalWrite> table_write_;
  Fifo<OperandPair> operand_read_;
  Fifo<OperandPair> operands_;
  Fifo<StepLeaving> step_leaving_;
  Fifo<ResultRow> results_;
  Fifo<RowRead> vector_read_;
  Fifo<RowData> vector_data_;
  Fifo<RowRead> store_read_;
  Fifo<RowData> store_data_;
  Fifo<AccumulatorRead> accumulator_read_;
  Fifo<PsumBlock> psums_;
  Fifo<OfmapBlock> ofmap_;
};

}  // namespace systole

#include "sim/functional/program_events.hpp"

#include <variant>

#include "models/vector/operand_plan.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/burst.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/ifmap_parts.hpp"
#include "sim/program/load_rows.hpp"
#include "sim/program/traffic.hpp"

namespace systole {
namespace {

constexpr std::uint64_t kByteBits = 8;

Event read_bits(LocalMemory memory) {
  return memory == LocalMemory::WeightScratchpad ? Event::WeightScratchpadReadBits
                                                 : Event::ScratchpadReadBits;
}

class Counter {
 public:
  Counter(const AcceleratorConfig& config, const LayerRegisters& registers, EventCounts& events)
      : config_{config}, shape_{local_shape(config)}, registers_{registers}, events_{events} {}

  void count(const Command& command, std::uint64_t times = 1) {
    times_ = times;
    std::visit(*this, command.body);
  }

  void operator()(const ConfigureCommand&) {}

  void operator()(const LoadCommand& load) {
    const std::uint64_t rows = rows_read(load);
    const BurstSum sum =
        bursts_of({load.dram_address, rows, load.dram_pitch, load.row_bytes}, config_.dma);
    book(Event::DramFetchedBytes, sum.bytes);
    book(Event::DramReadBursts, sum.bursts);
    book(dram_read_event(load.operand), rows * load.row_bytes);
    written(load.destination.memory, load.rows * written_row_bytes(load, shape_));
  }

  void operator()(const FillCommand& fill) {
    const LocalMemory memory = fill.destination.memory;
    written(memory, std::uint64_t{fill.rows} * shape_.of(memory).row_bytes);
  }

  void operator()(const PreloadCommand& preload) { preload_ = preload; }

  void operator()(const ComputeCommand& compute) {
    const std::uint64_t parts = count_ifmap_parts(compute, config_.array.rows);
    book(Event::ScratchpadReadBits,
         ifmap_row_bits() * compute.products_per_pe * compute.rows() * parts);
    switch (config_.array.dataflow) {
      case Dataflow::WeightStationary:
        weight_stationary(compute);
        break;
      case Dataflow::OutputStationary:
        output_stationary(compute);
        break;
      case Dataflow::InputStationary:
        input_stationary(compute);
        break;
    }
  }

  void operator()(const StoreCommand& store) {
    const bool requantized = store.source.memory == LocalMemory::Accumulators;
    const std::uint64_t count = std::uint64_t{blocks(store, shape_)} * store.rows;
    if (requantized) {
      const std::uint64_t elements = std::uint64_t{store.rows} * store.elements;
      book(Event::AccumulatorReadBits,
           count * kByteBits * shape_.of(LocalMemory::Accumulators).row_bytes);
      if (!store.raw) {
        book(Event::RequantMultiply,
             registers_.requant.mode != RequantMode::ShiftOnly ? elements : 0);
        book(Event::RequantShift, elements);
        book(Event::RequantAdd, elements);
      }
    } else {
      book(read_bits(store.source.memory), count * ifmap_row_bits());
    }
    if (store.keep) {
      written(LocalMemory::Scratchpad,
              store.rows * packed_bytes(store.elements, registers_.ofmap.bits));
    }
    if (store.to_dram) {
      dram_writes(store);
    }
  }

  void operator()(const PoolCommand& pool) {
    const std::uint64_t operands = count_operands(pool);
    const auto outputs = std::uint64_t{pool.out_h} * pool.out_w;
    book(pool.average ? Event::VectorAdd : Event::VectorCompare,
         (operands - outputs) * pool.elements);
    if (pool.average) {
      book(Event::VectorMultiply, outputs * pool.elements);
    }
    vector_rows(operands, outputs, pool.elements);
  }

  void operator()(const DepthwiseCommand& depthwise) {
    const auto outputs = std::uint64_t{depthwise.out_h} * depthwise.out_w;
    const std::uint64_t elements = outputs * depthwise.elements;
    book(Event::VectorMac, elements * depthwise.taps());
    book(Event::VectorMultiply, registers_.requant.mode != RequantMode::ShiftOnly ? elements : 0);
    book(Event::VectorAdd, elements);
    vector_rows(depthwise.constant_rows() + outputs * depthwise.taps(), outputs,
                depthwise.elements);
  }

  void operator()(const AddCommand& add) {
    const std::uint64_t elements = std::uint64_t{add.rows} * config_.array.rows;
    book(Event::VectorAdd, elements);
    if (registers_.add.output.mode == RequantMode::MultiplierShift) {
      book(Event::VectorMultiply, 3 * elements);
    }
    vector_rows(2ULL * add.rows, add.rows, config_.array.rows);
  }

 private:
  void book(Event event, std::uint64_t n = 1) { events_.add(event, times_ * n); }

  void dram_writes(const StoreCommand& store) {
    const std::uint64_t row_bytes =
        packed_bytes(store.elements, stored_bits(store, registers_.ofmap.bits));
    book(Event::DramWriteBursts,
         bursts_of({store.dram_address, store.rows, store.dram_pitch, row_bytes}, config_.dma)
             .bursts);
    book(Event::DramWriteBytes, store.rows * row_bytes);
  }

  /// Of one read: the array's lanes, as wide as the layer's operands.
  std::uint64_t ifmap_row_bits() const {
    return std::uint64_t{config_.array.rows} * registers_.ifmap.bits;
  }

  void weight_stationary(const ComputeCommand& compute) {
    if (preload_.new_weights) {
      weight_rows(preload_.weight_rows());
      shifted(registers_.weight.bits);
    }
    products(compute.rows(), std::uint64_t{compute.rows()} * compute.k * preload_.n,
             registers_.ifmap.bits);
    results(compute.rows());
  }

  void output_stationary(const ComputeCommand& compute) {
    const std::uint64_t rows = config_.array.rows;
    weight_rows(preload_.weight_rows());
    products(preload_.weight_rows(), std::uint64_t{compute.k} * compute.rows() * preload_.n,
             registers_.ifmap.bits + registers_.weight.bits);
    // The sums of a fold: into the shadow registers, and from array row to array row down.
    book(Event::ArrayRegisterWriteBits,
         rows * (rows + 1) / 2 * config_.array.cols * config_.array.accumulator_bits);
    book(Event::Folds);
    results(compute.rows());
  }

  void input_stationary(const ComputeCommand& compute) {
    const std::uint64_t count = blocks(preload_, shape_);
    weight_rows(count * preload_.weight_rows());
    shifted(registers_.ifmap.bits);
    products(preload_.n, std::uint64_t{preload_.n} * compute.k * compute.rows(),
             registers_.weight.bits);
    results(count * compute.rows());
  }

  void weight_rows(std::uint64_t rows) {
    book(read_bits(preload_.weights.memory),
         rows * preload_.products_per_pe * config_.array.cols * registers_.weight.bits);
  }

  /// The stationary operand: its row i is written i + 1 times on the way down and once more when it
  /// becomes active.
  void shifted(std::uint64_t bits) {
    const std::uint64_t rows = config_.array.rows;
    book(Event::ArrayRegisterWriteBits,
         (rows * (rows - 1) / 2 + 2 * rows) * config_.array.cols * preload_.products_per_pe * bits);
    book(Event::Folds);
  }

  /// `vectors` stream through the array, worth `macs` together.
  void products(std::uint64_t vectors, std::uint64_t macs, std::uint64_t passed_bits) {
    const std::uint64_t pes = std::uint64_t{config_.array.rows} * config_.array.cols;
    const std::uint64_t at_once = preload_.products_per_pe;
    book(Event::Mac, macs);
    book(Event::MacPadding, vectors * at_once * pes - macs);
    book(Event::ArrayRegisterWriteBits,
         vectors * pes * (at_once * passed_bits + config_.array.accumulator_bits));
  }

  void results(std::uint64_t rows) {
    const std::uint64_t bits = rows * kByteBits * shape_.of(LocalMemory::Accumulators).row_bytes;
    book(Event::AccumulatorWriteBits, bits);
    if (preload_.accumulate) {
      book(Event::AccumulatorReadBits, bits);
      book(Event::AccumulatorAdd, rows * config_.array.cols);
    }
  }

  void written(LocalMemory memory, std::uint64_t bytes) {
    switch (memory) {
      case LocalMemory::Scratchpad:
        book(Event::ScratchpadWriteBits, kByteBits * bytes);
        break;
      case LocalMemory::WeightScratchpad:
        book(Event::WeightScratchpadWriteBits, kByteBits * bytes);
        break;
      case LocalMemory::Accumulators:
        book(Event::AccumulatorWriteBits, kByteBits * bytes);
        break;
      case LocalMemory::RequantTable:
        break;
    }
  }

  void vector_rows(std::uint64_t read, std::uint64_t written_rows, std::uint64_t elements) {
    book(Event::ScratchpadReadBits, read * ifmap_row_bits());
    written(LocalMemory::Scratchpad, written_rows * packed_bytes(elements, registers_.ofmap.bits));
  }

  const AcceleratorConfig& config_;
  const LocalShape shape_;
  const LayerRegisters& registers_;
  EventCounts& events_;
  PreloadCommand preload_;
  std::uint64_t times_ = 1;
};

}  // namespace

EventCounts program_events(const LayerProgram& program, const AcceleratorConfig& config) {
  EventCounts events;
  Counter counter{config, program.registers, events};
  for (const Command& command : program.commands) {
    counter.count(command);
  }
  return events;
}

EventCounts program_events(const PackedProgram& program, const AcceleratorConfig& config) {
  EventCounts events;
  Counter counter{config, program.registers, events};
  program.commands.for_each_shared(
      [&](const Command& command, std::uint64_t uses) { counter.count(command, uses); });
  return events;
}

}  // namespace systole

#include "sim/functional/machine_state.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <variant>

#include "models/requant/lfsr_stream.hpp"
#include "models/requant/requantize.hpp"
#include "models/vector/element_wise.hpp"
#include "models/vector/operand_plan.hpp"
#include "sim/functional/requant_rows.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/load_rows.hpp"

namespace systole {
namespace {

/// Rows from the first to the last of `blocks` runs of `rows`, `pitch` apart.
std::uint32_t extent(std::uint32_t rows, std::uint32_t blocks, std::uint32_t pitch) {
  return rows + (blocks - 1) * pitch;
}

/// Both operands of an addition, scaled, for each byte that they may be.
using ScaledBytes = std::array<std::array<std::int32_t, 256>, 2>;

ScaledBytes scaled_bytes(const Add& add, ElementFormat format) {
  ScaledBytes scaled;
  for (std::size_t operand = 0; operand < scaled.size(); ++operand) {
    for (std::size_t byte = 0; byte < scaled[operand].size(); ++byte) {
      const auto bits = static_cast<std::uint8_t>(byte);
      scaled[operand][byte] = scaled_operand(unpack_element(&bits, 0, format), operand, add);
    }
  }
  return scaled;
}

/// Whether tables of scaled bytes and RequantRows together are add_elements().
bool adds_bytes(const LayerRegisters& registers) {
  return registers.ifmap.bits == 8 && registers.add.output.mode != RequantMode::FloatScale &&
         registers.add.output.entries() == 1 && RequantRows::takes(registers.add.output);
}

}  // namespace

struct MachineState::Execute {
  MachineState& machine;
  const LayerRegisters& registers;
  std::optional<LfsrStream> stream;       // of stochastic rounding
  std::optional<RequantRows> requant;     // where it takes the unit
  std::optional<RequantRows> add_output;  // the same for additions of bytes
  std::optional<ScaledBytes> add_inputs;
  std::uint64_t vector_overflows = 0;

  Execute(MachineState& state, const LayerRegisters& layer) : machine{state}, registers{layer} {
    if (layer.requant.rounding == Rounding::Stochastic) {
      stream.emplace(layer.requant.lfsr);
    }
    if (RequantRows::takes(layer.requant) && state.local_.has_psums32()) {
      requant.emplace(layer.requant);
      if (layer.requant.entries() == 1) {
        const RequantEntry entry = entry_of(layer.requant, 0);
        requant->set_entries(&entry, 1);
      }
    }
  }

  void operator()(const ConfigureCommand&) {}

  void operator()(const LoadCommand& load) {
    machine.array_.before_write(load.destination.memory, load.destination.row,
                                extent(load.rows, blocks(load, machine.config_), load.block_pitch));
    machine.bytes_.resize(load.row_bytes);
    for (std::uint32_t row = 0; row < load.rows; ++row) {
      machine.dram_.prefetch(load.dram_address + row * load.dram_pitch);
    }
    const std::uint8_t* bytes = nullptr;
    for (std::uint32_t row = 0; row < load.rows; ++row) {
      if (row == 0 || load.dram_pitch != 0) {
        bytes = read_dram(load.dram_address + row * load.dram_pitch, load.row_bytes);
      }
      if (load.destination.memory == LocalMemory::Accumulators) {
        load_psums(load, row, bytes);
      } else {
        load_row(load, row, bytes);
      }
    }
  }

  void operator()(const FillCommand& fill) {
    const LocalMemory memory = fill.destination.memory;
    machine.array_.before_write(memory, fill.destination.row, fill.rows);
    std::vector<std::uint8_t> row(machine.local_.row_bytes(memory));
    const std::size_t elements = row.size() * 8 / registers.ifmap.bits;
    for (std::size_t i = 0; i < elements; ++i) {
      pack_element(row.data(), i, registers.ifmap, fill.value);
    }
    for (std::uint32_t i = 0; i < fill.rows; ++i) {
      std::copy(row.begin(), row.end(), machine.local_.rows(memory, fill.destination.row + i));
    }
  }

  void operator()(const PreloadCommand& preload) { machine.array_.preload(preload); }

  void operator()(const ComputeCommand& compute) { machine.array_.compute(compute); }

  /// Rows of elements beside each other, then packed and written one after the other.
  void operator()(const StoreCommand& store) {
    const std::uint32_t block_count = blocks(store, machine.config_);
    machine.array_.before_read(store.source.memory, store.source.row,
                               extent(store.rows, block_count, store.block_pitch));
    if (store.keep) {
      machine.array_.before_write(LocalMemory::Scratchpad, store.kept_row,
                                  extent(store.rows, block_count, store.kept_pitch));
    }
    const bool requantized = store.source.memory == LocalMemory::Accumulators;
    const std::uint32_t block_elements =
        requantized ? machine.config_.array.cols : machine.config_.array.rows;
    const bool to_dram_alone = store.to_dram && !store.keep;
    if (requantized && !store.raw && requant && registers.ofmap.bits == 8 && to_dram_alone) {
      return store_bytes(store);
    }
    const ElementFormat format = store.raw ? ElementFormat{32, true, false} : registers.ofmap;
    const std::size_t pitch =
        store.elements + std::size_t{kColumnStep};  // kernels write whole ones
    machine.elements_.resize(store.rows * pitch);
    for (std::uint32_t first = 0; first < store.elements; first += block_elements) {
      const std::uint32_t block = first / block_elements;
      const std::uint32_t count = std::min(block_elements, store.elements - first);
      if (requantized && !store.raw) {
        read_constants(store.table_row + block);
      }
      for (std::uint32_t row = 0; row < store.rows; ++row) {
        const std::uint32_t from = store.source.row + block * store.block_pitch + row;
        std::int32_t* elements = machine.elements_.data() + row * pitch + first;
        if (!requantized) {
          unpack_elements(machine.local_.rows(store.source.memory, from), count, format, elements);
        } else if (store.raw) {
          for (std::uint32_t c = 0; c < count; ++c) {
            elements[c] = static_cast<std::int32_t>(psum(from, c));
          }
        } else {
          const std::uint64_t address = store.dram_address + row * store.dram_pitch;
          requantize_row(from, address, first, count, elements);
        }
      }
    }
    machine.bytes_.assign(packed_bytes(store.elements, format.bits), std::uint8_t{0});
    for (std::uint32_t row = 0; row < store.rows; ++row) {
      pack_elements(machine.bytes_.data(), store.elements, format,
                    machine.elements_.data() + row * pitch);
      if (store.keep) {
        keep_row(store, row);
      }
      if (store.to_dram) {
        machine.dram_.write(store.dram_address + row * store.dram_pitch, machine.bytes_.data(),
                            machine.bytes_.size());
      }
    }
  }

  void operator()(const PoolCommand& pool) {
    machine.array_.before_writes();
    std::vector<std::int32_t> taps(pool.elements);
    std::vector<std::int64_t> partial(pool.elements);
    std::int64_t count = 0;
    for (const VectorOperand& operand : operand_plan(pool)) {
      unpack_elements(machine.local_.rows(LocalMemory::Scratchpad, operand.row), pool.elements,
                      registers.ifmap, taps.data());
      count = operand.first ? 1 : count + 1;
      if (operand.first) {
        std::copy(taps.begin(), taps.end(), partial.begin());
      } else if (pool.average) {
        std::transform(taps.begin(), taps.end(), partial.begin(), partial.begin(),
                       [](std::int64_t tap, std::int64_t sum) { return sum + tap; });
      } else {
        std::transform(taps.begin(), taps.end(), partial.begin(), partial.begin(),
                       [](std::int64_t tap, std::int64_t most) { return std::max(tap, most); });
      }
      if (!operand.last) {
        continue;
      }
      for (std::uint32_t i = 0; i < pool.elements; ++i) {
        const std::int64_t value = pool.average ? rounded_mean(partial[i], count) : partial[i];
        taps[i] = static_cast<std::int32_t>(
            std::clamp<std::int64_t>(value, registers.pool_clamp_min, registers.pool_clamp_max));
      }
      write_row(operand.output_row, pool.elements, taps.data());
    }
  }

  void operator()(const DepthwiseCommand& command) {
    machine.array_.before_writes();
    machine.depthwise_.begin(command, registers);
    std::vector<std::int32_t> outputs(command.elements);
    for (const VectorOperand& operand : operand_plan(command)) {
      const std::uint8_t* row = machine.local_.rows(LocalMemory::Scratchpad, operand.row);
      if (operand.constant) {
        machine.depthwise_.take_constants(row);
        continue;
      }
      vector_overflows += machine.depthwise_.take_tap(row, operand.first);
      if (operand.last) {
        for (std::uint32_t i = 0; i < command.elements; ++i) {
          outputs[i] = machine.depthwise_.result(i);
        }
        write_row(operand.output_row, command.elements, outputs.data());
      }
    }
  }

  void operator()(const AddCommand& add) {
    machine.array_.before_writes();
    if (!add_inputs && adds_bytes(registers)) {
      add_inputs = scaled_bytes(registers.add, registers.ifmap);
      add_output.emplace(registers.add.output);
      const RequantEntry entry = entry_of(registers.add.output, 0);
      add_output->set_entries(&entry, 1);
    }
    if (add_inputs && in_one_piece(add)) {
      return add_rows(add);
    }
    std::vector<std::int32_t> sums(machine.config_.array.rows);
    for (std::uint32_t row = 0; row < add.rows; ++row) {
      const std::uint8_t* a = machine.local_.rows(LocalMemory::Scratchpad, add.input_row[0] + row);
      const std::uint8_t* b = machine.local_.rows(LocalMemory::Scratchpad, add.input_row[1] + row);
      for (std::uint32_t i = 0; i < sums.size(); ++i) {
        sums[i] = add_elements(unpack_element(a, i, registers.ifmap),
                               unpack_element(b, i, registers.ifmap), registers.add);
      }
      write_row(add.output_row + row, machine.config_.array.rows, sums.data());
    }
  }

 private:
  /// The packed row of a store, block by block into the scratchpad. Blocks are whole bytes.
  void keep_row(const StoreCommand& store, std::uint32_t row) const {
    const std::uint64_t block_bytes =
        packed_bytes(machine.config_.array.cols, registers.ofmap.bits);
    std::uint32_t to = store.kept_row + row;
    for (std::uint64_t at = 0; at < machine.bytes_.size(); at += block_bytes) {
      std::copy_n(machine.bytes_.data() + at, std::min(block_bytes, machine.bytes_.size() - at),
                  machine.local_.rows(LocalMemory::Scratchpad, to));
      to += store.kept_pitch;
    }
  }

  /// A row of at most bytes_.size(), where it lies or in bytes_.
  const std::uint8_t* read_dram(std::uint64_t address, std::uint32_t size) const {
    const std::uint8_t* there = machine.dram_.in_one_piece(address, size);
    if (there != nullptr) {
      return there;
    }
    machine.dram_.read(address, machine.bytes_.data(), size);
    return machine.bytes_.data();
  }

  /// DRAM row `row` of a load, to one local row after the other.
  void load_row(const LoadCommand& load, std::uint32_t row, const std::uint8_t* bytes) const {
    constexpr std::uint32_t kCommon = 16;  // a size that the compiler knows
    const LocalMemory memory = load.destination.memory;
    const std::uint32_t row_bytes = machine.local_.row_bytes(memory);
    std::uint32_t to = load.destination.row + row;
    std::uint32_t rest = load.row_bytes;
    if (load.local_offset > 0) {
      const std::uint32_t size = std::min(row_bytes - load.local_offset, rest);
      std::memcpy(machine.local_.rows(memory, to) + load.local_offset, bytes, size);
      to += load.block_pitch;
      bytes += size;
      rest -= size;
    }
    for (; rest >= row_bytes && row_bytes == kCommon; rest -= kCommon) {
      std::memcpy(machine.local_.rows(memory, to), bytes, kCommon);
      to += load.block_pitch;
      bytes += kCommon;
    }
    while (rest > 0) {
      const std::uint32_t size = std::min(row_bytes, rest);
      std::memcpy(machine.local_.rows(memory, to), bytes, size);
      to += load.block_pitch;
      bytes += size;
      rest -= size;
    }
  }

  void load_psums(const LoadCommand& load, std::uint32_t row, const std::uint8_t* bytes) const {
    const std::uint32_t row_bytes = merged_row_bytes(load, machine.config_);
    const bool narrow = sign_extends(load, machine.config_);
    for (std::uint32_t block = 0; block < blocks(load, machine.config_); ++block) {
      const std::uint32_t first = block * row_bytes;
      const std::uint32_t size = std::min(row_bytes, load.row_bytes - first);
      const std::uint32_t to = load.destination.row + block * load.block_pitch + row;
      if (narrow) {
        const std::vector<std::uint8_t> psums = sign_extended(bytes + first, size, machine.config_);
        machine.local_.load_psums(to, psums.data(), static_cast<std::uint32_t>(psums.size()));
      } else {
        machine.local_.load_psums(to, bytes + first, size);
      }
    }
  }

  /// Whether the rows are bytes without gaps, and none is written before it is read.
  bool in_one_piece(const AddCommand& add) const {
    const auto apart = [&](std::uint32_t row) {
      return row == add.output_row || row + add.rows <= add.output_row ||
             add.output_row + add.rows <= row;
    };
    return machine.local_.row_bytes(LocalMemory::Scratchpad) == machine.config_.array.rows &&
           registers.ofmap.bits == 8 && apart(add.input_row[0]) && apart(add.input_row[1]);
  }

  /// All rows of the command at once, by tables.
  void add_rows(const AddCommand& add) {
    const std::uint32_t row_bytes = machine.local_.row_bytes(LocalMemory::Scratchpad);
    const std::size_t count = std::size_t{add.rows} * row_bytes;
    const std::uint8_t* a =
        machine.local_.rows(LocalMemory::Scratchpad, add.input_row[0], add.rows);
    const std::uint8_t* b =
        machine.local_.rows(LocalMemory::Scratchpad, add.input_row[1], add.rows);
    machine.elements_.resize(count + kColumnStep);  // kernels read and write whole vectors
    machine.bytes_.resize(count + kColumnStep);
    for (std::size_t i = 0; i < count; ++i) {
      const auto first = static_cast<std::uint32_t>((*add_inputs)[0][a[i]]);
      const auto second = static_cast<std::uint32_t>((*add_inputs)[1][b[i]]);
      machine.elements_[i] = static_cast<std::int32_t>(first + second);
    }
    add_output->run({machine.elements_.data(), 0, 1}, count, machine.bytes_.data(), 0);
    std::memcpy(machine.local_.rows(LocalMemory::Scratchpad, add.output_row, add.rows),
                machine.bytes_.data(), count);
  }

  std::int64_t psum(std::uint32_t row, std::uint32_t column) const {
    return machine.local_.has_psums32() ? std::int64_t{machine.local_.psums32(row)[column]}
                                        : machine.local_.psums64(row)[column];
  }

  /// Those of a block of channels, from a row of the table unless all share one pair.
  void read_constants(std::uint32_t table_row) {
    if (registers.requant.entries() == 1) {
      machine.entries_.assign(1, entry_of(registers.requant, 0));
      return;
    }
    const std::uint8_t* table = machine.local_.rows(LocalMemory::RequantTable, table_row);
    const std::uint32_t entry_bytes = requant_entry_bytes(machine.config_);
    machine.entries_.resize(machine.config_.array.cols);
    for (std::size_t c = 0; c < machine.entries_.size(); ++c) {
      machine.entries_[c] = decode_entry(table + c * entry_bytes, registers.requant.mode,
                                         machine.config_.requant.multiplier_bits);
    }
    if (requant) {
      requant->set_entries(machine.entries_.data(), machine.entries_.size());
    }
  }

  /// Where vectors requantize and elements are bytes.
  void store_bytes(const StoreCommand& store) {
    const std::uint32_t cols = machine.config_.array.cols;
    const std::size_t pitch =
        store.elements + std::size_t{kColumnStep};  // kernels write whole ones
    machine.bytes_.resize(store.rows * pitch);
    for (std::uint32_t first = 0; first < store.elements; first += cols) {
      const std::uint32_t block = first / cols;
      read_constants(store.table_row + block);
      const std::uint32_t from = store.source.row + block * store.block_pitch;
      requant->run(
          {machine.local_.psums32(from, store.rows), machine.local_.psum_pitch(), store.rows},
          std::min(cols, store.elements - first), machine.bytes_.data() + first, pitch);
    }
    for (std::uint32_t row = 0; row < store.rows; ++row) {
      machine.dram_.write(store.dram_address + row * store.dram_pitch,
                          machine.bytes_.data() + row * pitch, store.elements);
    }
  }

  /// `count` columns from the `first` of a DRAM row at `address`.
  void requantize_row(std::uint32_t row, std::uint64_t address, std::uint32_t first,
                      std::uint32_t count, std::int32_t* elements) const {
    if (requant) {
      requant->run({machine.local_.psums32(row), 0, 1}, count, elements, 0);
      return;
    }
    const std::uint64_t element = registers.ofmap_place.element_at(address) + first;
    const bool one_for_all = machine.entries_.size() == 1;
    for (std::uint32_t c = 0; c < count; ++c) {
      elements[c] = requantize(psum(row, c), machine.entries_[one_for_all ? 0 : c],
                               registers.requant, stream ? stream->word(element + c) : 0);
    }
  }

  void write_row(std::uint32_t row, std::uint32_t count, const std::int32_t* values) const {
    std::uint8_t* bytes = machine.local_.rows(LocalMemory::Scratchpad, row);
    std::fill_n(bytes, packed_bytes(count, registers.ofmap.bits), std::uint8_t{0});
    pack_elements(bytes, count, registers.ofmap, values);
  }
};

MachineState::MachineState(const AcceleratorConfig& config)
    : config_{config}, local_{config_}, array_{config_, local_}, depthwise_{config_} {
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
  Execute execute{*this, registers};
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
  events.add(Event::PsumOverflows, execute.vector_overflows);
}

}  // namespace systole

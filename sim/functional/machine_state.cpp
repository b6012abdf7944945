#include "sim/functional/machine_state.hpp"

#include <algorithm>
#include <optional>
#include <variant>

#include "models/requant/lfsr_stream.hpp"
#include "models/requant/requantize.hpp"
#include "models/vector/element_wise.hpp"
#include "models/vector/operand_plan.hpp"
#include "sim/functional/fold_product.hpp"
#include "sim/kernel/psum.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/ifmap_parts.hpp"

namespace systole {

struct MachineState::Execute {
  MachineState& machine;
  const LayerRegisters& registers;
  EventCounts& events;
  std::optional<LfsrStream> stream;  // of stochastic rounding

  void operator()(const ConfigureCommand&) const {}

  void operator()(const LoadCommand& load) const {
    const LocalMemory memory = load.destination.memory;
    const bool psums = memory == LocalMemory::Accumulators;
    const std::uint32_t row_bytes = machine.local_.row_bytes(memory);
    const std::uint32_t count = blocks(load, machine.config_);
    machine.bytes_.resize(load.row_bytes);
    for (std::uint32_t row = 0; row < load.rows; ++row) {
      if (row == 0 || load.dram_pitch != 0) {
        machine.dram_.read(load.dram_address + row * load.dram_pitch, machine.bytes_.data(),
                           load.row_bytes);
      }
      for (std::uint32_t block = 0; block < count; ++block) {
        const std::uint32_t to = load.destination.row + block * load.block_pitch + row;
        const std::uint32_t first = block * row_bytes;
        const std::uint8_t* bytes = machine.bytes_.data() + first;
        const std::uint32_t size = std::min(row_bytes, load.row_bytes - first);
        if (psums) {
          machine.local_.load_psums(to, bytes, size);
        } else {
          std::copy_n(bytes, size, machine.local_.rows(memory, to));
        }
      }
    }
  }

  void operator()(const FillCommand& fill) const {
    const LocalMemory memory = fill.destination.memory;
    std::vector<std::uint8_t> row(machine.local_.row_bytes(memory));
    for (std::uint32_t i = 0; i < machine.config_.array.rows; ++i) {
      pack_element(row.data(), i, registers.ifmap, fill.value);
    }
    for (std::uint32_t i = 0; i < fill.rows; ++i) {
      std::copy(row.begin(), row.end(), machine.local_.rows(memory, fill.destination.row + i));
    }
  }

  void operator()(const PreloadCommand& preload) const {
    machine.destination_ = preload;
    if (machine.config_.array.dataflow == Dataflow::WeightStationary && preload.new_weights) {
      take_weights(preload, 0);
    }
  }

  void operator()(const ComputeCommand& compute) const {
    const PreloadCommand& to = machine.destination_;
    const std::uint32_t cols = machine.config_.array.cols;
    const std::vector<IfmapPart> parts = ifmap_parts(compute, machine.config_.array.rows);
    if (machine.config_.array.dataflow == Dataflow::WeightStationary) {
      multiply_block(compute, parts, to.acc_row, to.n);
      return;
    }
    for (std::uint32_t block = 0; block < blocks(to, machine.config_); ++block) {
      take_weights(to, block);
      multiply_block(compute, parts, to.acc_row + block * to.acc_pitch,
                     std::min(cols, to.n - block * cols));
    }
  }

  void operator()(const StoreCommand& store) const {
    const bool requantized = store.source.memory == LocalMemory::Accumulators;
    const std::uint32_t block_elements =
        requantized ? machine.config_.array.cols : machine.config_.array.rows;
    const ElementFormat format = store.raw ? ElementFormat{32, true, false} : registers.ofmap;
    machine.elements_.resize(store.elements);
    machine.bytes_.resize(packed_bytes(store.elements, format.bits));
    for (std::uint32_t row = 0; row < store.rows; ++row) {
      for (std::uint32_t first = 0; first < store.elements; first += block_elements) {
        const std::uint32_t block = first / block_elements;
        const std::uint32_t from = store.source.row + block * store.block_pitch + row;
        const std::uint32_t count = std::min(block_elements, store.elements - first);
        std::int32_t* elements = machine.elements_.data() + first;
        if (store.raw) {
          std::transform(machine.local_.psums(from), machine.local_.psums(from) + count, elements,
                         [](std::int64_t psum) { return static_cast<std::int32_t>(psum); });
        } else if (requantized) {
          const std::uint64_t address = store.dram_address + row * store.dram_pitch;
          requantize_row(from, store.table_row + block,
                         registers.ofmap_place.element_at(address) + first, count, elements);
        } else {
          const std::uint8_t* bytes = machine.local_.rows(store.source.memory, from);
          for (std::uint32_t i = 0; i < count; ++i) {
            elements[i] = unpack_element(bytes, i, format);
          }
        }
      }
      std::fill(machine.bytes_.begin(), machine.bytes_.end(), std::uint8_t{0});
      for (std::uint32_t i = 0; i < store.elements; ++i) {
        pack_element(machine.bytes_.data(), i, format, machine.elements_[i]);
      }
      machine.dram_.write(store.dram_address + row * store.dram_pitch, machine.bytes_.data(),
                          machine.bytes_.size());
    }
  }

  void operator()(const PoolCommand& pool) const {
    std::vector<std::int64_t> partial(pool.elements);
    std::int64_t taps = 0;
    for (const VectorOperand& operand : operand_plan(pool)) {
      const std::uint8_t* bytes = machine.local_.rows(LocalMemory::Scratchpad, operand.row);
      taps = operand.first ? 1 : taps + 1;
      for (std::uint32_t i = 0; i < pool.elements; ++i) {
        const std::int64_t q = unpack_element(bytes, i, registers.ifmap);
        partial[i] = operand.first ? q : pool.average ? partial[i] + q : std::max(partial[i], q);
      }
      if (!operand.last) {
        continue;
      }
      for (std::int64_t& value : partial) {
        value = pool.average ? rounded_mean(value, taps) : value;
        value = std::clamp<std::int64_t>(value, registers.pool_clamp_min, registers.pool_clamp_max);
      }
      write_row(operand.output_row, partial);
    }
  }

  void operator()(const AddCommand& add) const {
    std::vector<std::int64_t> sums(machine.config_.array.rows);
    for (std::uint32_t row = 0; row < add.rows; ++row) {
      const std::uint8_t* a = machine.local_.rows(LocalMemory::Scratchpad, add.input_row[0] + row);
      const std::uint8_t* b = machine.local_.rows(LocalMemory::Scratchpad, add.input_row[1] + row);
      for (std::uint32_t i = 0; i < sums.size(); ++i) {
        sums[i] = add_elements(unpack_element(a, i, registers.ifmap),
                               unpack_element(b, i, registers.ifmap), registers.add);
      }
      write_row(add.output_row + row, sums);
    }
  }

 private:
  /// Block `block` of the fold's weights, array.cols channels, in the array: rows below k are zero.
  void take_weights(const PreloadCommand& preload, std::uint32_t block) const {
    const std::uint32_t cols = machine.config_.array.cols;
    const std::uint32_t rows = std::max(machine.config_.array.rows, preload.k);
    machine.weights_.assign(std::size_t{rows} * cols, 0);
    machine.nonzeros_.assign(rows, 0);
    const std::uint32_t n = std::min(cols, preload.n - block * cols);
    for (std::uint32_t r = 0; r < preload.k; ++r) {
      std::int16_t* weights = machine.weights_.data() + std::size_t{r} * cols;
      unpack(machine.local_.rows(preload.weights.memory,
                                 preload.weights.row + block * preload.weights_pitch + r),
             0, n, registers.weight, weights);
      machine.nonzeros_[r] =
          cols - static_cast<std::uint32_t>(std::count(weights, weights + cols, 0));
    }
  }

  /// All pixels of the compute times the weights in the array, `n` columns of which count.
  void multiply_block(const ComputeCommand& compute, const std::vector<IfmapPart>& parts,
                      std::uint32_t acc_row, std::uint32_t n) const {
    const std::uint32_t cols = machine.config_.array.cols;
    std::uint64_t nonzero = 0;
    std::uint64_t overflows = 0;
    machine.ifmap_.resize(std::max<std::size_t>(machine.ifmap_.size(), compute.k));
    for (std::uint32_t pixel = 0; pixel < compute.rows(); ++pixel) {
      std::uint32_t lane = 0;
      for (const IfmapPart& part : parts) {
        unpack(machine.local_.rows(LocalMemory::Scratchpad, compute.pixel_row(pixel) + part.row),
               part.lane, part.count, registers.ifmap, machine.ifmap_.data() + lane);
        lane += part.count;
      }
      for (std::uint32_t r = 0; r < compute.k; ++r) {
        nonzero += machine.ifmap_[r] != 0 ? machine.nonzeros_[r] : 0U;
      }
      multiply(compute.k, overflows);
      std::int64_t* psums = machine.local_.psums(acc_row + pixel);
      if (!machine.destination_.accumulate) {
        std::copy(machine.psums_.begin(), machine.psums_.end(), psums);
        continue;
      }
      for (std::uint32_t c = 0; c < cols; ++c) {
        psums[c] = add_psum(psums[c], machine.psums_[c], machine.psum_format_, overflows);
      }
    }
    events.add(Event::PsumOverflows, overflows);
    events.add(Event::MacZeroOperand, std::uint64_t{compute.rows()} * compute.k * n - nonzero);
  }

  /// The products of one ifmap vector, column by column, added up as the PEs do it.
  void multiply(std::uint32_t k, std::uint64_t& overflows) const {
    const ArrayConfig& array = machine.config_.array;
    const bool exact =
        machine.psum_format_.bits <= 32 &&
        !products_may_overflow(k, array.activation_bits, array.weight_bits, machine.psum_format_);
    if (exact) {
      machine.products_.assign(array.cols, 0);
      multiply_vector(machine.products_.data(), machine.ifmap_.data(), machine.weights_.data(), k,
                      array.cols);
      std::transform(machine.products_.begin(), machine.products_.end(), machine.psums_.begin(),
                     [](std::uint32_t psum) { return static_cast<std::int32_t>(psum); });
      return;
    }
    std::fill(machine.psums_.begin(), machine.psums_.end(), 0);
    for (std::uint32_t r = 0; r < k; ++r) {
      const std::int16_t* weights = machine.weights_.data() + std::size_t{r} * array.cols;
      for (std::uint32_t c = 0; c < array.cols; ++c) {
        const std::int64_t product = std::int64_t{weights[c]} * machine.ifmap_[r];
        machine.psums_[c] = add_psum(machine.psums_[c], product, machine.psum_format_, overflows);
      }
    }
  }

  static void unpack(const std::uint8_t* bytes, std::uint32_t first, std::uint32_t count,
                     ElementFormat format, std::int16_t* to) {
    if (format.bits == 8 && format.is_signed) {
      const auto* values = reinterpret_cast<const std::int8_t*>(bytes) + first;
      std::copy(values, values + count, to);
      return;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      to[i] = static_cast<std::int16_t>(unpack_element(bytes, first + i, format));
    }
  }

  /// `element` is the ofmap's that the first column becomes.
  void requantize_row(std::uint32_t row, std::uint32_t table_row, std::uint64_t element,
                      std::uint32_t count, std::int32_t* elements) const {
    const std::int64_t* psums = machine.local_.psums(row);
    const Requantizer& unit = registers.requant;
    if (unit.entries() == 1) {
      const RequantEntry entry = entry_of(unit, 0);
      for (std::uint32_t c = 0; c < count; ++c) {
        elements[c] = requantize(psums[c], entry, unit, random(element + c));
      }
      return;
    }
    const std::uint8_t* table = machine.local_.rows(LocalMemory::RequantTable, table_row);
    const std::uint32_t entry_bytes = requant_entry_bytes(machine.config_);
    for (std::uint32_t c = 0; c < count; ++c) {
      const RequantEntry entry = decode_entry(table + std::size_t{c} * entry_bytes, unit.mode,
                                              machine.config_.requant.multiplier_bits);
      elements[c] = requantize(psums[c], entry, unit, random(element + c));
    }
  }

  std::uint32_t random(std::uint64_t element) const { return stream ? stream->word(element) : 0; }

  void write_row(std::uint32_t row, const std::vector<std::int64_t>& values) const {
    std::uint8_t* bytes = machine.local_.rows(LocalMemory::Scratchpad, row);
    std::fill_n(bytes, packed_bytes(values.size(), registers.ofmap.bits), std::uint8_t{0});
    for (std::size_t i = 0; i < values.size(); ++i) {
      pack_element(bytes, i, registers.ofmap, static_cast<std::int32_t>(values[i]));
    }
  }
};

MachineState::MachineState(const AcceleratorConfig& config)
    : config_{config},
      local_{config_},
      weights_(std::size_t{config.array.rows} * config.array.cols),
      nonzeros_(config.array.rows),
      psum_format_{config.array.accumulator_bits, config.array.overflow},
      ifmap_(config.array.rows),
      psums_(config.array.cols) {}

void MachineState::run(const LayerProgram& program, EventCounts& events) {
  Execute execute{*this, program.registers, events, std::nullopt};
  if (program.registers.requant.rounding == Rounding::Stochastic) {
    execute.stream.emplace(program.registers.requant.lfsr);
  }
  for (const Command& command : program.commands) {
    std::visit(execute, command.body);
  }
}

}  // namespace systole

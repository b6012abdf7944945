#include "tests/support/program_interpreter.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <stdexcept>

#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/load_rows.hpp"
#include "tests/support/interpreter_arithmetic.hpp"

namespace systole::test {
namespace {

std::int32_t little_endian_int32(const std::uint8_t* bytes) {
  std::uint32_t value = 0;
  for (std::uint32_t i = 0; i < 4; ++i) {
    value |= std::uint32_t{bytes[i]} << (8 * i);
  }
  return static_cast<std::int32_t>(value);
}

bool any_overlap(const HazardRanges& ranges, const RowRange& with) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const RowRange& range) { return range.overlaps(with); });
}

bool conflict(const Command& older, const Command& younger, const LocalShape& shape) {
  const RowRange older_writes = writes(older, shape);
  const RowRange younger_writes = writes(younger, shape);
  return any_overlap(reads(younger, shape), older_writes) ||
         any_overlap(reads(older, shape), younger_writes) || older_writes.overlaps(younger_writes);
}

}  // namespace

/// What each command does.
struct ProgramInterpreter::Execute {
  ProgramInterpreter& machine;
  const LayerRegisters& registers;
  const AcceleratorConfig& config = machine.config_;

  void operator()(const ConfigureCommand&) const {}
  void operator()(const LoadCommand& c) const {
    if (sign_extends(c, machine.shape_)) {
      throw std::invalid_argument{"the interpreter takes biases as wide as the accumulators"};
    }
    const std::uint32_t width = local_row_bytes(config, c.destination.memory);
    for (std::uint32_t i = 0; i < c.rows; ++i) {
      const std::uint8_t* source = machine.dram(c.dram_address + i * c.dram_pitch, c.row_bytes);
      for (std::uint32_t byte = 0; byte < c.row_bytes; ++byte) {
        const std::uint32_t to = c.local_offset + byte;
        machine.row(c.destination.memory,
                    c.destination.row + i + to / width * c.block_pitch)[to % width] = source[byte];
      }
    }
    machine.read_bytes_[static_cast<std::size_t>(c.operand)] +=
        std::uint64_t{c.row_bytes} * (c.dram_pitch == 0 ? 1 : c.rows);
  }
  void operator()(const FillCommand& c) const {
    const std::uint32_t elements =
        local_row_bytes(config, c.destination.memory) * 8 / registers.ifmap.bits;
    for (std::uint32_t i = 0; i < c.rows; ++i) {
      for (std::uint32_t e = 0; e < elements; ++e) {
        pack_element(machine.row(c.destination.memory, c.destination.row + i), e, registers.ifmap,
                     c.value);
      }
    }
  }
  void operator()(const PreloadCommand& c) const {
    machine.preload_ = c;
    if (!c.new_weights) {
      return;
    }
    // All columns of all blocks, as many products as the Preload names.
    const std::uint32_t cols = config.array.cols;
    const std::uint32_t width = blocks(c, machine.shape_) * cols;
    machine.weights_.assign(std::size_t{std::max(c.k, config.array.rows)} * width, 0);
    for (std::uint32_t k = 0; k < c.k; ++k) {
      for (std::uint32_t n = 0; n < c.n; ++n) {
        const std::uint32_t row =
            c.weights.row + n / cols * c.weights_pitch + k / c.products_per_pe;
        const std::uint32_t at = k % c.products_per_pe * c.n + n % cols;
        machine.weights_[k * width + n] =
            unpack_element(machine.row(c.weights.memory, row), at, registers.weight);
      }
    }
  }
  void operator()(const ComputeCommand& c) const {
    const PreloadCommand& preload = machine.preload_;
    const std::uint32_t cols = config.array.cols;
    const std::uint32_t width = blocks(preload, machine.shape_) * cols;
    for (std::uint32_t i = 0; i < c.rows(); ++i) {
      for (std::uint32_t n = 0; n < width; ++n) {
        const std::uint32_t target = preload.acc_row + n / cols * preload.acc_pitch + i;
        auto sum = static_cast<std::uint32_t>(
            preload.accumulate ? machine.accumulator(target, n % cols) : 0);
        for (std::uint32_t k = 0; k < c.k; ++k) {
          sum += static_cast<std::uint32_t>(ifmap(c, i, k) * machine.weights_[k * width + n]);
        }
        machine.set_accumulator(target, n % cols, static_cast<std::int32_t>(sum));
      }
    }
  }
  void operator()(const StoreCommand& c) const {
    const bool requantized = c.source.memory == LocalMemory::Accumulators;
    const ElementFormat format = registers.ofmap;
    const std::uint32_t lanes = requantized ? config.array.cols : config.array.rows;
    const std::uint64_t row_bytes = packed_bytes(c.elements, format.bits);
    const bool draws = requantized && registers.requant.rounding == Rounding::Stochastic;
    for (std::uint32_t i = 0; i < c.rows; ++i) {
      std::uint8_t* target = machine.dram(c.dram_address + i * c.dram_pitch, row_bytes);
      const std::uint64_t first =
          draws ? registers.ofmap_place.element_at(c.dram_address + i * c.dram_pitch) : 0;
      if (draws && (machine.words_.size() < first + c.elements ||
                    machine.words_start_ != registers.requant.lfsr)) {
        machine.words_start_ = registers.requant.lfsr;
        machine.words_ = lfsr_words(machine.words_start_, 2 * (first + c.elements));
      }
      for (std::uint32_t e = 0; e < c.elements; ++e) {
        const std::uint32_t source = c.source.row + i + e / lanes * c.block_pitch;
        const std::int32_t value =
            requantized ? output(machine.accumulator(source, e % lanes), c.table_row + e / lanes,
                                 e % lanes, draws ? machine.words_[first + e] : 0)
                        : unpack_element(machine.row(c.source.memory, source), e % lanes, format);
        pack_element(target, e, format, value);
      }
    }
    machine.written_bytes_ += row_bytes * c.rows;
  }
  void operator()(const PoolCommand& c) const {
    for (std::uint32_t o = 0; o < c.out_h * c.out_w; ++o) {
      for (std::uint32_t e = 0; e < c.elements; ++e) {
        pack_element(machine.row(LocalMemory::Scratchpad, c.output_row + o), e, registers.ofmap,
                     pooled(c, o / c.out_w, o % c.out_w, e));
      }
    }
  }
  void operator()(const DepthwiseCommand& c) const {
    for (std::uint32_t o = 0; o < c.out_h * c.out_w; ++o) {
      for (std::uint32_t e = 0; e < c.elements; ++e) {
        pack_element(machine.row(LocalMemory::Scratchpad, c.output_row + o), e, registers.ofmap,
                     convolved(c, o / c.out_w, o % c.out_w, e));
      }
    }
  }
  void operator()(const AddCommand& c) const {
    const std::uint32_t elements = activation_row_bytes(config) * 8 / registers.ifmap.bits;
    for (std::uint32_t i = 0; i < c.rows; ++i) {
      for (std::uint32_t e = 0; e < elements; ++e) {
        const std::int32_t a = unpack_element(
            machine.row(LocalMemory::Scratchpad, c.input_row[0] + i), e, registers.ifmap);
        const std::int32_t b = unpack_element(
            machine.row(LocalMemory::Scratchpad, c.input_row[1] + i), e, registers.ifmap);
        pack_element(machine.row(LocalMemory::Scratchpad, c.output_row + i), e, registers.ofmap,
                     add_elements(a, b, registers.add));
      }
    }
  }

  /// Product k of a pixel, by the definition of ProductMap.
  std::int32_t ifmap(const ComputeCommand& c, std::uint32_t pixel, std::uint32_t k) const {
    const ProductMap& map = c.products;
    const std::uint32_t lanes = config.array.rows * c.products_per_pe;
    const std::uint32_t tap = (map.first + k) / map.channels;
    const std::uint32_t channel = (map.first + k) % map.channels;
    const std::uint32_t at = c.skip + pixel;
    const std::uint32_t row = c.ifmap_row + at / c.count_w * c.pitch_h +
                              at % c.count_w * c.pitch_w + tap / map.kernel_w * map.tap_pitch_h +
                              tap % map.kernel_w * map.tap_pitch_w +
                              channel / lanes * map.slice_pitch;
    return unpack_element(machine.row(LocalMemory::Scratchpad, row), channel % lanes,
                          registers.ifmap);
  }
  /// Of 32-bit accumulators, which is all that these tests have.
  std::int32_t convolved(const DepthwiseCommand& c, std::uint32_t oh, std::uint32_t ow,
                         std::uint32_t element) const {
    const auto constant = [&](std::uint32_t row, std::uint32_t byte) {
      const std::uint32_t width = local_row_bytes(config, LocalMemory::Scratchpad);
      return machine.row(LocalMemory::Scratchpad, c.constants_row + row + byte / width) +
             byte % width;
    };
    std::uint32_t sum = 0;
    if (c.bias_rows > 0) {
      sum = static_cast<std::uint32_t>(little_endian_int32(constant(c.taps(), 4 * element)));
    }
    for (std::uint32_t tap = 0; tap < c.taps(); ++tap) {
      const std::uint32_t h = oh * c.stride_h + tap / c.kernel_w * c.dilation_h;
      const std::uint32_t w = ow * c.stride_w + tap % c.kernel_w * c.dilation_w;
      const std::int32_t q =
          unpack_element(machine.row(LocalMemory::Scratchpad, c.input_row + h * c.tile_w + w),
                         element, registers.ifmap);
      sum += static_cast<std::uint32_t>(
          q * unpack_element(constant(tap, 0), element, registers.weight));
    }
    std::vector<std::uint8_t> entry(requant_entry_bytes(config));
    for (std::uint32_t i = 0; i < entry.size() && c.table_rows > 0; ++i) {
      entry[i] =
          *constant(c.taps() + c.bias_rows, element * static_cast<std::uint32_t>(entry.size()) + i);
    }
    return requantized(static_cast<std::int32_t>(sum), entry.data(), 0);
  }
  std::int32_t output(std::int32_t acc, std::uint32_t table_row, std::uint32_t lane,
                      std::uint32_t random) const {
    const std::uint8_t* bytes = registers.requant.entries() <= 1
                                    ? nullptr
                                    : machine.row(LocalMemory::RequantTable, table_row) +
                                          lane * requant_entry_bytes(config);
    return requantized(acc, bytes, random);
  }
  /// `bytes` is the entry of a table, not looked at where the layer has one pair.
  std::int32_t requantized(std::int32_t acc, const std::uint8_t* bytes,
                           std::uint32_t random) const {
    const Requantizer& requant = registers.requant;
    const bool floats = requant.mode == RequantMode::FloatScale;
    if (requant.entries() <= 1) {
      const std::int32_t multiplier = requant.multiplier.empty() ? 0 : requant.multiplier.front();
      return floats ? requantize(acc, requant.scale.front(), requant)
                    : requantize(acc, multiplier, requant.exponent.front(), requant, random);
    }
    const std::uint32_t entry = requant_entry_bytes(config);
    const std::int32_t last = little_endian_int32(bytes + entry - 4);
    if (floats) {
      float factor = 0;
      std::memcpy(&factor, &last, sizeof factor);
      return requantize(acc, factor, requant);
    }
    std::uint32_t multiplier = 0;
    for (std::uint32_t i = entry - 4; i-- > 0;) {
      multiplier = multiplier << 8 | bytes[i];
    }
    // A whole number of bytes, of which the low bits are the multiplier's.
    multiplier <<= 32 - config.requant.multiplier_bits;
    return requantize(acc, static_cast<std::int32_t>(multiplier), last, requant, random);
  }
  std::int32_t pooled(const PoolCommand& c, std::uint32_t oh, std::uint32_t ow,
                      std::uint32_t element) const {
    std::int32_t sum = 0;
    std::int32_t count = 0;
    std::int32_t most = 0;
    for (std::uint32_t k = 0; k < c.kernel_h * c.kernel_w; ++k) {
      const auto h = static_cast<std::int64_t>(oh * c.stride_h + k / c.kernel_w) + c.origin_h;
      const auto w = static_cast<std::int64_t>(ow * c.stride_w + k % c.kernel_w) + c.origin_w;
      if (h < 0 || w < 0 || h >= c.tile_h || w >= c.tile_w) {
        continue;
      }
      const auto pixel = static_cast<std::uint32_t>(h * c.tile_w + w);
      const std::int32_t value = unpack_element(
          machine.row(LocalMemory::Scratchpad, c.input_row + pixel), element, registers.ifmap);
      most = count == 0 ? value : std::max(most, value);
      sum += value;
      ++count;
    }
    return std::clamp(c.average ? rounded_average(sum, count) : most, registers.pool_clamp_min,
                      registers.pool_clamp_max);
  }
};

/// The commands that wait, by class, and what may go next.
struct ProgramInterpreter::Station {
  const LayerProgram& program;
  const LocalShape& shape;
  const std::array<std::size_t, kCommandClasses>& entries;
  std::array<std::deque<std::size_t>, kCommandClasses> waiting{};
  std::size_t fetched = 0;

  void fetch() {
    while (fetched < program.commands.size()) {
      const auto c = static_cast<std::size_t>(command_class(program.commands[fetched]));
      if (waiting[c].size() >= entries[c]) {
        return;
      }
      waiting[c].push_back(fetched++);
    }
  }
  /// Commands that go next from a class: one, or a Preload with its Compute, which nothing that
  /// the Preload holds back may come between. None if they must wait.
  std::size_t ready(std::size_t c) const {
    if (waiting[c].empty()) {
      return 0;
    }
    const bool pair =
        std::holds_alternative<PreloadCommand>(program.commands[waiting[c].front()].body);
    const std::size_t count = pair ? 2 : 1;
    if (waiting[c].size() < count) {
      return 0;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (held_back(c, waiting[c][i])) {
        return 0;
      }
    }
    return count;
  }
  bool held_back(std::size_t c, std::size_t candidate) const {
    for (std::size_t other = 0; other < kCommandClasses; ++other) {
      for (const std::size_t older : waiting[other]) {
        if (other == c || older > candidate) {
          break;
        }
        if (conflict(program.commands[older], program.commands[candidate], shape)) {
          return true;
        }
      }
    }
    return false;
  }
};

ProgramInterpreter::ProgramInterpreter(const AcceleratorConfig& config, std::uint64_t dram_bytes,
                                       std::uint32_t seed)
    : config_{config},
      shape_{local_shape(config)},
      dram_(dram_bytes),
      weights_(std::size_t{config.array.rows} * config.array.cols) {
  std::mt19937 random{seed};
  for (std::size_t m = 0; m < memories_.size(); ++m) {
    const auto memory = static_cast<LocalMemory>(m);
    memories_[m].resize(std::size_t{local_rows(config, memory)} * local_row_bytes(config, memory));
    for (std::uint8_t& byte : memories_[m]) {
      byte = static_cast<std::uint8_t>(random());
    }
  }
}

std::uint8_t* ProgramInterpreter::row(LocalMemory memory, std::uint32_t index) {
  std::vector<std::uint8_t>& bytes = memories_[static_cast<std::size_t>(memory)];
  const std::size_t width = local_row_bytes(config_, memory);
  if ((index + 1) * width > bytes.size()) {
    throw std::out_of_range{"a command leaves its local memory"};
  }
  return bytes.data() + index * width;
}

std::int32_t ProgramInterpreter::accumulator(std::uint32_t index, std::uint32_t lane) {
  return little_endian_int32(row(LocalMemory::Accumulators, index) + 4 * lane);
}

void ProgramInterpreter::set_accumulator(std::uint32_t index, std::uint32_t lane,
                                         std::int32_t value) {
  for (std::uint32_t i = 0; i < 4; ++i) {
    row(LocalMemory::Accumulators, index)[4 * lane + i] =
        static_cast<std::uint8_t>(static_cast<std::uint32_t>(value) >> (8 * i));
  }
}

std::uint8_t* ProgramInterpreter::dram(std::uint64_t address, std::uint64_t size) {
  if (address + size > dram_.size()) {
    throw std::out_of_range{"a command leaves the DRAM map"};
  }
  return dram_.data() + address;
}

void ProgramInterpreter::write_dram(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  std::copy(bytes.begin(), bytes.end(), dram(address, bytes.size()));
}

std::vector<std::uint8_t> ProgramInterpreter::read_dram(std::uint64_t address,
                                                        std::uint64_t size) const {
  return {dram_.begin() + static_cast<std::ptrdiff_t>(address),
          dram_.begin() + static_cast<std::ptrdiff_t>(address + size)};
}

void ProgramInterpreter::execute(const Command& command, const LayerRegisters& registers) {
  std::visit(Execute{*this, registers}, command.body);
}

void ProgramInterpreter::run(const LayerProgram& program) {
  for (const Command& command : program.commands) {
    execute(command, program.registers);
  }
}

void ProgramInterpreter::run_reordered(const LayerProgram& program,
                                       const std::array<std::size_t, kCommandClasses>& entries,
                                       std::mt19937& random) {
  Station station{program, shape_, entries};
  std::size_t executed = 0;
  while (executed < program.commands.size()) {
    station.fetch();
    std::vector<std::size_t> ready;
    for (std::size_t c = 0; c < kCommandClasses; ++c) {
      if (station.ready(c) > 0) {
        ready.push_back(c);
      }
    }
    if (ready.empty()) {
      throw std::logic_error{"the commands of a program wait for each other"};
    }
    const std::size_t chosen = ready[random() % ready.size()];
    for (std::size_t count = station.ready(chosen); count > 0; --count) {
      execute(program.commands[station.waiting[chosen].front()], program.registers);
      station.waiting[chosen].pop_front();
      ++executed;
    }
  }
}

}  // namespace systole::test

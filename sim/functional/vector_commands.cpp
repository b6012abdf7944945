#include "sim/functional/vector_commands.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "models/requant/requantize.hpp"
#include "models/vector/element_wise.hpp"
#include "models/vector/operand_plan.hpp"
#include "sim/blocks/block_configs.hpp"
#include "sim/functional/requant_rows.hpp"
#include "sim/network/packing.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kByteValues = 256;

std::int32_t value_of(std::uint32_t byte, ElementFormat format) {
  const auto bits = static_cast<std::uint8_t>(byte);
  return unpack_element(&bits, 0, format);
}

/// The larger of each two elements that are bytes.
template <typename Element>
void take_most(const std::uint8_t* taps, std::uint32_t count, std::uint8_t* most) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto tap = static_cast<Element>(taps[i]);
    const auto other = static_cast<Element>(most[i]);
    most[i] = static_cast<std::uint8_t>(tap > other ? tap : other);
  }
}

}  // namespace

VectorCommands::VectorCommands(const AcceleratorConfig& config, LocalMemories& local)
    : config_{config}, local_{local}, depthwise_{vector_unit_config(config).depthwise} {}

void VectorCommands::begin_layer(const LayerRegisters& registers) {
  registers_ = registers;
  sums_.clear();
}

void VectorCommands::pool(const PoolCommand& pool) {
  if (!pool.average && registers_.ifmap.bits == 8 && registers_.ofmap.bits == 8) {
    return pool_most_bytes(pool);
  }
  std::vector<std::int32_t> taps(pool.elements);
  std::vector<std::int64_t> partial(pool.elements);
  std::int64_t count = 0;
  for (const VectorOperand& operand : operand_plan(pool)) {
    unpack_elements(local_.rows(LocalMemory::Scratchpad, operand.row), pool.elements,
                    registers_.ifmap, taps.data());
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
          std::clamp<std::int64_t>(value, registers_.pool_clamp_min, registers_.pool_clamp_max));
    }
    write_row(operand.output_row, pool.elements, taps.data());
  }
}

/// The same for the largest of bytes.
void VectorCommands::pool_most_bytes(const PoolCommand& pool) {
  std::vector<std::uint8_t> most(pool.elements);
  std::vector<std::int32_t> values(pool.elements);
  for (const VectorOperand& operand : operand_plan(pool)) {
    const std::uint8_t* const taps = local_.rows(LocalMemory::Scratchpad, operand.row);
    if (operand.first) {
      std::copy_n(taps, pool.elements, most.data());
    } else if (registers_.ifmap.is_signed) {
      take_most<std::int8_t>(taps, pool.elements, most.data());
    } else {
      take_most<std::uint8_t>(taps, pool.elements, most.data());
    }
    if (operand.last) {
      unpack_elements(most.data(), pool.elements, registers_.ifmap, values.data());
      for (std::int32_t& value : values) {
        value = std::clamp(value, registers_.pool_clamp_min, registers_.pool_clamp_max);
      }
      write_row(operand.output_row, pool.elements, values.data());
    }
  }
}

void VectorCommands::depthwise(const DepthwiseCommand& command) {
  depthwise_.begin(command, registers_);
  std::vector<std::int32_t> outputs(command.elements);
  for (const VectorOperand& operand : operand_plan(command)) {
    const std::uint8_t* row = local_.rows(LocalMemory::Scratchpad, operand.row);
    if (operand.constant) {
      depthwise_.take_constants(row);
      continue;
    }
    overflows_ += depthwise_.take_tap(row, operand.first);
    if (operand.last) {
      for (std::uint32_t i = 0; i < command.elements; ++i) {
        outputs[i] = depthwise_.result(i);
      }
      write_row(operand.output_row, command.elements, outputs.data());
    }
  }
}

void VectorCommands::add(const AddCommand& add) {
  if (registers_.ifmap.bits == 8 && registers_.ofmap.bits == 8 && in_one_piece(add)) {
    return add_bytes(add);
  }
  std::vector<std::int32_t> sums(config_.array.rows);
  for (std::uint32_t row = 0; row < add.rows; ++row) {
    const std::uint8_t* a = local_.rows(LocalMemory::Scratchpad, add.input_row[0] + row);
    const std::uint8_t* b = local_.rows(LocalMemory::Scratchpad, add.input_row[1] + row);
    for (std::uint32_t i = 0; i < sums.size(); ++i) {
      sums[i] = add_elements(unpack_element(a, i, registers_.ifmap),
                             unpack_element(b, i, registers_.ifmap), registers_.add);
    }
    write_row(add.output_row + row, config_.array.rows, sums.data());
  }
}

/// Whether the rows have no gaps, and none is written before it is read.
bool VectorCommands::in_one_piece(const AddCommand& add) const {
  const auto apart = [&](std::uint32_t row) {
    return row == add.output_row || row + add.rows <= add.output_row ||
           add.output_row + add.rows <= row;
  };
  return local_.row_bytes(LocalMemory::Scratchpad) == config_.array.rows &&
         apart(add.input_row[0]) && apart(add.input_row[1]);
}

/// The layer's addition of each pair of bytes.
void VectorCommands::find_sums() {
  const Add& add = registers_.add;
  sums_.resize(std::size_t{kByteValues} * kByteValues);
  const bool by_rows = add.output.mode != RequantMode::FloatScale && RequantRows::takes(add.output);
  if (!by_rows) {
    for (std::uint32_t pair = 0; pair < sums_.size(); ++pair) {
      sums_[pair] = static_cast<std::uint8_t>(
          add_elements(value_of(pair / kByteValues, registers_.ifmap),
                       value_of(pair % kByteValues, registers_.ifmap), add));
    }
    return;
  }
  RequantRows output{add.output};
  const RequantEntry entry = entry_of(add.output, 0);
  output.set_entries(&entry, 1);
  const auto scaled = [&](std::size_t operand) {
    std::vector<std::uint32_t> of_byte(kByteValues);
    for (std::uint32_t byte = 0; byte < kByteValues; ++byte) {
      of_byte[byte] = static_cast<std::uint32_t>(
          scaled_operand(value_of(byte, registers_.ifmap), operand, add));
    }
    return of_byte;
  };
  const std::vector<std::uint32_t> first = scaled(0);
  const std::vector<std::uint32_t> second = scaled(1);
  std::vector<std::int32_t> row(kByteValues);
  for (std::uint32_t a = 0; a < kByteValues; ++a) {
    for (std::uint32_t b = 0; b < kByteValues; ++b) {
      row[b] = static_cast<std::int32_t>(first[a] + second[b]);
    }
    output.run({row.data(), 0, 1}, kByteValues, sums_.data() + std::size_t{a} * kByteValues, 0);
  }
}

/// All rows of the command at once, by the table.
void VectorCommands::add_bytes(const AddCommand& add) {
  if (sums_.empty()) {
    find_sums();
  }
  const auto rows_at = [&](std::uint32_t row) {
    return local_.rows(LocalMemory::Scratchpad, row, add.rows);
  };
  const std::uint8_t* const a = rows_at(add.input_row[0]);
  const std::uint8_t* const b = rows_at(add.input_row[1]);
  std::uint8_t* const to = rows_at(add.output_row);
  const std::uint8_t* const sums = sums_.data();
  const std::size_t count = std::size_t{add.rows} * config_.array.rows;
  constexpr std::size_t kAtOnce = 16;
  std::size_t i = 0;
  for (; i + kAtOnce <= count; i += kAtOnce) {
    std::array<std::uint16_t, kAtOnce> pairs{};  // by vectors
    for (std::size_t j = 0; j < kAtOnce; ++j) {
      pairs[j] = static_cast<std::uint16_t>(a[i + j] * kByteValues + b[i + j]);
    }
    for (std::size_t j = 0; j < kAtOnce; ++j) {
      to[i + j] = sums[pairs[j]];
    }
  }
  for (; i < count; ++i) {
    to[i] = sums[a[i] * kByteValues + b[i]];
  }
}

void VectorCommands::write_row(std::uint32_t row, std::uint32_t count, const std::int32_t* values) {
  std::uint8_t* bytes = local_.rows(LocalMemory::Scratchpad, row);
  std::fill_n(bytes, packed_bytes(count, registers_.ofmap.bits), std::uint8_t{0});
  pack_elements(bytes, count, registers_.ofmap, values);
}

std::uint64_t VectorCommands::take_overflows() { return std::exchange(overflows_, 0); }

}  // namespace systole

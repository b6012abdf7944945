#include "sim/functional/transfers.hpp"

#include <hwy/cache_control.h>

#include <algorithm>
#include <cstring>

#include "sim/functional/fold_kernels.hpp"
#include "sim/network/ceil_div.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/load_rows.hpp"

namespace systole {
namespace {

// Bytes of rows that are common: sizes that the compiler knows.
constexpr std::uint32_t kCommon = 16;
constexpr std::uint32_t kPsumRow = 64;

/// A DRAM row, to one local row after the other, `pitch` bytes apart.
void scatter(const std::uint8_t* from, std::uint32_t size, std::uint8_t* to,
             std::uint32_t row_bytes, std::size_t pitch) {
  while (size > 0) {
    const std::uint32_t part = std::min(row_bytes, size);
    std::memcpy(to, from, part);
    to += pitch;
    from += part;
    size -= part;
  }
}

/// All rows of a load, `dram_pitch` bytes apart, if local rows are kCommon bytes and take whole
/// blocks: block by block, so that local rows are written one behind the other.
void scatter_blocks(const std::uint8_t* from, const LoadCommand& load, std::uint8_t* to) {
  for (std::uint32_t at = 0; at < load.row_bytes; at += kCommon) {
    const std::uint8_t* row = from + at;
    for (std::uint32_t i = 0; i < load.rows; ++i, row += load.dram_pitch) {
      std::memcpy(to + std::size_t{i} * kCommon, row, kCommon);
    }
    to += std::size_t{load.block_pitch} * kCommon;
  }
}

/// The reverse: a DRAM row from local rows of `lanes` bytes.
void gather(const std::uint8_t* from, std::size_t pitch, std::uint32_t lanes, std::uint8_t* to,
            std::uint32_t size) {
  for (; lanes == kCommon && size >= kCommon; size -= kCommon, from += pitch, to += kCommon) {
    std::memcpy(to, from, kCommon);
  }
  while (size > 0) {
    const std::uint32_t part = std::min(lanes, size);
    std::memcpy(to, from, part);
    from += pitch;
    to += part;
    size -= part;
  }
}

}  // namespace

void Transfers::begin_layer(const LayerRegisters& registers) {
  registers_ = registers;
  stream_.reset();
  requant_.reset();
  if (registers.requant.rounding == Rounding::Stochastic) {
    stream_.emplace(registers.requant.lfsr);
  }
  if (RequantRows::takes(registers.requant) && local_.has_psums32()) {
    requant_.emplace(registers.requant);
    if (registers.requant.entries() == 1) {
      const RequantEntry entry = entry_of(registers.requant, 0);
      requant_->set_entries(&entry, 1);
    }
  }
}

/// A row where it lies or in bytes_.
const std::uint8_t* Transfers::read_dram(std::uint64_t address, std::uint32_t size) {
  const std::uint8_t* there = dram_.in_one_piece(address, size);
  if (there != nullptr) {
    return there;
  }
  bytes_.resize(size);
  dram_.read(address, bytes_.data(), size);
  return bytes_.data();
}

/// Where the bytes of a load, `dram` bytes further on, lie in one piece; else null.
const std::uint8_t* Transfers::source(const LoadCommand& load, std::uint64_t dram) const {
  return load.rows == 0 ? nullptr
                        : dram_.in_one_piece(load.dram_address + dram,
                                             (load.rows - 1) * load.dram_pitch + load.row_bytes);
}

void Transfers::fetch(const LoadCommand& load, std::uint64_t dram) const {
  constexpr std::uint32_t kLineBytes = 64;
  const std::uint8_t* row = source(load, dram);
  for (std::uint32_t i = 0; row != nullptr && i < load.rows; ++i, row += load.dram_pitch) {
    for (std::uint32_t at = 0; at < load.row_bytes; at += kLineBytes) {
      hwy::Prefetch(row + at);
    }
  }
}

void Transfers::load(const LoadCommand& load) {
  if (load.destination.memory == LocalMemory::Accumulators) {
    return load_psums(load);
  }
  const std::uint32_t row_bytes = local_.row_bytes(load.destination.memory);
  const std::uint32_t local_rows = ceil_div(load.local_offset + load.row_bytes, row_bytes);
  std::uint8_t* to =
      local_.rows(load.destination.memory, load.destination.row,
                  local_rows == 0 ? 0 : load.rows + (local_rows - 1) * load.block_pitch);
  const std::size_t pitch = std::size_t{load.block_pitch} * row_bytes;
  const std::uint32_t head =
      load.local_offset == 0 ? 0 : std::min(row_bytes - load.local_offset, load.row_bytes);
  if (row_bytes == kCommon && load.row_bytes % kCommon == 0 && head == 0) {
    if (const std::uint8_t* const there = source(load); there != nullptr) {
      return scatter_blocks(there, load, to);
    }
  }
  const std::uint8_t* bytes = nullptr;
  for (std::uint32_t row = 0; row < load.rows; ++row, to += row_bytes) {
    if (row == 0 || load.dram_pitch != 0) {
      bytes = read_dram(load.dram_address + row * load.dram_pitch, load.row_bytes);
    }
    if (head == 0) {
      scatter(bytes, load.row_bytes, to, row_bytes, pitch);
    } else {
      std::memcpy(to + load.local_offset, bytes, head);
      scatter(bytes + head, load.row_bytes - head, to + pitch, row_bytes, pitch);
    }
  }
}

/// All rows of a load, block by block, if the accumulators' are kPsumRow bytes.
void Transfers::scatter_psums(const std::uint8_t* from, const LoadCommand& load) {
  std::uint32_t to = load.destination.row;
  for (std::uint32_t at = 0; at < load.row_bytes; at += kPsumRow, to += load.block_pitch) {
    std::int32_t* psums = local_.psums32(to, load.rows);
    const std::uint8_t* row = from + at;
    for (std::uint32_t i = 0; i < load.rows; ++i, row += load.dram_pitch) {
      std::memcpy(psums, row, kPsumRow);
      psums += local_.psum_pitch();
    }
  }
}

void Transfers::load_psums(const LoadCommand& load) {
  const std::uint32_t row_bytes = merged_row_bytes(load, shape_);
  const bool narrow = sign_extends(load, shape_);
  if (!narrow && row_bytes == kPsumRow && load.row_bytes % kPsumRow == 0 &&
      config_.array.accumulator_bits == 32) {
    if (const std::uint8_t* const there = source(load); there != nullptr) {
      return scatter_psums(there, load);
    }
  }
  const std::uint8_t* bytes = nullptr;
  for (std::uint32_t row = 0; row < load.rows; ++row) {
    if (row == 0 || load.dram_pitch != 0) {
      bytes = read_dram(load.dram_address + row * load.dram_pitch, load.row_bytes);
    }
    std::uint32_t to = load.destination.row + row;
    for (std::uint32_t first = 0; first < load.row_bytes;
         first += row_bytes, to += load.block_pitch) {
      const std::uint32_t size = std::min(row_bytes, load.row_bytes - first);
      if (narrow) {
        const std::vector<std::uint8_t> psums = sign_extended(bytes + first, size, shape_);
        local_.load_psums(to, psums.data(), static_cast<std::uint32_t>(psums.size()));
      } else {
        local_.load_psums(to, bytes + first, size);
      }
    }
  }
}

void Transfers::fill(const FillCommand& fill) {
  const LocalMemory memory = fill.destination.memory;
  const std::uint32_t row_bytes = local_.row_bytes(memory);
  std::uint8_t* const to = local_.rows(memory, fill.destination.row, fill.rows);
  if (registers_.ifmap.bits == 8) {
    std::fill_n(to, std::size_t{fill.rows} * row_bytes, static_cast<std::uint8_t>(fill.value));
    return;
  }
  std::vector<std::uint8_t> row(row_bytes);
  const std::size_t elements = row.size() * 8 / registers_.ifmap.bits;
  for (std::size_t i = 0; i < elements; ++i) {
    pack_element(row.data(), i, registers_.ifmap, fill.value);
  }
  for (std::uint32_t i = 0; i < fill.rows; ++i) {
    std::copy(row.begin(), row.end(), to + std::size_t{i} * row_bytes);
  }
}

void Transfers::store(const StoreCommand& store) {
  const bool from_psums = store.source.memory == LocalMemory::Accumulators;
  const bool bytes_to_dram = registers_.ofmap.bits == 8 && store.to_dram && !store.keep;
  if (bytes_to_dram && !store.raw && !from_psums) {
    copy(store);
  } else if (bytes_to_dram && !store.raw && requant_) {
    requantize_bytes(store);
  } else {
    convert(store);
  }
}

/// Where the rows of a store lie in DRAM, if they are beside each other and none on another; else
/// null.
std::uint8_t* Transfers::rows_in_dram(const StoreCommand& store) {
  if (store.rows == 0 || store.elements == 0 ||
      (store.rows > 1 && store.dram_pitch < store.elements)) {
    return nullptr;
  }
  return dram_.writable_in_one_piece(store.dram_address,
                                     (store.rows - 1) * store.dram_pitch + store.elements);
}

/// Bytes as they lie in a scratchpad.
void Transfers::copy(const StoreCommand& store) {
  const std::uint32_t row_bytes = local_.row_bytes(store.source.memory);
  const std::uint32_t lanes = config_.array.rows;
  const std::uint32_t local_rows = ceil_div(store.elements, lanes);
  const std::uint8_t* from =
      local_.rows(store.source.memory, store.source.row,
                  local_rows == 0 ? 0 : store.rows + (local_rows - 1) * store.block_pitch);
  const std::size_t pitch = std::size_t{store.block_pitch} * row_bytes;
  std::uint8_t* const there = rows_in_dram(store);
  bytes_.resize(store.elements);
  for (std::uint32_t row = 0; row < store.rows; ++row, from += row_bytes) {
    if (there != nullptr) {
      gather(from, pitch, lanes, there + row * store.dram_pitch, store.elements);
    } else {
      gather(from, pitch, lanes, bytes_.data(), store.elements);
      dram_.write(store.dram_address + row * store.dram_pitch, bytes_.data(), store.elements);
    }
  }
}

/// Where vectors requantize and elements are bytes.
void Transfers::requantize_bytes(const StoreCommand& store) {
  const std::uint32_t cols = config_.array.cols;
  // Kernels write whole vectors.
  const bool whole = cols % kColumnStep == 0 && store.elements % kColumnStep == 0;
  std::uint8_t* const there = whole ? rows_in_dram(store) : nullptr;
  const std::size_t pitch =
      there != nullptr ? store.dram_pitch : store.elements + std::size_t{kColumnStep};
  if (there == nullptr) {
    bytes_.resize(store.rows * pitch);
  }
  std::uint8_t* const to = there != nullptr ? there : bytes_.data();
  for (std::uint32_t first = 0; first < store.elements; first += cols) {
    const std::uint32_t block = first / cols;
    read_constants(store.table_row + block);
    const std::uint32_t from = store.source.row + block * store.block_pitch;
    requant_->run({local_.psums32(from, store.rows), local_.psum_pitch(), store.rows},
                  std::min(cols, store.elements - first), to + first, pitch);
  }
  for (std::uint32_t row = 0; row < store.rows && there == nullptr; ++row) {
    dram_.write(store.dram_address + row * store.dram_pitch, bytes_.data() + row * pitch,
                store.elements);
  }
}

/// Rows of elements beside each other, then packed and written one after the other.
void Transfers::convert(const StoreCommand& store) {
  const bool requantized = store.source.memory == LocalMemory::Accumulators;
  const std::uint32_t block_elements = requantized ? config_.array.cols : config_.array.rows;
  const ElementFormat format = store.raw ? ElementFormat{32, true, false} : registers_.ofmap;
  const std::size_t pitch = store.elements + std::size_t{kColumnStep};  // kernels write whole ones
  elements_.resize(store.rows * pitch);
  for (std::uint32_t first = 0; first < store.elements; first += block_elements) {
    const std::uint32_t block = first / block_elements;
    const std::uint32_t count = std::min(block_elements, store.elements - first);
    if (requantized && !store.raw) {
      read_constants(store.table_row + block);
    }
    for (std::uint32_t row = 0; row < store.rows; ++row) {
      const std::uint32_t from = store.source.row + block * store.block_pitch + row;
      std::int32_t* elements = elements_.data() + row * pitch + first;
      if (!requantized) {
        unpack_elements(local_.rows(store.source.memory, from), count, format, elements);
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
  bytes_.assign(packed_bytes(store.elements, format.bits), std::uint8_t{0});
  for (std::uint32_t row = 0; row < store.rows; ++row) {
    pack_elements(bytes_.data(), store.elements, format, elements_.data() + row * pitch);
    if (store.keep) {
      keep_row(store, row);
    }
    if (store.to_dram) {
      dram_.write(store.dram_address + row * store.dram_pitch, bytes_.data(), bytes_.size());
    }
  }
}

/// The packed row of a store, block by block into the scratchpad. Blocks are whole bytes.
void Transfers::keep_row(const StoreCommand& store, std::uint32_t row) {
  const std::uint64_t block_bytes = packed_bytes(config_.array.cols, registers_.ofmap.bits);
  std::uint32_t to = store.kept_row + row;
  for (std::uint64_t at = 0; at < bytes_.size(); at += block_bytes) {
    std::copy_n(bytes_.data() + at, std::min(block_bytes, bytes_.size() - at),
                local_.rows(LocalMemory::Scratchpad, to));
    to += store.kept_pitch;
  }
}

std::int64_t Transfers::psum(std::uint32_t row, std::uint32_t column) const {
  return local_.has_psums32() ? std::int64_t{local_.psums32(row)[column]}
                              : local_.psums64(row)[column];
}

/// Those of a block of channels, from a row of the table unless all share one pair.
void Transfers::read_constants(std::uint32_t table_row) {
  if (registers_.requant.entries() == 1) {
    entries_.assign(1, entry_of(registers_.requant, 0));
    return;
  }
  const std::uint8_t* table = local_.rows(LocalMemory::RequantTable, table_row);
  const std::uint32_t entry_bytes = requant_entry_bytes(config_);
  entries_.resize(config_.array.cols);
  for (std::size_t c = 0; c < entries_.size(); ++c) {
    entries_[c] = decode_entry(table + c * entry_bytes, registers_.requant.mode,
                               config_.requant.multiplier_bits);
  }
  if (requant_) {
    requant_->set_entries(entries_.data(), entries_.size());
  }
}

/// `count` columns from the `first` of a DRAM row at `address`.
void Transfers::requantize_row(std::uint32_t row, std::uint64_t address, std::uint32_t first,
                               std::uint32_t count, std::int32_t* elements) const {
  if (requant_) {
    requant_->run({local_.psums32(row), 0, 1}, count, elements, 0);
    return;
  }
  const std::uint64_t element = registers_.ofmap_place.element_at(address) + first;
  const bool one_for_all = entries_.size() == 1;
  for (std::uint32_t c = 0; c < count; ++c) {
    elements[c] = requantize(psum(row, c), entries_[one_for_all ? 0 : c], registers_.requant,
                             stream_ ? stream_->word(element + c) : 0);
  }
}

}  // namespace systole

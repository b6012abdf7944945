#include "models/dma/zero_writer.hpp"

#include <algorithm>

namespace systole {
namespace {

constexpr std::uint32_t kSumBytes = 4;

}  // namespace

ZeroWriter::ZeroWriter(const LocalShape& local)
    : lanes_{local.array_cols}, half_{local.of(LocalMemory::Scratchpad).rows / 2} {}

void ZeroWriter::begin_cycle() {
  if (leaves_) {
    block_.reset();
    leaves_ = false;
  }
  if (!row_ || block_) {
    return;
  }
  const FillCommand& fill = row_->fill;
  const std::uint32_t done = row_->block * lanes_;
  Block block;
  block.to = {fill.destination.memory,
              fill.destination.row + row_->row + row_->block * fill.block_pitch};
  block.offset = fill.elements;
  block.elements = std::min(lanes_, fill.elements - done);
  block.repeat = fill.pixel_repeats - 1;
  const bool last_block = done + block.elements == fill.elements;
  block.last = row_->last && last_block;
  block.value = static_cast<std::uint8_t>(fill.value);
  block.entry = row_->entry;
  block_ = block;
  ++row_->block;
  if (last_block) {
    row_.reset();
  }
}

void ZeroWriter::take(const FillCommand& fill, std::uint32_t row, bool last, std::uint32_t entry) {
  row_ = Row{fill, row, 0, last, entry};
}

bool ZeroWriter::before_start() const {
  if (!block_ || leaves_) {
    return false;
  }
  const std::uint32_t start = block_->to.row < half_ ? 0 : half_;
  return block_->to.row - start < block_->repeat;
}

std::optional<LocalWrite> ZeroWriter::next() const {
  if (!block_ || leaves_ || before_start()) {
    return std::nullopt;
  }
  const bool sums = block_->to.memory == LocalMemory::Accumulators;
  LocalWrite write;
  write.to = {block_->to.memory, block_->to.row - block_->repeat};
  write.offset = block_->offset * block_->repeat;
  write.bytes.assign(std::size_t{block_->elements} * (sums ? kSumBytes : 1), block_->value);
  write.last = block_->last && block_->repeat == 0;
  write.entry = block_->entry;
  return write;
}

void ZeroWriter::advance() {
  if (block_->repeat == 0) {
    leaves_ = true;
  } else {
    --block_->repeat;
  }
}

}  // namespace systole

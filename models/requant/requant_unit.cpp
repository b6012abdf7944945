#include "models/requant/requant_unit.hpp"

#include <algorithm>
#include <utility>

#include "sim/network/ceil_div.hpp"

namespace systole {

RequantUnit::RequantUnit(const sc_core::sc_module_name& name, const Clock& clock,
                         const RequantUnitConfig& config, const Wire<std::uint64_t>& asked,
                         const Wire<std::uint64_t>& gathered, Measurements& measurements)
    : ClockedModule{name, clock},
      lanes_{config.requant.lanes},
      latency_{config.requant.latency},
      cols_{config.array_cols},
      entry_bytes_{config.entry_bytes},
      multiplier_bits_{config.requant.multiplier_bits},
      table_(std::size_t{config.requant.table_rows} * cols_ * entry_bytes_),
      pipeline_entries_{config.requant.pipeline_entries},
      asked_{asked},
      gathered_{gathered},
      measurements_{measurements} {}

void RequantUnit::configure(const LayerRegisters& registers) {
  registers_ = registers.requant;
  stream_.reset();
  if (registers_.rounding == Rounding::Stochastic) {
    stream_.emplace(registers_.lfsr);
  }
}

void RequantUnit::tick() {
  take_table_write();
  if (now() >= free_at_ && psums->can_pop() && taken_ - gathered_.read() < pipeline_entries_) {
    ++taken_;
    const PsumBlock& block = psums->front();
    if (block.outside) {
      pipeline_.push_back({{PsumRow(block.lanes)}, now()});
    } else {
      const std::uint32_t cycles = ceil_div(block.lanes, lanes_);
      free_at_ = now() + cycles;
      pipeline_.push_back({work(block), now() + cycles - 1 + latency_});
    }
    psums->drop();
  }
  const bool busy = now() < free_at_;
  measurements_.ledger.book(LedgerUnit::Requant, busy                ? Cause::Busy
                                                 : pipeline_.empty() ? Cause::Idle
                                                                     : Cause::Drain);
  if (!pipeline_.empty() && pipeline_.front().due <= now()) {
    ofmap->push(std::move(pipeline_.front().block));
    pipeline_.pop_front();
  }
}

void RequantUnit::take_table_write() {
  if (!table_write->can_pop() || taken_ != asked_.read() || now() < free_at_) {
    return;
  }
  const LocalWrite& write = table_write->front();
  const std::size_t first = std::size_t{write.to.row} * cols_ * entry_bytes_ + write.offset;
  invariant(first + write.bytes.size() <= table_.size(), *this, "write outside the table");
  std::copy(write.bytes.begin(), write.bytes.end(),
            table_.begin() + static_cast<std::ptrdiff_t>(first));
  if (write.last) {
    table_write_done->push({write.entry});
  }
  table_write->drop();
}

OfmapBlock RequantUnit::work(const PsumBlock& block) {
  OfmapBlock out;
  if (block.raw) {
    out.elements.assign(block.psums.begin(), block.psums.begin() + block.lanes);
    return out;
  }
  out.elements.resize(block.lanes);
  for (std::uint32_t c = 0; c < block.lanes; ++c) {
    const std::uint32_t random = stream_ ? stream_->word(block.element + c) : 0;
    out.elements[c] = requantize(block.psums[c], entry(block.table_row, c), registers_, random);
  }
  if (registers_.mode != RequantMode::ShiftOnly) {
    measurements_.events.add(Event::RequantMultiply, block.lanes);
  }
  measurements_.events.add(Event::RequantShift, block.lanes);
  measurements_.events.add(Event::RequantAdd, block.lanes);
  return out;
}

RequantEntry RequantUnit::entry(std::uint32_t table_row, std::uint32_t column) const {
  if (registers_.entries() == 1) {
    return entry_of(registers_, 0);
  }
  const std::size_t at = (std::size_t{table_row} * cols_ + column) * entry_bytes_;
  invariant(at + entry_bytes_ <= table_.size(), *this, "read outside the table");
  return decode_entry(table_.data() + at, registers_.mode, multiplier_bits_);
}

void RequantUnit::list_signals(SignalList& list) const {
  list.add_flag("lanes_busy", [this] { return now() < free_at_; });
  list.add("blocks_in_pipeline", 16, [this] { return pipeline_.size(); });
}

}  // namespace systole

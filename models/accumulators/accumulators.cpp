#include "models/accumulators/accumulators.hpp"

#include <algorithm>
#include <string>

namespace systole {
namespace {

constexpr std::uint64_t kNever = ~std::uint64_t{0};

}  // namespace

Accumulators::Accumulators(const sc_core::sc_module_name& name, const Clock& clock,
                           const AccumulatorsBlockConfig& config,
                           const Wire<std::uint64_t>& gathered, Measurements& measurements)
    : ClockedModule{name, clock},
      cols_{config.array_cols},
      rows_{config.rows},
      rows_per_bank_{config.rows_per_bank()},
      format_{config.psums},
      row_bits_{8ULL * config.row_bytes},
      values_(std::size_t{rows_} * cols_),
      row_bytes_(config.row_bytes),
      read_taken_(config.banks, kNever),
      write_taken_(config.banks, kNever),
      read_latency_{config.read_latency},
      stages_{std::uint64_t{read_latency_} + config.pipeline_entries},
      gathered_{gathered},
      measurements_{measurements} {}

void Accumulators::tick() {
  take_result();
  take_load();
  serve_store();
  deliver();
}

void Accumulators::take_result() {
  if (!results->can_pop()) {
    return;
  }
  const ResultRow& result = results->front();
  std::int64_t* values = row(result.row);
  const std::uint32_t bank = bank_of(result.row);
  write_taken_[bank] = now();
  if (result.accumulate) {
    read_taken_[bank] = now();
    std::uint64_t overflows = 0;
    add_psums(values, result.psums.data(), cols_, format_, overflows);
    measurements_.events.add(Event::PsumOverflows, overflows);
    measurements_.events.add(Event::AccumulatorReadBits, row_bits_);
    measurements_.events.add(Event::AccumulatorAdd, cols_);
  } else {
    std::copy(result.psums.begin(), result.psums.end(), values);
  }
  measurements_.events.add(Event::AccumulatorWriteBits, row_bits_);
  results->drop();
}

void Accumulators::take_load() {
  if (!load_write->can_pop()) {
    return;
  }
  const LocalWrite& head = load_write->front();
  const std::uint32_t bank = bank_of(head.to.row);
  if (write_taken_[bank] == now()) {
    measurements_.lost_bank(BankedLocal::Accumulators, BankUser::Load, BankUser::Array);
    return;
  }
  write_taken_[bank] = now();
  invariant(head.offset + head.bytes.size() <= row_bytes_.size(), *this, "write outside a row");
  std::int64_t* values = row(head.to.row);
  for (std::uint32_t c = 0; c < cols_; ++c) {
    write_psum(row_bytes_.data(), c, format_.bits, values[c]);
  }
  std::copy(head.bytes.begin(), head.bytes.end(), row_bytes_.begin() + head.offset);
  for (std::uint32_t c = 0; c < cols_; ++c) {
    values[c] = read_psum(row_bytes_.data(), c, format_.bits);
  }
  measurements_.events.add(Event::AccumulatorWriteBits, 8 * head.bytes.size());
  if (head.last) {
    load_write_done->push({head.entry});
  }
  load_write->drop();
}

void Accumulators::serve_store() {
  if (!store_read->can_pop() || stored_ - gathered_.read() >= stages_) {
    return;
  }
  const AccumulatorRead& head = store_read->front();
  if (head.outside) {
    leaving_.push_back(
        {{{}, head.lanes, 0, 0, false, true}, now() + std::max(read_latency_, 2U) - 2});
  } else if (!read_for_store(head)) {
    return;
  }
  ++stored_;
  if (head.last) {
    store_read_done->push({head.entry});
  }
  store_read->drop();
}

/// False if the bank's port is taken.
bool Accumulators::read_for_store(const AccumulatorRead& read) {
  const std::uint32_t bank = bank_of(read.row);
  if (read_taken_[bank] == now()) {
    measurements_.lost_bank(BankedLocal::Accumulators, BankUser::Store, BankUser::Array);
    return false;
  }
  read_taken_[bank] = now();
  const std::int64_t* values = row(read.row);
  leaving_.push_back(
      {{PsumRow(values, values + cols_), read.lanes, read.table_row, read.element, read.raw, false},
       now() + read_latency_ - 1});
  measurements_.events.add(Event::AccumulatorReadBits, row_bits_);
  return true;
}

void Accumulators::deliver() {
  if (!leaving_.empty() && leaving_.front().due <= now()) {
    psums->push(std::move(leaving_.front().block));
    leaving_.pop_front();
  }
}

std::int64_t* Accumulators::row(std::uint32_t index) {
  invariant(index < rows_, *this, "row outside the memory");
  return values_.data() + std::size_t{index} * cols_;
}

void Accumulators::list_signals(SignalList& list) const {
  for (std::size_t bank = 0; bank < read_taken_.size(); ++bank) {
    list.in_scope("bank" + std::to_string(bank), [&](SignalList& ports) {
      ports.add_flag("read", [this, bank] { return read_taken_[bank] == now(); });
      ports.add_flag("write", [this, bank] { return write_taken_[bank] == now(); });
    });
  }
  list.add("rows_leaving", 16, [this] { return leaving_.size(); });
}

}  // namespace systole

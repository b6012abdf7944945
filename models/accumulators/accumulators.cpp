#include "models/accumulators/accumulators.hpp"

#include <cstring>

namespace systole {
namespace {

constexpr std::uint64_t kNever = ~std::uint64_t{0};

std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

}  // namespace

Accumulators::Accumulators(const sc_core::sc_module_name& name, const Clock& clock,
                           const AcceleratorConfig& config, Measurements& measurements)
    : ClockedModule{name, clock},
      cols_{config.array.cols},
      rows_{accumulator_rows(config)},
      rows_per_bank_{rows_ / config.accumulators.banks},
      values_(std::size_t{rows_} * cols_),
      read_taken_(config.accumulators.banks, kNever),
      write_taken_(config.accumulators.banks, kNever),
      read_latency_{config.accumulators.read_latency},
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
  const ResultRow result = results->pop();
  std::int32_t* values = row(result.row);
  const std::uint32_t bank = bank_of(result.row);
  write_taken_[bank] = now();
  if (result.accumulate) {
    read_taken_[bank] = now();
    for (std::uint32_t c = 0; c < cols_; ++c) {
      values[c] = wrapping_add(values[c], result.psums[c]);
    }
    measurements_.events.add(Event::AccumulatorReadBits, 32ULL * cols_);
    measurements_.events.add(Event::AccumulatorAdd, cols_);
  } else {
    std::copy(result.psums.begin(), result.psums.end(), values);
  }
  measurements_.events.add(Event::AccumulatorWriteBits, 32ULL * cols_);
}

void Accumulators::take_load() {
  if (!load_write->can_pop()) {
    return;
  }
  const LocalWrite& head = load_write->front();
  const std::uint32_t bank = bank_of(head.to.row);
  if (write_taken_[bank] == now()) {
    measurements_.events.add(Event::BankConflicts);
    return;
  }
  write_taken_[bank] = now();
  invariant(head.offset + head.bytes.size() <= 4ULL * cols_, *this, "write outside a row");
  std::memcpy(reinterpret_cast<std::uint8_t*>(row(head.to.row)) + head.offset, head.bytes.data(),
              head.bytes.size());
  measurements_.events.add(Event::AccumulatorWriteBits, 8 * head.bytes.size());
  if (head.last) {
    load_write_done->push({head.entry});
  }
  load_write->pop();
}

void Accumulators::serve_store() {
  if (!store_read->can_pop()) {
    return;
  }
  const AccumulatorRead& head = store_read->front();
  const std::uint32_t bank = bank_of(head.row);
  if (read_taken_[bank] == now()) {
    measurements_.events.add(Event::BankConflicts);
    return;
  }
  read_taken_[bank] = now();
  const std::int32_t* values = row(head.row);
  leaving_.push_back(
      {{PsumRow(values, values + cols_), head.lanes, head.table_row, head.element, head.raw},
       now() + read_latency_ - 1});
  measurements_.events.add(Event::AccumulatorReadBits, 32ULL * cols_);
  if (head.last) {
    store_read_done->push({head.entry});
  }
  store_read->pop();
}

void Accumulators::deliver() {
  if (!leaving_.empty() && leaving_.front().due <= now()) {
    psums->push(std::move(leaving_.front().block));
    leaving_.pop_front();
  }
}

std::int32_t* Accumulators::row(std::uint32_t index) {
  invariant(index < rows_, *this, "row outside the memory");
  return values_.data() + std::size_t{index} * cols_;
}

}  // namespace systole

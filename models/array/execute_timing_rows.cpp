// What a step asks of the operand port and feeds to the array, row by row.
#include "models/array/execute_timing.hpp"

namespace systole {

/// What the step feeds in its next cycle, into an empty row.
void ExecuteTiming::next_row(Row& row) {
  row.last_of_step = step_.row + 1 == step_.rows;
  row.computing = step_.computing;
  OperandPair pair;
  if (step_.computing) {
    row.compute_entry = step_.compute_entry;
    row.preload_entry = feed_->streaming().preload_entry;
    feed_->stream(step_.row, pair);
  }
  const bool loads = step_.preloading && step_.row >= step_.preload_from &&
                     step_.row < step_.preload_from + step_.preload_rows;
  if (loads) {
    feed_->load(step_.row - step_.preload_from, pair);
    pair.together = step_.computing && streams_ifmap_;
  }
  add_reads(row, pair);
  row.vector = streams_ifmap_ && pair.ifmap.valid;
  if (row.vector) {
    row.acc_row = pair.ifmap.acc_row;
    row.accumulate = pair.ifmap.accumulate;
  }
  row.shift = streams_ifmap_ ? pair.weight.valid : pair.stream.shift;
  row.streams = pair.stream.valid;
  if (pair.stream.last) {
    row.last = pair.stream;
  }
  const bool fills = pair.ifmap.valid || pair.weight.valid || pair.stream.shift;
  if (row.streams || row.vector) {
    row.cause = fills_array(array_, pair) ? Cause::Busy : Cause::BusyPartial;
  } else {
    row.cause = fills ? Cause::Fill : Cause::BusyPartial;
  }
}

/// A load that goes with a row after that was issued. What the row was booked as stays.
void ExecuteTiming::add_load(Row& row, std::uint32_t index) {
  if (index < step_.preload_from || index >= step_.preload_from + step_.preload_rows) {
    return;
  }
  OperandPair pair;
  if (streams_ifmap_) {
    feed_->stream(index, pair);
  }
  feed_->load(index - step_.preload_from, pair);
  pair.together = streams_ifmap_;
  row.ifmap_banks = nullptr;
  add_reads(row, pair);
  row.shift = streams_ifmap_ ? pair.weight.valid : pair.stream.shift;
}

void ExecuteTiming::add_reads(Row& row, const OperandPair& pair) {
  const BankMap& banks = scratchpad_->banks();
  Banks list;
  if (pair.ifmap.valid) {
    for (const IfmapRead& read : pair.ifmap.reads) {
      add(list, banks.bank_of({LocalMemory::Scratchpad, read.row}));
    }
    row.ifmap_banks = banks_.listed(list);
  }
  list.clear();
  if (pair.weight.valid && !pair.weight.zero) {
    for (std::uint32_t i = 0; i < pair.weight.rows; ++i) {
      add(list, banks.bank_of({pair.weight.from.memory, pair.weight.from.row + i}));
    }
    row.weight_banks = banks_.listed(list);
  }
  row.in_turns = pair.together && !pair.ifmap.reads.empty() &&
                 banks.bank_of({LocalMemory::Scratchpad, pair.ifmap.reads.front().row}) ==
                     banks.bank_of(pair.weight.from);
  row.weight_bank = row.in_turns ? banks.bank_of(pair.weight.from) : 0;
}

}  // namespace systole

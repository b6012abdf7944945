// The state of the execute unit, the operand port and the array.
#include <algorithm>

#include "models/array/execute_timing.hpp"

namespace systole {

void ExecuteTiming::archive_row(StateArchive& archive, Row& row) {
  for (const Banks** banks : {&row.ifmap_banks, &row.weight_banks}) {
    Banks list = archive.reading() || *banks == nullptr ? Banks{} : **banks;
    archive.list(list, [&](std::uint32_t& bank) { archive.value(bank); });
    *banks = list.empty() ? nullptr : banks_.listed(list);
  }
  archive.values(row.weight_bank, row.in_turns, row.vector, row.shift, row.streams,
                 row.last_of_step, row.computing, row.accumulate, row.cause);
  if (row.computing) {
    archive.entry(row.compute_entry);
    archive.entry(row.preload_entry);
  } else {
    row.compute_entry = row.preload_entry = kNoEntry;
  }
  if (row.vector) {
    archive.rows(LocalMemory::Accumulators, row.acc_row, 1);
  }
  StreamStep& last = row.last;
  archive.value(last.valid);
  if (last.valid) {
    archive.values(last.last_of_fold, last.pixels, last.accumulate);
    archive.entry(last.preload_entry);
    archive.rows(LocalMemory::Accumulators, last.acc_row, last.pixels);
  }
}

void ExecuteTiming::archive(StateArchive& archive) {
  const Cycle now = archive.now();
  if (!archive.reading()) {
    settle(now, now);
    // Results that have come, and rows of those that are coming, are not asked for again.
    while (!results_.empty() && results_.front().first + results_.front().rows <= now + 1) {
      results_.pop_front();
    }
    for (Results& run : results_) {
      const Cycle past = run.first <= now ? now + 1 - run.first : 0;
      run.first += past;
      run.rows -= static_cast<std::uint32_t>(past);
      run.acc_row += static_cast<std::uint32_t>(past);
    }
  }
  alarm.archive(archive);
  archive.list(window_, [&](Arrived& arrived) {
    archive.issued(arrived.command);
    archive.due(arrived.at);
  });
  step_.archive(archive);
  archive.count(computes_, sequencer_->results_written.latest());
  archive.list(room_at_, [&](Cycle& at) { archive.due(at); });
  archive.value(steps_entering_);
  archive.cycle(issued_through_);
  archive.values(has_pending_, stalled_, stalled_before_);
  if (has_pending_) {
    archive.values(ifmap_read_, weight_read_);
  }
  auto rows = static_cast<std::uint32_t>(queue_.size());
  archive.value(rows);
  if (archive.reading()) {
    no_room_before_ = now + 1;
    for (const Arrived& arrived : window_) {
      no_room_before_ = std::max(no_room_before_, arrived.at + 1);
    }
    listen(now);
    queue_.clear();
  }
  for (std::uint32_t i = 0; i < rows; ++i) {
    Pushed& pushed = archive.reading() ? queue_.push() : queue_[i];
    archive_row(archive, pushed.row);
    archive.cycle(pushed.pushed);
  }
  archive.cycle(read_through_);
  if (archive.reading()) {
    claimed_at_ = 0;
    claimed_ifmap_ = nullptr;
    claimed_weights_ = nullptr;
  }
  archive.list(results_, [&](Results& run) {
    archive.cycle(run.first);
    archive.values(run.rows, run.accumulate);
    archive.rows(LocalMemory::Accumulators, run.acc_row, run.rows);
  });
  archive.due(last_result_);
  archive.value(fold_open_);
  if (fold_open_) {
    archive.cycle(open_since_);
    archive.cycle(covered_through_);
  } else {
    archive.due(covered_through_);
  }
  feed_->archive(archive, step_.computing);
  if (archive.reading() && active()) {
    outline_step();
  }
  ledger_.archive(archive);
}

}  // namespace systole

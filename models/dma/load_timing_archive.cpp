// The state of the load unit.
#include "models/dma/load_timing.hpp"

namespace systole {

void LoadTiming::archive(StateArchive& archive) {
  if (!archive.reading()) {
    book(archive.now() + 1);
    note_burst_ends(archive.now() + 1);
    forget_past(archive.now());
  }
  alarm.archive(archive);
  archive.value(current_.all_turned);
  if (!current_.all_turned) {
    archive.issued(current_.issued);
    archive.value(current_.row);
    archive.due(next_turn_);
  } else {
    archive.due(next_command_);
  }
  archive.count(started_, to_.sequencer->loads_completed.latest());
  archive.due(next_form_);
  archive_loads(archive);
  archive_rows(archive);
  archive.list(to_others_, [&](Scheduled& write) {
    archive.values(write.memory, write.copies, write.write.last);
    archive.rows(write.memory, write.write.row, write.copies);
    archive.entry(write.write.entry);
    archive.due(write.due);
  });
  archive.due(others_free_);
  for (Sent* sent : {&scratchpad_sent_, &others_sent_}) {
    archive.value(sent->copies);
    if (sent->copies > 0) {
      archive.cycle(sent->first_write);
    } else {
      sent->first_write = 0;
    }
  }
  archive_burst_ends(archive);
  archive.list(burst_ends_, [&](Cycle& end) { archive.cycle(end); });
  marks_.archive(archive);
  archive.value(waiting_);
  ledger_.archive(archive);
  if (archive.reading()) {
    blocked_ = {};
    listen(archive.now(), waiting_ != Cause::WaitDram);
  }
}

/// One by one: how they came decides nothing.
void LoadTiming::archive_burst_ends(StateArchive& archive) {
  std::uint32_t count = 0;
  for (const BurstEnds& ends : burst_ends_to_know_) {
    count += ends.known.count;
  }
  archive.value(count);
  if (archive.reading()) {
    burst_ends_to_know_.clear();
    for (; count > 0; --count) {
      burst_ends_to_know_.push_back({{0, 0, 1}, 0});
    }
  }
  for (BurstEnds& ends : burst_ends_to_know_) {
    for (std::uint32_t i = 0; i < ends.known.count; ++i) {
      Cycle known = ends.known.at(i);
      archive.cycle(known);
      archive.value(ends.pushed);
      if (archive.reading()) {
        ends.known.first = known;
      }
    }
  }
}

/// And how far their bursts have come.
void LoadTiming::archive_loads(StateArchive& archive) {
  archive.list(arriving_, [&](Arriving& load) {
    archive.issued(load.issued);
    if (archive.reading()) {
      load = arriving(load.issued);
    }
  });
  archive.values(forming_, formed_.row, formed_.offset, arrived_.row, arrived_.offset);
  slots_.archive(archive);
}

/// Which places they have decides nothing.
void LoadTiming::archive_rows(StateArchive& archive) {
  auto count = static_cast<std::uint32_t>(row_requests_.count);
  archive.value(count);
  if (archive.reading()) {
    row_requests_.first = 0;
    row_requests_.count = count;
  }
  for (std::size_t i = 0; i < kRowRequests; ++i) {
    const std::size_t place = row_requests_.place(i);
    if (i >= count) {
      archive.due(row_requests_.free_from[place]);
      continue;
    }
    archive.due(row_requests_.ready[place]);
  }
}

}  // namespace systole

// The state of the store unit.
#include "models/dma/store_timing.hpp"

namespace systole {

void StoreTiming::archive(StateArchive& archive) {
  if (!archive.reading()) {
    book(archive.now() + 1);
  }
  alarm.archive(archive);
  bool here = reading_.has_value();
  archive.value(here);
  if (here) {
    Reading reading = reading_.value_or(Reading{});
    archive.issued(reading.issued);
    reading.walk.archive(archive);
    reading_ = reading;
    archive.due(next_ask_);
  } else {
    reading_.reset();
    archive.due(next_command_);
  }
  archive_blocks(archive);
  archive.values(element_bits_, row_elements_, row_bytes_);
  if (row_bytes_ > 0) {
    archive.address(row_address_);
    archive.value(row_formed_);
    archive.due(next_form_);
  }
  slots_.archive(archive);
  archive.list(outgoing_, [&](Outgoing& outgoing) {
    archive.address(outgoing.burst.address);
    archive.values(outgoing.burst.size, outgoing.burst.useful, outgoing.beats_left, outgoing.begun);
    archive.due(outgoing.first_due);
    archive.due(outgoing.last_due);
  });
  marks_.archive(archive);
  archive.due(marked_until_);
  archive.value(waiting_);
  ledger_.archive(archive);
}

void StoreTiming::archive_blocks(StateArchive& archive) {
  archive.values(read_, requantized_, awaits_results_);
  if (archive.reading()) {
    psums_to_read_ = psums_read_ = psums_requantized_ = 0;
  }
  std::size_t i = 0;
  archive.list(expected_, [&](Expected& expected) {
    archive.values(expected.from_accumulators, expected.last_of_row, expected.elements,
                   expected.bits, expected.keep, expected.to_dram);
    archive.rows(LocalMemory::Scratchpad, expected.kept_row, 1);
    archive.address(expected.row_address);
    archive.due(expected.asked);
    if (expected.from_accumulators && i < read_) {
      archive.due(expected.ready);
    } else if (expected.from_accumulators) {
      archive.rows(LocalMemory::Accumulators, expected.row, 1);
      archive.value(expected.last);
      archive.entry(expected.entry);
    }
    if (archive.reading() && expected.from_accumulators) {
      psums_to_read_ += i < read_ ? 0 : 1;
      psums_read_ += i < read_ ? 1 : 0;
      psums_requantized_ += i < requantized_ ? 1 : 0;
    }
    ++i;
  });
  reads_.archive(archive);
  gathered_.archive(archive);
  gathered_psums_.archive(archive);
  archive.due(next_gather_);
}

}  // namespace systole

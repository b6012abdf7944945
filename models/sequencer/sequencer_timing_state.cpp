#include <algorithm>

#include "models/sequencer/sequencer_timing.hpp"

namespace systole {

void SequencerTiming::archive(StateArchive& archive) {
  alarm.archive(archive);
  archive_entries(archive);
  for (CompletionQueue& queue : completions_) {
    queue.archive(archive, [&](std::uint32_t& entry) { archive.entry(entry); });
  }
  for (TimedQueue<IssuedCommand>* queue : {&load, &execute, &vector, &store}) {
    queue->archive(archive, [&](IssuedCommand& command) { archive.issued(command); });
  }
  for (TimedWire<Cause>* wire : {&load_wait, &execute_wait, &vector_wait, &store_wait}) {
    wire->archive(archive);
  }
  for (TimedWire<std::uint64_t>* wire : {&loads_completed, &results_written, &vectors_completed}) {
    wire->archive(archive, wire->latest());  // others count from it
  }
  archive.count(allocated_, completed_);
  if (config_.command_gap > 1) {
    archive.cycle(next_offer_);  // commands on offer wait for one that is late
  } else {
    archive.due(next_offer_);
  }
  if (!archive.reading() && allocated_in_ <= archive.now()) {
    youngest_ = kNoEntry;  // it is as any other
  }
  archive.due(allocated_in_);
  archive.entry(youngest_);
  ledger_.archive(archive);
  if (archive.reading()) {
    lacks_entry_ = kNoClass;
    reporting_ = 0;
    next_completion_ = kNever;
    for (std::uint32_t source = 0; source < kSources; ++source) {
      const Cycle next = completions_[source].next();
      reporting_ |= next == kNever ? 0 : 1U << source;
      next_completion_ = std::min(next_completion_, next);
    }
    for (std::uint32_t of_class = 0; of_class < kCommandClasses; ++of_class) {
      find_head(of_class);
    }
    changed_ = 0;
  }
}

/// Those of a class one behind the other, the oldest first.
void SequencerTiming::archive_entries(StateArchive& archive) {
  archive.begin_station(entries_.size());
  if (archive.reading()) {
    kinds_ = {};
    held_kinds_ = 0;
    for (Entry& entry : entries_) {
      entry.depends_on = 0;
      entry.followers.clear();
    }
  }
  for (Class& of : classes_) {
    auto count = static_cast<std::uint32_t>(of.held.size());
    auto issued = static_cast<std::uint32_t>(of.issued);
    archive.values(count, issued);
    if (archive.reading()) {
      of.free.insert(of.free.end(), of.held.begin(), of.held.end());
      of.held.assign(of.free.end() - count, of.free.end());
      of.free.resize(of.free.size() - count);
      of.issued = issued;
      of.freed_in = kNever;  // in no cycle to come
    }
    for (const std::uint32_t index : of.held) {
      Entry& entry = entries_[index];
      archive.hold(index, entry.known, entry.name);
      if (archive.reading()) {
        hold(entry);
      }
    }
  }
  fetched_since_ = 0;
  for (const Class& of : classes_) {
    for (const std::uint32_t index : of.held) {
      archive_followers(archive, entries_[index].followers);
    }
  }
}

void SequencerTiming::archive_followers(StateArchive& archive, EntrySet& followers) {
  bool any = !followers.empty();
  archive.value(any);
  if (!any) {
    return;
  }
  EntrySet& names = named_followers_;
  names.clear();
  if (!archive.reading()) {
    followers.for_each([&](std::uint32_t follower) { names.add(archive.name_of(follower)); });
  }
  for (std::uint64_t& word : names.words()) {
    archive.value(word);
  }
  if (archive.reading()) {
    names.for_each([&](std::uint32_t name) {
      const std::uint32_t follower = archive.entry_of(name);
      followers.add(follower);
      ++entries_[follower].depends_on;
    });
  }
}

}  // namespace systole

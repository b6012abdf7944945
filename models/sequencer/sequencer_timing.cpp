#include "models/sequencer/sequencer_timing.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "models/sequencer/queue_depths.hpp"
#include "sim/program/inspect.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kWordBits = 64;

std::uint32_t first_of(std::uint32_t set) { return static_cast<std::uint32_t>(__builtin_ctz(set)); }

/// Calls `visit(entry)` for each entry of a set.
template <typename Visit>
void for_each_of(const std::vector<std::uint64_t>& set, Visit visit) {
  for (std::size_t i = 0; i < set.size(); ++i) {
    for (std::uint64_t word = set[i]; word != 0; word &= word - 1) {
      visit(static_cast<std::uint32_t>(i * kWordBits) +
            static_cast<std::uint32_t>(__builtin_ctzll(word)));
    }
  }
}

}  // namespace

SequencerTiming::SequencerTiming(const AcceleratorConfig& config, Units units, Ledger& ledger)
    : load{kLoadQueue, alarm, units.load},
      execute{kExecuteQueue, alarm, units.execute},
      vector{kVectorQueue, alarm, units.vector},
      store{kStoreQueue, alarm, units.store},
      load_wait{Cause::Idle, units.load},
      execute_wait{Cause::Idle, units.execute},
      store_wait{Cause::Idle, units.store},
      loads_completed{0, units.load},
      results_written{0, units.execute},
      vectors_completed{0, units.vector},
      config_{config},
      footprints_{config},
      next_offer_{1 + Cycle{config.sequencer.frontend_latency}},
      ledger_{ledger, LedgerUnit::Sequencer} {
  const std::array<std::uint32_t, kCommandClasses> sizes{config.sequencer.load_entries,
                                                         config.sequencer.execute_entries,
                                                         config.sequencer.store_entries};
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < kCommandClasses; ++i) {
    classes_[i].first = first;
    classes_[i].size = sizes[i];
    first += sizes[i];
  }
  entries_.resize(first);
  for (Entry& entry : entries_) {
    entry.followers.resize((first + kWordBits - 1) / kWordBits);
  }
}

void SequencerTiming::resume(const CommandSource& program, std::size_t next) {
  program_ = &program;
  next_ = next;
  total_ = program.size();
}

void SequencerTiming::archive(StateArchive& archive) {
  alarm.archive(archive);
  archive_entries(archive);
  for (Class& of : classes_) {
    archive.list(of.waiting, [&](std::uint32_t& index) { archive.entry(index); });
  }
  for (CompletionQueue& queue : completions_) {
    queue.archive(archive, [&](std::uint32_t& entry) { archive.entry(entry); });
  }
  for (TimedQueue<IssuedCommand>* queue : {&load, &execute, &vector, &store}) {
    queue->archive(archive, [&](IssuedCommand& command) { archive.issued(command); });
  }
  for (TimedWire<Cause>* wire : {&load_wait, &execute_wait, &store_wait}) {
    wire->archive(archive);
  }
  for (TimedWire<std::uint64_t>* wire : {&loads_completed, &results_written, &vectors_completed}) {
    wire->archive(archive, wire->latest());  // others count from it
  }
  archive.count(allocated_, completed_);
  if (config_.sequencer.command_gap > 1) {
    archive.cycle(next_offer_);  // commands on offer wait for one that is late
  } else {
    archive.due(next_offer_);
  }
  ledger_.archive(archive);
  if (archive.reading()) {
    full_ = false;
    find_waits();
    reporting_ = 0;
    for (std::uint32_t source = 0; source < kSources; ++source) {
      reporting_ |= completions_[source].next() == kNever ? 0 : 1U << source;
    }
  }
}

/// Those of a class one behind the other, the oldest first: which one a command has got decides
/// nothing.
void SequencerTiming::archive_entries(StateArchive& archive) {
  std::vector<std::uint32_t>& names = names_;
  std::vector<std::uint32_t>& taken = taken_;
  names.assign(entries_.size(), kNoEntry);
  taken.clear();
  for (const Class& of : classes_) {
    const auto begin = static_cast<std::ptrdiff_t>(taken.size());
    for (std::uint32_t i = of.first; i < of.first + of.size; ++i) {
      if (entries_[i].valid) {
        taken.push_back(i);
      }
    }
    std::sort(taken.begin() + begin, taken.end(), [this](std::uint32_t a, std::uint32_t b) {
      return entries_[a].number < entries_[b].number;
    });
    auto count = static_cast<std::uint32_t>(taken.end() - taken.begin() - begin);
    archive.value(count);
    if (archive.reading()) {
      taken.resize(static_cast<std::size_t>(begin) + count);
      std::iota(taken.begin() + begin, taken.end(), of.first);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t entry = taken[static_cast<std::size_t>(begin) + i];
      names[entry] = of.first + i;
      if (archive.reading()) {
        entries_[entry].number = i;  // less than those to come
      }
    }
  }
  if (archive.reading()) {
    for (Entry& entry : entries_) {
      entry.valid = false;
    }
  }
  archive.name_entries(names);
  for (const std::uint32_t i : taken) {
    Entry& entry = entries_[i];
    archive.values(entry.issued, entry.depends_on);
    archive.reference(entry.command);
    archive_followers(archive, entry.followers);
    if (archive.reading()) {
      entry.valid = true;
      entry.footprint = footprints_.of(*entry.command);
    }
  }
}

void SequencerTiming::archive_followers(StateArchive& archive, EntrySet& followers) {
  EntrySet& named = archive.reading() ? followers : named_followers_;
  if (!archive.reading()) {
    named.assign(followers.size(), 0);
    for_each_of(followers, [&](std::uint32_t entry) {
      const std::uint32_t name = archive.name_of(entry);
      named[name / kWordBits] |= std::uint64_t{1} << (name % kWordBits);
    });
  }
  for (std::uint64_t& word : named) {
    archive.value(word);
  }
}

void SequencerTiming::look(Cycle now) {
  alarm.serve(now);
  for (std::size_t i = 0; i < kCommandClasses; ++i) {
    wire_of(i).write(now, waits_[i]);
  }
  const std::uint64_t completed_before = completed_;
  const bool blocked_fetch = !all_fetched();
  const bool issued = issue(now);
  const bool allocated = allocate(now);
  take_completion(now);
  const bool freed = completed_ != completed_before;
  const bool worked = issued || allocated || freed;
  const auto waiting = [&](bool fetching) {
    return fetching ? Cause::WaitStation : finished() ? Cause::Idle : Cause::WaitDependency;
  };
  ledger_.look(now, worked ? Cause::Busy : waiting(blocked_fetch), waiting(!all_fetched()));
  if (next_ < total_ && (allocated || freed || now < next_offer_)) {
    alarm.ring_at(std::max(next_offer_, now + 1));
  }
  if (worked && observer_ != nullptr) {
    alarm.ring_at(now + 1);  // what the oldest command of a class waits for can be another thing
  }
  ring_next(now);
}

/// For commands that can be issued, completions that are known, and what others are to be told.
void SequencerTiming::ring_next(Cycle now) {
  find_waits();
  for (std::size_t i = 0; i < kCommandClasses; ++i) {
    const Class& of = classes_[i];
    const bool can_issue = !of.waiting.empty() && entries_[of.waiting.front()].depends_on == 0 &&
                           queue_of(entries_[of.waiting.front()].footprint.unit).can_push(now + 1);
    if (can_issue || wire_of(i).latest() != waits_[i]) {
      alarm.ring_at(now + 1);
    }
  }
  for (std::uint32_t sources = reporting_; sources != 0; sources &= sources - 1) {
    alarm.ring_at(std::max(completions_[first_of(sources)].next(), now + 1));
  }
}

void SequencerTiming::find_waits() {
  for (std::size_t i = 0; i < kCommandClasses; ++i) {
    waits_[i] = wait_of(classes_[i]);
  }
}

TimedWire<Cause>& SequencerTiming::wire_of(std::size_t of_class) {
  switch (static_cast<CommandClass>(of_class)) {
    case CommandClass::Execute:
      return execute_wait;
    case CommandClass::Store:
      return store_wait;
    case CommandClass::Load:
      break;
  }
  return load_wait;
}

bool SequencerTiming::issue(Cycle now) {
  bool any = false;
  for (Class& from : classes_) {
    if (from.waiting.empty()) {
      continue;
    }
    const std::uint32_t index = from.waiting.front();
    Entry& entry = entries_[index];
    TimedQueue<IssuedCommand>& queue = queue_of(entry.footprint.unit);
    if (entry.depends_on > 0 || !queue.can_push(now)) {
      if (observer_ != nullptr) {
        entry.times.waited_for = wait_of(from);
      }
      continue;
    }
    entry.issued = true;
    entry.times.issued = first_cycle_ + now;
    from.waiting.pop_front();
    if (std::holds_alternative<ConfigureCommand>(entry.command->body)) {
      if (entry.footprint.unit != Unit::Array) {
        queue.push(now, {entry.command, index});
      }
      retire(now, index);
    } else {
      queue.push(now, {entry.command, index});
    }
    any = true;
  }
  return any;
}

bool SequencerTiming::allocate(Cycle now) {
  if (next_ == total_ || now < next_offer_ || full_) {
    return false;
  }
  const Command& command = program_->command(next_);
  Entry* entry = free_entry(command_class(command));
  full_ = entry == nullptr;
  if (full_) {
    return false;
  }
  occupy(now, *entry, command);
  ++next_;
  next_offer_ += config_.sequencer.command_gap;
  return true;
}

SequencerTiming::Entry* SequencerTiming::free_entry(CommandClass of) {
  const Class& from = classes_[static_cast<std::size_t>(of)];
  for (std::uint32_t i = from.first; i < from.first + from.size; ++i) {
    if (!entries_[i].valid) {
      return &entries_[i];
    }
  }
  return nullptr;
}

void SequencerTiming::occupy(Cycle now, Entry& entry, const Command& command) {
  const auto index = static_cast<std::uint32_t>(&entry - entries_.data());
  entry.valid = true;
  entry.issued = false;
  entry.command = &command;
  entry.footprint = footprints_.of(command);
  entry.times = {ledger_unit(entry.footprint.unit), first_cycle_ + now, 0, 0, Cause::Idle};
  entry.depends_on = 0;
  std::fill(entry.followers.begin(), entry.followers.end(), 0);
  for (Entry& older : entries_) {
    if (older.valid && &older != &entry && conflict(older.footprint, entry.footprint)) {
      older.followers[index / kWordBits] |= std::uint64_t{1} << (index % kWordBits);
      ++entry.depends_on;
    }
  }
  classes_[static_cast<std::size_t>(command_class(command))].waiting.push_back(index);
  entry.number = allocated_++;
}

/// One a cycle, of the first source that has one.
void SequencerTiming::take_completion(Cycle now) {
  for (std::uint32_t sources = reporting_; sources != 0; sources &= sources - 1) {
    const std::uint32_t source = first_of(sources);
    CompletionQueue& queue = completions_[source];
    if (queue.next() > now) {
      continue;
    }
    retire(now, queue.pop());
    if (queue.next() == kNever) {
      reporting_ &= ~(1U << source);
    }
    switch (source) {
      case kResult:
        results_written.write(now, results_written.latest() + 1);
        break;
      case kVector:
        vectors_completed.write(now, vectors_completed.latest() + 1);
        break;
      case kScratchpadLoad:
      case kAccumulatorLoad:
      case kTableLoad:
        loads_completed.write(now, loads_completed.latest() + 1);
        break;
      default:
        break;
    }
    return;
  }
}

void SequencerTiming::retire(Cycle now, std::uint32_t index) {
  Entry& done = entries_[index];
  if (!done.valid || !done.issued) {
    throw std::logic_error{"a completion of no command"};
  }
  done.valid = false;
  full_ = false;
  if (observer_ != nullptr) {
    done.times.completed = first_cycle_ + now;
    observer_->on_command(*done.command, done.times);
  }
  for_each_of(done.followers, [this](std::uint32_t follower) { --entries_[follower].depends_on; });
  std::fill(done.followers.begin(), done.followers.end(), 0);
  ++completed_;
}

bool SequencerTiming::waits_for(std::uint32_t younger, Unit unit) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& older) {
    return older.valid && older.footprint.unit == unit &&
           ((older.followers[younger / kWordBits] >> (younger % kWordBits)) & 1) != 0;
  });
}

Cause SequencerTiming::wait_of(const Class& of) const {
  if (of.waiting.empty()) {
    return Cause::Idle;
  }
  const std::uint32_t index = of.waiting.front();
  const Entry& head = entries_[index];
  if (head.depends_on == 0 || head.footprint.unit != Unit::Array) {
    return Cause::WaitDependency;
  }
  if (waits_for(index, Unit::Load)) {
    return std::holds_alternative<PreloadCommand>(head.command->body) ? Cause::WaitWeights
                                                                      : Cause::WaitActivations;
  }
  return waits_for(index, Unit::Store) ? Cause::WaitAccumulator : Cause::WaitDependency;
}

TimedQueue<IssuedCommand>& SequencerTiming::queue_of(Unit unit) {
  switch (unit) {
    case Unit::Array:
      return execute;
    case Unit::Vector:
      return vector;
    case Unit::Store:
      return store;
    case Unit::Load:
      break;
  }
  return load;
}

std::vector<std::string> SequencerTiming::describe_state() const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].valid) {
      lines.push_back("entry " + std::to_string(i) +
                      (entries_[i].issued ? " running: " : " waiting: ") +
                      describe(*entries_[i].command));
    }
  }
  return lines;
}

}  // namespace systole

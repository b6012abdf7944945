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

void add(std::vector<std::uint64_t>& set, std::uint32_t entry) {
  set[entry / kWordBits] |= std::uint64_t{1} << (entry % kWordBits);
}

bool has(const std::vector<std::uint64_t>& set, std::uint32_t entry) {
  return ((set[entry / kWordBits] >> (entry % kWordBits)) & 1) != 0;
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
      next_offer_{1 + Cycle{config.sequencer.frontend_latency}},
      ledger_{ledger, LedgerUnit::Sequencer} {
  const std::array<std::uint32_t, kCommandClasses> sizes{config.sequencer.load_entries,
                                                         config.sequencer.execute_entries,
                                                         config.sequencer.store_entries};
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < kCommandClasses; ++i) {
    classes_[i].free.resize(sizes[i]);
    std::iota(classes_[i].free.rbegin(), classes_[i].free.rend(), first);
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
    reporting_ = 0;
    for (std::uint32_t source = 0; source < kSources; ++source) {
      reporting_ |= completions_[source].next() == kNever ? 0 : 1U << source;
    }
  }
}

/// Those of a class one behind the other, the oldest first.
void SequencerTiming::archive_entries(StateArchive& archive) {
  archive.begin_station(entries_.size());
  if (archive.reading()) {
    for (Entry& entry : entries_) {
      entry.depends_on = 0;
      std::fill(entry.followers.begin(), entry.followers.end(), 0);
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
    }
    for (const std::uint32_t index : of.held) {
      Entry& entry = entries_[index];
      archive.hold(index, entry.known, entry.name);
      entry.queue = &queue_of(entry.known.footprint.unit);
    }
  }
  fetched_since_ = 0;
  for (const Class& of : classes_) {
    for (const std::uint32_t index : of.held) {
      archive_followers(archive, entries_[index]);
    }
  }
}

void SequencerTiming::archive_followers(StateArchive& archive, Entry& entry) {
  bool any = false;
  for (const std::uint64_t word : entry.followers) {
    any = any || word != 0;
  }
  archive.value(any);
  if (!any) {
    return;
  }
  EntrySet& names = named_followers_;
  names.assign(entry.followers.size(), 0);
  if (!archive.reading()) {
    for_each_of(entry.followers,
                [&](std::uint32_t follower) { add(names, archive.name_of(follower)); });
  }
  for (std::uint64_t& word : names) {
    archive.value(word);
  }
  if (archive.reading()) {
    for_each_of(names, [&](std::uint32_t name) {
      const std::uint32_t follower = archive.entry_of(name);
      add(entry.followers, follower);
      ++entries_[follower].depends_on;
    });
  }
}

void SequencerTiming::look(Cycle now) {
  alarm.serve(now);
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
  if (worked) {
    tell_waits(now);
  }
  ring_next(now);
}

/// For commands that can be issued, and completions that are known.
void SequencerTiming::ring_next(Cycle now) {
  for (const Class& of : classes_) {
    if (of.waits() && entries_[of.oldest_waiting()].depends_on == 0) {
      alarm.ring_at(std::max(entries_[of.oldest_waiting()].queue->room_from(), now + 1));
    }
  }
  for (std::uint32_t sources = reporting_; sources != 0; sources &= sources - 1) {
    alarm.ring_at(std::max(completions_[first_of(sources)].next(), now + 1));
  }
}

/// What the oldest command of each class waits for from the next cycle on.
void SequencerTiming::tell_waits(Cycle now) {
  for (std::size_t i = 0; i < kCommandClasses; ++i) {
    wire_of(i).write(now + 1, wait_of(classes_[i]));
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
    if (!from.waits()) {
      continue;
    }
    const std::uint32_t index = from.oldest_waiting();
    Entry& entry = entries_[index];
    if (!can_issue(entry, now)) {
      if (observer_ != nullptr) {
        entry.times.waited_for = wait_of(from);
      }
      continue;
    }
    ++from.issued;
    entry.times.issued = first_cycle_ + now;
    if (std::holds_alternative<ConfigureCommand>(entry.known.command->body)) {
      if (entry.known.footprint.unit != Unit::Array) {
        entry.queue->push(now, {entry.known.command, index});
      }
      retire(now, index);
    } else {
      entry.queue->push(now, {entry.known.command, index});
    }
    any = true;
  }
  return any;
}

bool SequencerTiming::allocate(Cycle now) {
  if (next_ == total_ || now < next_offer_ || full_) {
    return false;
  }
  Class& of = classes_[static_cast<std::size_t>(command_class(program_->command(next_)))];
  full_ = of.free.empty();
  if (full_) {
    return false;
  }
  const std::uint32_t index = of.free.back();
  of.free.pop_back();
  occupy(now, of, index);
  ++next_;
  next_offer_ += config_.sequencer.command_gap;
  return true;
}

/// By the next command.
void SequencerTiming::occupy(Cycle now, Class& of, std::uint32_t index) {
  Entry& entry = entries_[index];
  entry.known = program_->known(next_);
  entry.queue = &queue_of(entry.known.footprint.unit);
  entry.name = StateArchive::kFetched + fetched_since_++;
  entry.times = {ledger_unit(entry.known.footprint.unit), first_cycle_ + now, 0, 0, Cause::Idle};
  entry.depends_on = 0;
  for (const Class& among : classes_) {
    for (const std::uint32_t older : among.held) {
      if (conflict(entries_[older].known.footprint, entry.known.footprint)) {
        add(entries_[older].followers, index);
        ++entry.depends_on;
      }
    }
  }
  of.held.push_back(index);
  ++allocated_;
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
  Class& of = classes_[static_cast<std::size_t>(command_class(*done.known.command))];
  const auto issued = of.held.begin() + static_cast<std::ptrdiff_t>(of.issued);
  const auto at = std::find(of.held.begin(), issued, index);
  if (at == issued) {
    throw std::logic_error{"a completion of no command"};
  }
  of.held.erase(at);
  --of.issued;
  of.free.push_back(index);
  full_ = false;
  if (observer_ != nullptr) {
    done.times.completed = first_cycle_ + now;
    observer_->on_command(*done.known.command, done.times);
  }
  for_each_of(done.followers, [this](std::uint32_t follower) { --entries_[follower].depends_on; });
  std::fill(done.followers.begin(), done.followers.end(), 0);
  ++completed_;
}

bool SequencerTiming::waits_for(std::uint32_t younger, Unit unit) const {
  for (const Class& of : classes_) {
    for (const std::uint32_t index : of.held) {
      const Entry& older = entries_[index];
      if (older.known.footprint.unit == unit && has(older.followers, younger)) {
        return true;
      }
    }
  }
  return false;
}

Cause SequencerTiming::wait_of(const Class& of) const {
  if (!of.waits()) {
    return Cause::Idle;
  }
  const std::uint32_t index = of.oldest_waiting();
  const Entry& head = entries_[index];
  if (head.depends_on == 0 || head.known.footprint.unit != Unit::Array) {
    return Cause::WaitDependency;
  }
  if (waits_for(index, Unit::Load)) {
    return std::holds_alternative<PreloadCommand>(head.known.command->body)
               ? Cause::WaitWeights
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
  for (const Class& of : classes_) {
    for (std::size_t i = 0; i < of.held.size(); ++i) {
      lines.push_back("entry " + std::to_string(of.held[i]) +
                      (i < of.issued ? " running: " : " waiting: ") +
                      describe(*entries_[of.held[i]].known.command));
    }
  }
  return lines;
}

}  // namespace systole

#include "models/sequencer/sequencer_timing.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "models/sequencer/queue_depths.hpp"
#include "sim/program/inspect.hpp"

namespace systole {
namespace {

std::uint32_t first_of(std::uint32_t set) { return static_cast<std::uint32_t>(__builtin_ctz(set)); }

/// Whose queue the commands of a kind wait in.
constexpr std::array<CommandClass, 5> kClassOfKind{CommandClass::Load, CommandClass::Execute,
                                                   CommandClass::Execute, CommandClass::Store,
                                                   CommandClass::Load};

}  // namespace

SequencerTiming::SequencerTiming(const SequencerConfig& config, Units units, Ledger& ledger)
    : load{kLoadQueue, alarm, units.load},
      execute{kExecuteQueue, alarm, units.execute},
      vector{kVectorQueue, alarm, units.vector},
      store{kStoreQueue, alarm, units.store},
      load_wait{Cause::Idle, units.load},
      execute_wait{Cause::Idle, units.execute},
      vector_wait{Cause::Idle, units.vector},
      store_wait{Cause::Idle, units.store},
      loads_completed{0, units.load},
      results_written{0, units.execute},
      vectors_completed{0, units.vector},
      config_{config},
      next_offer_{1 + Cycle{config.frontend_latency}},
      ledger_{ledger, LedgerUnit::Sequencer} {
  const std::array<std::uint32_t, kCommandClasses> sizes{
      config.load_entries, config.execute_entries, config.store_entries};
  for (std::uint32_t i = 0; i < kCommandClasses; ++i) {
    const auto first = static_cast<std::uint32_t>(entries_.size());
    classes_[i].free.resize(sizes[i]);
    std::iota(classes_[i].free.rbegin(), classes_[i].free.rend(), first);
    entries_.resize(first + sizes[i]);
    for (std::uint32_t index = first; index < entries_.size(); ++index) {
      entries_[index].of_class = i;
    }
  }
  named_followers_ = EntrySet{entries_.size()};
  for (Entry& entry : entries_) {
    entry.followers = EntrySet{entries_.size()};
  }
}

void SequencerTiming::resume(const CommandSource& program, std::size_t next) {
  program_ = &program;
  next_ = next;
  total_ = program.size();
}

void SequencerTiming::look(Cycle now) {
  alarm.serve(now);
  if (allocated_in_ < now) {
    ledger_.look(allocated_in_, Cause::Busy, ledger_.held());
  }
  const std::uint64_t completed_before = completed_;
  const bool blocked_fetch = !all_fetched();
  const bool issued = issue(now);
  allocate(now);
  take_completion(now);
  const bool worked = issued || allocated_in_ == now || completed_ != completed_before;
  const bool allocates_ahead = allocates_next(now);
  tell_waits(now);
  if (allocates_ahead) {
    allocate(now + 1);
    tell_waits(now + 1);
  }
  const auto waiting = [&](bool fetching) {
    return fetching ? Cause::WaitStation : finished() ? Cause::Idle : Cause::WaitDependency;
  };
  ledger_.look(now, worked ? Cause::Busy : waiting(blocked_fetch), waiting(!all_fetched()));
  if (worked && observer_ != nullptr) {
    alarm.ring_at(now + 1);  // what the oldest command of a class waits for can be another thing
  }
  ring_next(now);
}

/// For commands that can be allocated or issued, and completions that are known.
void SequencerTiming::ring_next(Cycle now) {
  Cycle next = next_completion_;
  if (next_ < total_ && !lacks_entry()) {
    next = std::min(next, std::max(next_offer_, allocated_in_ + 1));
  }
  for (std::uint32_t set = ready_; set != 0; set &= set - 1) {
    next = std::min(next, issuable_from(classes_[first_of(set)]));
  }
  alarm.ring_at(std::max(next, now + 1));
}

/// What the oldest command of each class waits for from the next cycle on.
void SequencerTiming::tell_waits(Cycle now) {
  for (; changed_ != 0; changed_ &= changed_ - 1) {
    tell_wait(now, static_cast<CommandClass>(first_of(changed_)));
  }
}

/// The class has another oldest waiting command, or that one waits for something else.
void SequencerTiming::find_head(std::uint32_t of_class) {
  const Class& of = classes_[of_class];
  const bool ready = of.waits() && entries_[of.oldest_waiting()].depends_on == 0;
  ready_ = (ready_ & ~(1U << of_class)) | (ready ? 1U << of_class : 0);
  changed_ |= 1U << of_class;
}

/// To the unit that the command is for; the other one of its class has none.
void SequencerTiming::tell_wait(Cycle now, CommandClass of_class) {
  const Class& of = classes_[static_cast<std::size_t>(of_class)];
  const Cause cause = wait_of(of);
  switch (of_class) {
    case CommandClass::Load:
      load_wait.write(now + 1, cause);
      break;
    case CommandClass::Store:
      store_wait.write(now + 1, cause);
      break;
    case CommandClass::Execute: {
      const bool for_vector =
          of.waits() && entries_[of.oldest_waiting()].known.footprint.unit == Unit::Vector;
      execute_wait.write(now + 1, for_vector ? Cause::Idle : cause);
      vector_wait.write(now + 1, for_vector ? cause : Cause::Idle);
      break;
    }
  }
}

bool SequencerTiming::issue(Cycle now) {
  bool any = false;
  for (std::uint32_t set = observer_ == nullptr ? ready_ : kEveryClass; set != 0; set &= set - 1) {
    const std::uint32_t of_class = first_of(set);
    Class& from = classes_[of_class];
    if ((ready_ >> of_class & 1) == 0 || issuable_from(from) > now) {
      if (observer_ != nullptr && from.waits() &&
          !(from.oldest_waiting() == youngest_ && now <= allocated_in_)) {
        entries_[from.oldest_waiting()].times.waited_for = wait_of(from);
      }
      continue;
    }
    const std::uint32_t index = from.oldest_waiting();
    Entry& entry = entries_[index];
    ++from.issued;
    find_head(of_class);
    entry.times.issued = first_cycle_ + now;
    if (observer_ != nullptr) {
      from.backlog.issue(entry.times);
    }
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

/// In which the oldest waiting command, which waits for no other, can be issued.
Cycle SequencerTiming::issuable_from(const Class& of) const {
  const std::uint32_t index = of.oldest_waiting();
  return std::max(entries_[index].queue->room_from(), index == youngest_ ? allocated_in_ + 1 : 0);
}

/// The next command, if it is on offer and there is an entry for it.
void SequencerTiming::allocate(Cycle now) {
  if (next_ == total_ || now < next_offer_ || now <= allocated_in_ || lacks_entry()) {
    return;
  }
  if (lacks_entry_ == kNoClass) {
    lacks_entry_ = static_cast<std::uint32_t>(command_class(program_->command(next_)));
    if (lacks_entry()) {
      return;
    }
  }
  if (classes_[lacks_entry_].free.size() == 1 && classes_[lacks_entry_].freed_in == now) {
    return;
  }
  Class& of = classes_[std::exchange(lacks_entry_, kNoClass)];
  const std::uint32_t index = of.free.back();
  of.free.pop_back();
  occupy(now, index);
  ++next_;
  next_offer_ += config_.command_gap;
}

/// An entry has become free for the command that waited for it: nothing that may still happen keeps
/// it from being allocated in the next cycle. Its unit is told one thing a cycle.
bool SequencerTiming::allocates_next(Cycle now) const {
  return lacks_entry_ != kNoClass && !lacks_entry() && (changed_ >> lacks_entry_ & 1) == 0 &&
         next_offer_ <= now + 1;
}

/// By the next command.
void SequencerTiming::occupy(Cycle now, std::uint32_t index) {
  Entry& entry = entries_[index];
  Class& of = classes_[entry.of_class];
  entry.known = program_->known(next_);
  entry.name = StateArchive::kFetched + fetched_since_++;
  allocated_in_ = now;
  youngest_ = index;
  if (observer_ != nullptr) {
    entry.times = {ledger_unit(entry.known.footprint.unit), first_cycle_ + now, 0, 0, Cause::Idle};
  }
  find_dependences(index);
  hold(entry);
  of.held.push_back(index);
  if (of.issued + 1 == of.held.size()) {
    find_head(entry.of_class);
  }
  ++allocated_;
}

void SequencerTiming::hold(Entry& entry) {
  const Footprint& footprint = entry.known.footprint;
  entry.queue = &queue_of(footprint.unit);
  Kind& kind = kinds_[kind_of(footprint)];
  ++kind.held;
  kind.regions |= footprint.regions;
  held_kinds_ |= 1U << kind_of(footprint);
}

/// Held commands that the one of the entry has to wait for. Most are of kinds that it does not
/// meet.
void SequencerTiming::find_dependences(std::uint32_t index) {
  const Footprint& younger = entries_[index].known.footprint;
  std::uint32_t count = 0;
  for (std::uint32_t set = held_kinds_ & ~(1U << kind_of(younger)); set != 0; set &= set - 1) {
    const std::uint32_t kind = first_of(set);
    if (!kinds_[kind].regions.meet(younger.regions)) {
      continue;
    }
    Regions& regions = kinds_[kind].regions;
    regions = {};
    for (const std::uint32_t of : classes_[static_cast<std::size_t>(kClassOfKind[kind])].held) {
      const Footprint& older = entries_[of].known.footprint;
      if (kind_of(older) != kind) {
        continue;
      }
      regions |= older.regions;
      if (older.regions.meet(younger.regions) && conflict_within_regions(older, younger)) {
        entries_[of].followers.add(index);
        ++count;
      }
    }
  }
  entries_[index].depends_on = count;
}

/// One a cycle, of the first source that has one.
void SequencerTiming::take_completion(Cycle now) {
  if (next_completion_ > now) {
    return;
  }
  next_completion_ = kNever;
  bool taken = false;
  for (std::uint32_t sources = reporting_; sources != 0; sources &= sources - 1) {
    const std::uint32_t source = first_of(sources);
    CompletionQueue& queue = completions_[source];
    if (!taken && queue.next() <= now) {
      taken = true;
      retire(now, queue.pop());
      count_completion(now, static_cast<Source>(source));
    }
    reporting_ &= ~(queue.next() == kNever ? 1U << source : 0U);
    next_completion_ = std::min(next_completion_, queue.next());
  }
}

/// For the units that wait for so many.
void SequencerTiming::count_completion(Cycle now, Source source) {
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
}

void SequencerTiming::retire(Cycle now, std::uint32_t index) {
  Entry& done = entries_[index];
  Class& of = classes_[done.of_class];
  const auto issued = of.held.begin() + static_cast<std::ptrdiff_t>(of.issued);
  const auto at = std::find(of.held.begin(), issued, index);
  if (at == issued) {
    throw std::logic_error{"a completion of no command"};
  }
  of.held.erase(at);
  --of.issued;
  of.free.push_back(index);
  of.freed_in = now;
  if (observer_ != nullptr) {
    done.times.completed = first_cycle_ + now;
    observer_->on_command(*done.known.command, done.times);
  }
  done.followers.take_each([this](std::uint32_t follower) {
    const std::uint32_t of_class = entries_[follower].of_class;
    --entries_[follower].depends_on;
    if (classes_[of_class].oldest_waiting() == follower) {
      find_head(of_class);
    }
  });
  Kind& kind = kinds_[kind_of(done.known.footprint)];
  if (--kind.held == 0) {
    kind.regions = {};
    held_kinds_ &= ~(1U << kind_of(done.known.footprint));
  }
  ++completed_;
}

bool SequencerTiming::waits_for(std::uint32_t younger, Unit unit) const {
  for (const Class& of : classes_) {
    for (const std::uint32_t index : of.held) {
      const Entry& older = entries_[index];
      if (older.known.footprint.unit == unit && older.followers.has(younger)) {
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
  const bool array = head.known.footprint.unit == Unit::Array;
  if (head.depends_on == 0 || (!array && head.known.footprint.unit != Unit::Vector)) {
    return Cause::WaitDependency;
  }
  if (waits_for(index, Unit::Load)) {
    return std::holds_alternative<PreloadCommand>(head.known.command->body)
               ? Cause::WaitWeights
               : Cause::WaitActivations;
  }
  return array && waits_for(index, Unit::Store) ? Cause::WaitAccumulator : Cause::WaitDependency;
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

#include "models/sequencer/sequencer.hpp"

#include <algorithm>
#include <optional>

#include "models/sequencer/queue_depths.hpp"
#include "sim/program/inspect.hpp"

namespace systole {
namespace {

/// What the units see of it, which is after its entry has been given up.
const Command kConfigure{ConfigureCommand{}};

}  // namespace

Sequencer::Sequencer(const sc_core::sc_module_name& name, const Clock& clock,
                     const SequencerBlockConfig& config, Measurements& measurements)
    : ClockedModule{name, clock},
      station_{config.station},
      footprints_{config.local},
      unroller_{config.station, config.loops},
      conv_unroller_{config.station, config.loops},
      measurements_{measurements} {
  const std::array<std::uint32_t, kCommandClasses> sizes{
      station_.load_entries, station_.execute_entries, station_.store_entries};
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < kCommandClasses; ++i) {
    classes_[i].first = first;
    classes_[i].size = sizes[i];
    first += sizes[i];
  }
  invariant(first <= kMaxEntries, *this, "more entries than the dependency bits");
  entries_.resize(first);
}

void Sequencer::start(const LayerProgram& program) {
  invariant(finished(), *this, "a program before the last one has finished");
  program_ = &program;
  next_ = 0;
  completed_ = 0;
  allocated_ = 0;
  total_ = program.commands.size();
  if (program.has_loops()) {
    next_ = total_;  // they go through an unroller
  }
  if (!program.loops.empty()) {
    unroller_.start(program.commands, program.loops);
  }
  if (!program.conv_loops.empty()) {
    conv_unroller_.start(program.commands, program.conv_loops);
  }
  first_allocation_ = now() + 1 + station_.frontend_latency;
}

bool Sequencer::finished() const { return all_fetched() && completed_ == allocated_; }

void Sequencer::tick() {
  publish_waits();
  // Issue and allocation look at the entries as the last edge left them, so completions come last.
  const bool issued = issue();
  const bool blocked_fetch = !all_fetched();
  const bool room = unrolled_.size() < kUnrolledQueue;
  const bool allocated = allocate() || allocate_unrolled();
  unroll(room);
  const bool completed = complete();
  tell_unrollers();
  Cause cause = Cause::Idle;
  if (issued || allocated || completed) {
    cause = Cause::Busy;
  } else if (blocked_fetch) {
    cause = Cause::WaitStation;
  } else if (!finished()) {
    cause = Cause::WaitDependency;
  }
  measurements_.ledger.book(LedgerUnit::Sequencer, cause);
}

bool Sequencer::complete() {
  if (take_completion(result_done)) {
    count(results_written_);
    return true;
  }
  if (take_completion(operand_read_done)) {
    return true;
  }
  if (take_completion(vector_done)) {
    count(vectors_completed_);
    return true;
  }
  if (take_completion(scratchpad_load_done) || take_completion(accumulator_load_done) ||
      take_completion(table_load_done)) {
    count(loads_completed_);
    return true;
  }
  if (take_completion(accumulator_store_done) || take_completion(scratchpad_store_done)) {
    count(stores_completed_);
    return true;
  }
  return false;
}

bool Sequencer::take_completion(FifoIn<Completion>& port) {
  if (!port->can_pop()) {
    return false;
  }
  retire(port->pop().entry);
  return true;
}

void Sequencer::retire(std::uint32_t index) {
  invariant(entries_[index].valid && entries_[index].issued, *this, "a completion of no command");
  entries_[index].valid = false;
  entries_[index].free_from = now() + 1;
  if (observer_ != nullptr) {
    entries_[index].times.completed = now();
    observer_->on_command(*entries_[index].command, entries_[index].times);
  }
  for (Entry& entry : entries_) {
    entry.dependencies -= entry.depends_on.test(index) ? 1U : 0U;
    entry.depends_on.reset(index);
  }
  if (entries_[index].of_loop) {
    completed_of_loop_.push_back(command_class(*entries_[index].command));
  }
  ++completed_;
}

/// An unroller knows of a completion from the next cycle on.
void Sequencer::tell_unrollers() {
  for (const CommandClass of : completed_of_loop_) {
    if (program_->conv_loops.empty()) {
      unroller_.completed(of);
    } else {
      conv_unroller_.completed(of);
    }
  }
  completed_of_loop_.clear();
}

bool Sequencer::issue() {
  bool any = false;
  for (Class& from : classes_) {
    if (from.waiting.empty()) {
      continue;
    }
    const std::uint32_t index = from.waiting.front();
    Entry& entry = entries_[index];
    FifoOut<IssuedCommand>& port = port_of(entry.footprint.unit);
    if (entry.dependencies > 0 || !port->can_push()) {
      if (observer_ != nullptr) {
        entry.times.waited_for = wait_of(from);
      }
      continue;
    }
    entry.issued = true;
    entry.times.issued = now();
    from.backlog.issue(entry.times);
    from.waiting.pop_front();
    if (std::holds_alternative<ConfigureCommand>(entry.command->body)) {
      if (entry.footprint.unit != Unit::Array) {
        port->push({&kConfigure, index});
      }
      retire(index);
    } else {
      port->push({entry.command, index});
    }
    any = true;
  }
  return any;
}

bool Sequencer::allocate() {
  if (next_ == total_ || now() < first_allocation_ + next_ * std::uint64_t{station_.command_gap}) {
    return false;
  }
  const Command& command = program_->commands[next_];
  Entry* entry = free_entry(command_class(command));
  if (entry == nullptr) {
    return false;
  }
  entry->of_loop = false;
  occupy(*entry, command);
  ++next_;
  return true;
}

bool Sequencer::allocate_unrolled() {
  if (unrolled_.empty() || unrolled_.front().visible > now()) {
    return false;
  }
  const Command& command = unrolled_.front().command;
  Entry* entry = free_entry(command_class(command));
  if (entry == nullptr) {
    return false;
  }
  entry->own = command;
  entry->of_loop = unrolled_.front().of_loop;
  occupy(*entry, entry->own);
  unrolled_.pop_front();
  return true;
}

Sequencer::Entry* Sequencer::free_entry(CommandClass of) {
  const Class& from = classes_[static_cast<std::size_t>(of)];
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(from.first);
  const auto end = begin + static_cast<std::ptrdiff_t>(from.size);
  const auto slot =
      std::find_if(begin, end, [](const Entry& e) { return !e.valid && e.free_from <= now(); });
  return slot == end ? nullptr : &*slot;
}

/// Puts a command into a free entry and notes what it depends on.
void Sequencer::occupy(Entry& entry, const Command& command) {
  entry.valid = true;
  entry.issued = false;
  entry.command = &command;
  entry.footprint = footprints_.of(command);
  entry.times = {ledger_unit(entry.footprint.unit), now(), 0, 0, Cause::Idle};
  entry.depends_on.reset();
  entry.dependencies = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].valid && &entries_[i] != &entry &&
        conflict(entries_[i].footprint, entry.footprint)) {
      entry.depends_on.set(i);
      ++entry.dependencies;
    }
  }
  classes_[static_cast<std::size_t>(command_class(command))].waiting.push_back(
      static_cast<std::uint32_t>(&entry - entries_.data()));
  ++allocated_;
}

void Sequencer::unroll(bool room) {
  if (unroller_.done() && conv_unroller_.done()) {
    return;
  }
  std::optional<GeneratedCommand> generated =
      conv_unroller_.done() ? unroller_.tick(now(), room) : conv_unroller_.tick(now(), room);
  if (generated) {
    unrolled_.push_back({generated->command, generated->of_loop, now() + 1});
  }
}

void Sequencer::publish_waits() {
  std::array<Cause, kCommandUnits> causes{};
  causes.fill(Cause::Idle);
  for (const Class& of : classes_) {
    if (!of.waiting.empty()) {
      causes[unit_index(entries_[of.waiting.front()].footprint.unit)] = wait_of(of);
    }
  }
  for (std::size_t unit = 0; unit < kCommandUnits; ++unit) {
    waits_[unit].write(causes[unit]);
  }
}

Cause Sequencer::wait_of(const Class& of) const {
  if (of.waiting.empty()) {
    return Cause::Idle;
  }
  const Entry& head = entries_[of.waiting.front()];
  if (head.dependencies == 0) {
    return Cause::WaitDependency;
  }
  bool on_load = false;
  bool on_store = false;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (head.depends_on.test(i)) {
      on_load = on_load || entries_[i].footprint.unit == Unit::Load;
      on_store = on_store || entries_[i].footprint.unit == Unit::Store;
    }
  }
  const bool for_vector = head.footprint.unit == Unit::Vector;
  if ((for_vector || head.footprint.unit == Unit::Array) && on_load) {
    return std::holds_alternative<PreloadCommand>(head.command->body) ? Cause::WaitWeights
                                                                      : Cause::WaitActivations;
  }
  if (head.footprint.unit == Unit::Array && on_store) {
    return Cause::WaitAccumulator;
  }
  return Cause::WaitDependency;
}

FifoOut<IssuedCommand>& Sequencer::port_of(Unit unit) {
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

std::vector<std::string> Sequencer::describe_state() const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (!entry.valid) {
      continue;
    }
    std::string line = "entry " + std::to_string(i) + (entry.issued ? " running: " : " waiting: ") +
                       describe(*entry.command);
    for (std::size_t j = 0; j < entries_.size(); ++j) {
      if (entry.depends_on.test(j)) {
        line += "; after entry " + std::to_string(j);
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

void Sequencer::list_signals(SignalList& list) const {
  constexpr std::array kNames{"load", "execute", "store"};
  for (std::size_t i = 0; i < kCommandClasses; ++i) {
    const std::string name = kNames[i];
    list.add(name + "_entries", 16, [this, &of = classes_[i]] {
      const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(of.first);
      return static_cast<std::uint64_t>(
          std::count_if(first, first + static_cast<std::ptrdiff_t>(of.size),
                        [](const Entry& entry) { return entry.valid; }));
    });
    list.add(name + "_waiting", 16, [&of = classes_[i]] { return of.waiting.size(); });
  }
  list.add("commands_completed", 32, [this] { return completed_; });
}

}  // namespace systole

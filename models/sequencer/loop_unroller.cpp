#include "models/sequencer/loop_unroller.hpp"

#include <algorithm>

#include "sim/program/hazards.hpp"

namespace systole {
namespace {

constexpr std::size_t kRegisterWrites = 5;  // before each loop: bounds, addresses (2), strides (2)

}  // namespace

void LoopUnroller::start(const std::vector<Command>& configuration,
                         const std::vector<MatmulLoop>& loops) {
  front_.start(configuration, loops, kRegisterWrites);
  loops_taken_ = 0;
  slots_.fill(0);
  free_from_.fill(0);
  places_ = LoopPlaces{shape_};
}

bool LoopUnroller::done() const { return front_.empty() && active_.empty(); }

std::optional<GeneratedCommand> LoopUnroller::tick(std::uint64_t now, bool room) {
  std::optional<GeneratedCommand> leaves;
  if (room) {
    if (std::optional<Command> command = generate(now)) {
      ++unfinished_[static_cast<std::size_t>(command_class(*command))];
      leaves = {*command, true};
    } else if ((command = pass_configuration(now))) {
      leaves = {*command, false};
    }
  }
  start_generators(now);
  take_loop(now);
  front_.move(now, station_.command_gap);
  const bool over =
      !active_.empty() &&
      std::all_of(active_.front().retired_from.begin(), active_.front().retired_from.end(),
                  [now](std::uint64_t from) { return from <= now; });
  if (over) {
    active_.pop_front();
  }
  return leaves;
}

std::optional<Command> LoopUnroller::generate(std::uint64_t now) {
  now_ = now;
  if (ready(kStore, now) && below_limit(CommandClass::Store) && store_released()) {
    return store();
  }
  if (ready(kExecute, now) && below_limit(CommandClass::Execute) && execute_released()) {
    return execute();
  }
  if (!below_limit(CommandClass::Load)) {
    return std::nullopt;
  }
  if (ready(kLoadD, now)) {
    return load_d();
  }
  const std::size_t operand = load_a_or_b(now);
  if (operand == kLoadA) {
    return load_a();
  }
  return operand == kLoadB ? std::optional{load_b()} : std::nullopt;
}

std::optional<Command> LoopUnroller::pass_configuration(std::uint64_t now) {
  const auto* const item = front_.front(now);
  if (item == nullptr || item->command == nullptr) {
    return std::nullopt;
  }
  const Command command = *item->command;
  front_.pop();
  return command;
}

void LoopUnroller::start_generators(std::uint64_t now) {
  for (const std::size_t generator : {kStore, kExecute, kLoadD, kLoadB, kLoadA}) {
    if (cursors_[generator].active != nullptr || free_from_[generator] > now) {
      continue;
    }
    for (Active& active : active_) {
      if (active.from > now || active.started[generator] != kNever) {
        continue;
      }
      if (!may_start(active, generator, now)) {
        break;  // in order of the loops
      }
      active.started[generator] = now;
      const bool nothing = (generator == kLoadD && !active.loop->has_bias) ||
                           (generator == kStore && !active.loop->stores);
      slots_[generator] = active.number % kActiveLoops;
      if (nothing) {
        active.finished[generator] = true;
        free_from_[generator] = now + 2;
        active.retired_from[generator] = now + 3;
      } else {
        cursors_[generator] = {&active, now + 1, 0, 0, 0, false};
      }
      break;
    }
  }
}

bool LoopUnroller::may_start(const Active& active, std::size_t generator, std::uint64_t now) const {
  const auto started = [&](std::size_t other) { return active.started[other] < now; };
  if (generator == kExecute) {
    return started(kLoadA) && started(kLoadB) && started(kLoadD);
  }
  return generator != kStore || started(kExecute);
}

void LoopUnroller::take_loop(std::uint64_t now) {
  const auto* const item = front_.front(now);
  if (item == nullptr || item->command != nullptr || active_.size() >= kActiveLoops) {
    return;
  }
  const MatmulLoop* const loop = item->loop;
  front_.pop();
  if (loop == nullptr) {
    return;  // a register write
  }
  Active active;
  active.loop = loop;
  active.number = loops_taken_;
  active.place = places_.next(loop->stores);
  active.from = now + 1;
  ++loops_taken_;
  active_.push_back(active);
}

bool LoopUnroller::ready(std::size_t generator, std::uint64_t now) const {
  return cursors_[generator].active != nullptr && cursors_[generator].from <= now;
}

bool LoopUnroller::below_limit(CommandClass of) const {
  const std::array<std::uint32_t, kCommandClasses> limits{
      station_.load_entries, station_.execute_entries, station_.store_entries};
  const auto index = static_cast<std::size_t>(of);
  return unfinished_[index] < limits[index];
}

bool LoopUnroller::store_released() const {
  const Cursor& c = cursors_[kStore];
  const Cursor& e = cursors_[kExecute];
  const MatmulLoop& loop = *c.active->loop;
  if (c.active->finished[kExecute]) {
    return true;
  }
  const std::uint32_t last_j = std::min(c.j + commands_of(kStore).store_blocks(), loop.tiles_j) - 1;
  return e.active == c.active && e.k + 1 == loop.tiles_k &&
         (e.j > last_j || (e.j == last_j && e.i > c.i));
}

bool LoopUnroller::execute_released() const {
  const Cursor& e = cursors_[kExecute];
  const Cursor& a = cursors_[kLoadA];
  const Cursor& b = cursors_[kLoadB];
  const Active& active = *e.active;
  const bool a_here = a.active == e.active;
  const bool b_here = b.active == e.active;
  const bool a_past =
      active.finished[kLoadA] || (a_here && (a.k > e.k || (a.k == e.k && a.i > e.i)));
  // Gemmini compares A's k here, where B's is meant, whatever loop A is in (0 if in none).
  const bool b_past =
      active.finished[kLoadB] || (b_here && (b.k > e.k || (a.k == e.k && b.j > e.j)));
  return a_past && b_past && active.finished[kLoadD];
}

/// Which of the loads of A and B goes next; kGenerators for none. A generator that is done stays in
/// its last loop until it starts another.
std::size_t LoopUnroller::load_a_or_b(std::uint64_t now) const {
  const bool a_ready = ready(kLoadA, now);
  const bool b_ready = ready(kLoadB, now);
  if (slots_[kLoadA] != slots_[kLoadB] && !active_.empty()) {
    const bool a_oldest = slots_[kLoadA] == active_.front().number % kActiveLoops;
    return a_oldest ? (a_ready ? kLoadA : kGenerators) : (b_ready ? kLoadB : kGenerators);
  }
  if (!a_ready || !b_ready) {
    return a_ready ? kLoadA : b_ready ? kLoadB : kGenerators;
  }
  const Cursor& a = cursors_[kLoadA];
  const Cursor& b = cursors_[kLoadB];
  return (b.k == 0 && b.j == 0) || a.k > b.k ? kLoadB : kLoadA;
}

Command LoopUnroller::load_a() {
  Cursor& c = cursors_[kLoadA];
  const MatmulLoop& loop = *c.active->loop;
  const Command load{commands_of(kLoadA).load_a(c.i, c.k)};
  if (++c.i == loop.tiles_i) {
    c.i = 0;
    c.k += shape_.max_blocks;
    if (c.k >= loop.tiles_k) {
      finish(kLoadA);
    }
  }
  return load;
}

Command LoopUnroller::load_b() {
  Cursor& c = cursors_[kLoadB];
  const MatmulLoop& loop = *c.active->loop;
  const Command load{commands_of(kLoadB).load_b(c.k, c.j)};
  c.j += shape_.max_blocks;
  if (c.j >= loop.tiles_j) {
    c.j = 0;
    if (++c.k == loop.tiles_k) {
      finish(kLoadB);
    }
  }
  return load;
}

Command LoopUnroller::load_d() {
  Cursor& c = cursors_[kLoadD];
  const MatmulLoop& loop = *c.active->loop;
  const Command load{commands_of(kLoadD).load_d(c.i, c.j)};
  if (++c.i == loop.tiles_i) {
    c.i = 0;
    if (++c.j == loop.tiles_j) {
      finish(kLoadD);
    }
  }
  return load;
}

/// A preload, then its compute.
Command LoopUnroller::execute() {
  Cursor& c = cursors_[kExecute];
  const MatmulLoop& loop = *c.active->loop;
  c.preloaded = !c.preloaded;
  if (c.preloaded) {
    return {commands_of(kExecute).preload(c.k, c.j, c.i)};
  }
  const Command compute{commands_of(kExecute).compute(c.k, c.i)};
  if (++c.i == loop.tiles_i) {
    c.i = 0;
    if (++c.j == loop.tiles_j) {
      c.j = 0;
      if (++c.k == loop.tiles_k) {
        finish(kExecute);
      }
    }
  }
  return compute;
}

Command LoopUnroller::store() {
  Cursor& c = cursors_[kStore];
  const MatmulLoop& loop = *c.active->loop;
  const MatmulLoopCommands commands = commands_of(kStore);
  const Command store{commands.store(c.i, c.j)};
  if (++c.i == loop.tiles_i) {
    c.i = 0;
    c.j += commands.store_blocks();
    if (c.j >= loop.tiles_j) {
      finish(kStore);
    }
  }
  return store;
}

/// The generator is idle from the next cycle on; its loop sees that one cycle later.
void LoopUnroller::finish(std::size_t generator) {
  cursors_[generator].active->finished[generator] = true;
  cursors_[generator].active->retired_from[generator] = now_ + 2;
  free_from_[generator] = now_ + 1;
  cursors_[generator] = {};
}

}  // namespace systole

#include "models/sequencer/conv_unroller.hpp"

#include <algorithm>
#include <utility>

namespace systole {
namespace {

constexpr std::size_t kPassingDepth = 2;
// Before each loop: sizes of the layer (2), of the part (2), addresses (2).
constexpr std::size_t kRegisterWrites = 6;

}  // namespace

void ConvUnroller::start(const std::vector<Command>& configuration,
                         const std::vector<ConvLoop>& loops) {
  front_.start(configuration, loops, kRegisterWrites);
  for (Generator& generator : generators_) {
    generator.slot = 0;
  }
  head_ = 0;
  places_ = LoopPlaces{shape_};
}

bool ConvUnroller::done() const { return front_.empty() && !active() && passing_.empty(); }

/// Everything looks at the state that the last cycle left.
std::optional<GeneratedCommand> ConvUnroller::tick(std::uint64_t now, bool room) {
  const bool passing_room = passing_.size() < kPassingDepth;
  std::optional<GeneratedCommand> out;
  if (room && !passing_.empty() && passing_.front().visible <= now) {
    out = passing_.front().generated;
    passing_.pop_front();
  }
  const std::array<Slot, kSlots> before = slots_;
  const std::size_t head = head_;
  const Flags generate = may_generate();
  const Flags leave = leaving(passing_room);
  Flags idle{};
  std::transform(generators_.begin(), generators_.end(), idle.begin(),
                 [](const Generator& g) { return g.idle(); });
  for (std::size_t g = 0; g < kGenerators; ++g) {
    const std::size_t slot = generators_[g].slot;
    if (idle[g] && before[slot].started[g]) {
      slots_[slot].completed[g] = true;
    }
  }
  move_pipes(generate, leave, now);
  for (std::size_t g = 0; g < kGenerators; ++g) {
    if (idle[g]) {
      request(g, before);
    }
  }
  take_item(before, head, passing_room, now);
  const Flags& over = before[head].completed;
  if (before[head].loop != nullptr &&
      std::all_of(over.begin(), over.end(), [](bool c) { return c; })) {
    slots_[head] = {};
    head_ = kSlots - 1 - head;
  }
  front_.move(now, station_.command_gap);
  return out;
}

CommandClass ConvUnroller::class_of(std::size_t generator) {
  switch (generator) {
    case kStore:
      return CommandClass::Store;
    case kExecute:
      return CommandClass::Execute;
    default:
      return CommandClass::Load;
  }
}

bool ConvUnroller::below_limit(CommandClass of) const {
  const std::array<std::uint32_t, kCommandClasses> limits{
      station_.load_entries, station_.execute_entries, station_.store_entries};
  const auto index = static_cast<std::size_t>(of);
  return unfinished_[index] < limits[index];
}

/// Generators that other generators do not hold up.
ConvUnroller::Flags ConvUnroller::may_generate() const {
  const Generator& execute = generators_[kExecute];
  const Slot& executing = slots_[execute.slot];
  const bool loads_completed =
      executing.completed[kBias] && executing.completed[kWeights] && executing.completed[kInput];
  const bool execute_waits =
      executing.started[kExecute] && !executing.completed[kExecute] && !loads_completed;
  Flags may{};
  bool loads_ahead = true;
  for (const std::size_t load : {kBias, kWeights, kInput}) {
    const bool other = generators_[load].slot != execute.slot;
    may[load] = !(execute_waits && other);
    loads_ahead = loads_ahead && (other || generators_[load].idle());
  }
  may[kExecute] = loads_ahead;
  may[kStore] = generators_[kStore].slot != execute.slot || execute.idle();
  return may;
}

/// Pipes whose last stage the arbiter takes.
ConvUnroller::Flags ConvUnroller::leaving(bool room) const {
  Flags leave{};
  for (std::size_t g = 0; g < kGenerators && room; ++g) {
    if (generators_[g].second && below_limit(class_of(g))) {
      leave[g] = true;
      break;
    }
  }
  return leave;
}

void ConvUnroller::move_pipes(const Flags& generate, const Flags& leave, std::uint64_t now) {
  for (std::size_t g = 0; g < kGenerators; ++g) {
    Generator& generator = generators_[g];
    if (leave[g]) {
      ++unfinished_[static_cast<std::size_t>(class_of(g))];
      passing_.push_back({{*std::exchange(generator.second, std::nullopt), true}, now + 1});
    }
    if (!generator.second) {
      generator.second = std::exchange(generator.first, std::nullopt);
    }
    if (generator.skips) {
      generator.skips = false;
    } else if (generator.generating() && generate[g] && !generator.first) {
      generator.first = generator.commands[generator.next++];
    }
  }
}

/// A generator that was idle asks for the oldest loop that it has not started.
void ConvUnroller::request(std::size_t generator, const std::array<Slot, kSlots>& before) {
  const std::size_t wanted = before[head_].started[generator] ? kSlots - 1 - head_ : head_;
  const Flags& started = before[wanted].started;
  const bool loads_started = started[kBias] && started[kWeights] && started[kInput];
  if (before[wanted].loop == nullptr || started[generator] ||
      (generator == kExecute && !loads_started) || (generator == kStore && !started[kExecute])) {
    return;
  }
  Slot& slot = slots_[wanted];
  slot.started[generator] = true;
  ConvLoopCommands commands = conv_loop_commands(*slot.loop, slot.place, shape_);
  const std::array<std::vector<Command>*, kGenerators> of{
      &commands.store, &commands.execute, &commands.bias, &commands.weights, &commands.input};
  Generator& g = generators_[generator];
  g.commands = std::move(*of[generator]);
  g.next = 0;
  g.skips = g.commands.empty();
  g.slot = wanted;
}

/// The next item of the unroller's queue.
void ConvUnroller::take_item(const std::array<Slot, kSlots>& before, std::size_t head, bool room,
                             std::uint64_t now) {
  const auto* const next = front_.front(now);
  if (next == nullptr) {
    return;
  }
  const auto item = *next;
  if (item.command != nullptr) {
    if (before[0].loop == nullptr && before[1].loop == nullptr && room) {
      passing_.push_back({{*item.command, false}, now + 1});
      front_.pop();
    }
    return;
  }
  const std::size_t target = before[head].loop != nullptr ? kSlots - 1 - head : head;
  if (before[target].loop != nullptr) {
    return;
  }
  front_.pop();
  if (item.loop == nullptr) {
    return;  // a register write
  }
  Slot slot;
  slot.loop = item.loop;
  slot.place = places_.next(item.loop->stores);
  slots_[target] = slot;
}

}  // namespace systole

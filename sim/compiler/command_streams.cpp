#include "sim/compiler/command_streams.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace systole {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// Of two items that could start at once the later stage goes first: it frees what the others need.
constexpr std::array<std::size_t, kCommandClasses> kByStage = {
    static_cast<std::size_t>(CommandClass::Store), static_cast<std::size_t>(CommandClass::Execute),
    static_cast<std::size_t>(CommandClass::Load)};

}  // namespace

std::size_t CommandStreams::add(const Command& command, std::int64_t cycles, After after) {
  const CommandClass c = command_class(command);
  stream(c).commands.push_back(command);
  return push(c, cycles, after);
}

std::size_t CommandStreams::add(const PreloadCommand& preload, const ComputeCommand& compute,
                                std::int64_t cycles, After after) {
  stream(CommandClass::Execute).commands.push_back({preload});
  stream(CommandClass::Execute).commands.push_back({compute});
  return push(CommandClass::Execute, cycles, after);
}

std::size_t CommandStreams::push(CommandClass c, std::int64_t cycles, After after) {
  Stream& to = stream(c);
  to.items.push_back({{after.load, after.execute, after.store}, cycles, to.commands.size()});
  return to.items.size();
}

std::int64_t CommandStreams::start_of_next(std::size_t c, const Cursors& cursors) const {
  const std::size_t position = cursors[c].effects.size();
  if (position == streams_[c].items.size()) {
    return kNever;
  }
  std::int64_t start = cursors[c].free_at;
  for (std::size_t other = 0; other < kCommandClasses; ++other) {
    const std::size_t needed = other == c ? 0 : streams_[c].items[position].after[other];
    if (needed > cursors[other].effects.size()) {
      return kNever;
    }
    if (needed > 0) {
      start = std::max(start, cursors[other].effects[needed - 1]);
    }
  }
  return start;
}

std::vector<Command> CommandStreams::merge(
    const std::array<std::int64_t, kCommandClasses>& latency) && {
  Cursors cursors;
  std::size_t commands = 0;
  for (std::size_t c = 0; c < kCommandClasses; ++c) {
    cursors[c].effects.reserve(streams_[c].items.size());
    commands += streams_[c].commands.size();
  }
  std::vector<Command> program;
  program.reserve(commands);
  while (program.size() < commands) {
    std::size_t next = kCommandClasses;
    std::int64_t start = kNever;
    for (const std::size_t c : kByStage) {
      const std::int64_t at = start_of_next(c, cursors);
      if (at < start) {
        start = at;
        next = c;
      }
    }
    if (next == kCommandClasses) {
      throw std::logic_error{"the command streams of a layer wait for each other"};
    }
    Cursor& cursor = cursors[next];
    const Item& item = streams_[next].items[cursor.effects.size()];
    const std::size_t first =
        cursor.effects.empty() ? 0 : streams_[next].items[cursor.effects.size() - 1].commands_end;
    program.insert(
        program.end(), streams_[next].commands.begin() + static_cast<std::ptrdiff_t>(first),
        streams_[next].commands.begin() + static_cast<std::ptrdiff_t>(item.commands_end));
    cursor.free_at = start + item.cycles;
    cursor.effects.push_back(cursor.free_at + latency[next]);
  }
  return program;
}

}  // namespace systole

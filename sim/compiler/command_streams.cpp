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

constexpr std::array<std::size_t, kCommandClasses> counts(After after) {
  return {after.load, after.execute, after.store};
}

}  // namespace

bool CommandStreams::begin(CommandClass of, Key key, const Place& place) {
  open_residue_ = alignment_ == 0 ? 0 : place.dram % alignment_;
  bool is_new = true;
  if (alignment_ == 0) {
    open_ = new_items();
  } else {
    key.push_back(static_cast<std::int64_t>(of));
    key.push_back(static_cast<std::int64_t>(open_residue_));
    const auto found = known_.try_emplace(std::move(key), nullptr);
    is_new = found.second;
    if (is_new) {
      found.first->second = new_items();
    }
    open_ = found.first->second;
  }
  Stream& to = stream(of);
  to.loose = nullptr;
  to.blocks.push_back(
      {open_, counts(place.after), counts(place.from), place.dram - open_residue_, to.count});
  return is_new;
}

void CommandStreams::end(CommandClass of) {
  stream(of).count = last(of).first + open_->items.size();
  open_ = nullptr;
}

void CommandStreams::mark() { open_->marks.push_back(open_->items.size()); }

CommandStreams::Items* CommandStreams::new_items() {
  Items* const items = items_.emplace_back(std::make_unique<Items>()).get();
  items->number = static_cast<std::uint32_t>(items_.size() - 1);
  return items;
}

CommandStreams::Items& CommandStreams::items_for(CommandClass c) {
  if (open_ != nullptr) {
    return *open_;
  }
  Stream& to = stream(c);
  if (to.loose == nullptr) {
    to.loose = new_items();
    to.blocks.push_back({to.loose, {}, {}, 0, to.count});
  }
  return *to.loose;
}

std::size_t CommandStreams::add(const Command& command, std::int64_t cycles, After after) {
  const CommandClass c = command_class(command);
  items_for(c).commands->push_back(open_ == nullptr ? command : moved(command, open_residue_));
  return push(c, cycles, after);
}

std::size_t CommandStreams::add(const PreloadCommand& preload, const ComputeCommand& compute,
                                std::int64_t cycles, After after) {
  std::vector<Command>& commands = *items_for(CommandClass::Execute).commands;
  commands.push_back({preload});
  commands.push_back({compute});
  return push(CommandClass::Execute, cycles, after);
}

std::size_t CommandStreams::push(CommandClass c, std::int64_t cycles, After after) {
  Items& to = items_for(c);
  to.items.push_back({counts(after), cycles, to.commands->size()});
  return ++stream(c).count;
}

std::int64_t CommandStreams::start_of_next(std::size_t c, const Cursors& cursors) const {
  const Cursor& cursor = cursors[c];
  if (cursor.effects.size() == streams_[c].count) {
    return kNever;
  }
  const Block& block = streams_[c].blocks[cursor.block];
  const Item& item = block.items->items[cursor.item];
  std::int64_t start = cursor.free_at;
  for (std::size_t other = 0; other < kCommandClasses; ++other) {
    if (other == c) {
      continue;
    }
    const std::size_t own = item.after[other] == 0 ? 0 : block.from[other] + item.after[other];
    const std::size_t needed = std::max(own, block.after[other]);
    if (needed > cursors[other].effects.size()) {
      return kNever;
    }
    if (needed > 0) {
      start = std::max(start, cursors[other].effects[needed - 1]);
    }
  }
  return start;
}

void CommandStreams::take_next(std::size_t c, std::int64_t start, std::int64_t latency,
                               Cursor& cursor, PackedCommands& program) const {
  const std::vector<Block>& blocks = streams_[c].blocks;
  const Block& block = blocks[cursor.block];
  const Item& item = block.items->items[cursor.item];
  const std::size_t first = cursor.item == 0 ? 0 : block.items->items[cursor.item - 1].commands_end;
  program.append({block.items->number, static_cast<std::uint32_t>(first),
                  static_cast<std::uint32_t>(item.commands_end - first), block.dram});
  cursor.free_at = start + item.cycles;
  cursor.effects.push_back(cursor.free_at + latency);
  ++cursor.item;
  while (cursor.block < blocks.size() && cursor.item == blocks[cursor.block].items->items.size()) {
    ++cursor.block;
    cursor.item = 0;
  }
}

PackedCommands CommandStreams::merge(const std::array<std::int64_t, kCommandClasses>& latency) && {
  Cursors cursors;
  std::size_t left = 0;
  std::array<std::int64_t, kCommandClasses> starts{};
  for (std::size_t c = 0; c < kCommandClasses; ++c) {
    const std::vector<Block>& blocks = streams_[c].blocks;
    while (cursors[c].block < blocks.size() && blocks[cursors[c].block].items->items.empty()) {
      ++cursors[c].block;
    }
    cursors[c].effects.reserve(streams_[c].count);
    left += streams_[c].count;
    starts[c] = kNever;
  }
  std::vector<PackedCommands::Shared> shared;
  for (const std::unique_ptr<Items>& items : items_) {
    shared.push_back(items->commands);
  }
  PackedCommands program{std::move(shared)};
  for (; left > 0; --left) {
    std::size_t next = kCommandClasses;
    std::int64_t start = kNever;
    for (const std::size_t c : kByStage) {
      if (starts[c] == kNever) {  // else nothing that starts later can change it
        starts[c] = start_of_next(c, cursors);
      }
      if (starts[c] < start) {
        start = starts[c];
        next = c;
      }
    }
    if (next == kCommandClasses) {
      throw std::logic_error{"the command streams of a layer wait for each other"};
    }
    take_next(next, start, latency[next], cursors[next], program);
    starts[next] = kNever;
  }
  return program;
}

}  // namespace systole

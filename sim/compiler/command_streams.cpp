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

constexpr std::array<std::uint32_t, kCommandClasses> counts(After after) {
  return {static_cast<std::uint32_t>(after.load), static_cast<std::uint32_t>(after.execute),
          static_cast<std::uint32_t>(after.store)};
}

std::array<std::uint32_t, 4> numbers_of(const RowMove& rows) {
  return {rows.ifmap, rows.weights, rows.results, rows.table};
}

}  // namespace

bool CommandStreams::begin(CommandClass of, Key key, const Place& place) {
  open_residue_ = alignment_ == 0 ? 0 : place.dram % alignment_;
  bool is_new = true;
  if (alignment_ == 0) {
    open_ = new_items();
  } else {
    Known& known = known_[static_cast<std::size_t>(of)][{open_residue_, std::move(key)}];
    is_new = known.first == nullptr;
    const auto there = known.at.try_emplace(numbers_of(place.rows), nullptr);
    if (there.second) {
      there.first->second = is_new ? new_items() : moved_items(*known.first, place.rows);
    }
    open_ = there.first->second;
    if (is_new) {
      known.first = open_;
      open_->rows = place.rows;
    }
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

void CommandStreams::reserve_folds(std::size_t folds) {
  open_->items.reserve(folds);
  open_->commands->reserve(2 * folds);
}

void CommandStreams::mark() { open_->marks.push_back(open_->items.size()); }

CommandStreams::Items* CommandStreams::new_items() {
  Items* const items = items_.emplace_back(std::make_unique<Items>()).get();
  items->number = items->like = static_cast<std::uint32_t>(items_.size() - 1);
  return items;
}

/// Those of other items, with other rows.
CommandStreams::Items* CommandStreams::moved_items(const Items& of, const RowMove& rows) {
  Items* const items = new_items();
  items->like = of.number;
  items->items = of.items;
  items->spans = of.spans;
  items->marks = of.marks;
  *items->commands = *of.commands;
  const RowMove by{rows.ifmap - of.rows.ifmap, rows.weights - of.rows.weights,
                   rows.results - of.rows.results, rows.table - of.rows.table};
  for (Command& command : *items->commands) {
    move_rows(command, by);
  }
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
  commands.emplace_back().body = preload;
  commands.emplace_back().body = compute;
  return push(CommandClass::Execute, cycles, after);
}

std::size_t CommandStreams::push(CommandClass c, std::int64_t cycles, After after) {
  Items& to = items_for(c);
  const Counts waits = counts(after);
  if (to.items.empty() || to.items.back().after != waits) {
    to.spans.push_back(to.items.size());
  }
  to.items.push_back({waits, static_cast<std::uint32_t>(to.commands->size()), cycles});
  return ++stream(c).count;
}

/// Plays the streams. A class is taken from for as long as none of the others is in front of it.
class CommandStreams::Merge {
 public:
  Merge(const CommandStreams& streams, const std::array<std::int64_t, kCommandClasses>& latency,
        PackedCommands& program)
      : latency_{latency}, program_{program} {
    for (std::size_t c = 0; c < kCommandClasses; ++c) {
      Cursor& cursor = cursors_[c];
      const Stream& stream = streams.streams_[c];
      cursor.block = stream.blocks.data();
      cursor.end = cursor.block + stream.blocks.size();
      cursor.all = static_cast<std::uint32_t>(stream.count);
      cursor.effects.reset(new std::int64_t[stream.count]);
      skip_empty_blocks(cursor);
    }
    for (std::size_t c = 0; c < kCommandClasses; ++c) {
      look_at_next(c);
    }
  }

  void run() {
    for (;;) {
      std::size_t next = kCommandClasses;
      std::int64_t start = kNever;
      for (const std::size_t c : kByStage) {
        if (cursors_[c].start < start) {
          start = cursors_[c].start;
          next = c;
        }
      }
      if (next == kCommandClasses) {
        break;
      }
      take_from(next);
    }
    for (const Cursor& cursor : cursors_) {
      if (cursor.block != cursor.end) {
        throw std::logic_error{"the command streams of a layer wait for each other"};
      }
    }
  }

 private:
  struct Cursor {
    const Block* block = nullptr;  // of the next item
    const Block* end = nullptr;
    std::size_t item = 0;  // of the block
    std::size_t span = 0;  // that it is in
    std::uint32_t all = 0;
    std::uint32_t taken = 0;      // of all
    Counts needs{};               // items of each class that must start before the next one
    std::int64_t free_at = 0;     // the unit's clock
    std::int64_t start = kNever;  // of the next item, once all that it waits for has started
    std::unique_ptr<std::int64_t[]> effects;  // of the items that have started
  };

  /// What the class's next item waits for.
  void look_at_next(std::size_t c) {
    Cursor& cursor = cursors_[c];
    cursor.start = kNever;
    if (cursor.block == cursor.end) {
      cursor.needs = {};
      return;
    }
    const Block& block = *cursor.block;
    const Item& item = block.items->items[cursor.item];
    for (std::size_t other = 0; other < kCommandClasses; ++other) {
      const std::uint32_t own = item.after[other] == 0 ? 0 : block.from[other] + item.after[other];
      cursor.needs[other] = std::max(own, block.after[other]);
    }
    cursor.needs[c] = 0;  // its own class is in order
    find_start(cursor);
  }

  void find_start(Cursor& cursor) const {
    std::int64_t start = cursor.free_at;
    for (std::size_t other = 0; other < kCommandClasses; ++other) {
      const std::uint32_t count = cursor.needs[other];
      if (count > cursors_[other].taken) {
        return;
      }
      start = count == 0 ? start : std::max(start, cursors_[other].effects[count - 1]);
    }
    cursor.start = start;
  }

  void take_from(std::size_t c) {
    Cursor& cursor = cursors_[c];
    std::int64_t before = kNever;      // another one is next from this cycle on
    std::uint32_t until = cursor.all;  // so many, and another one waits no longer
    bool has_priority = false;
    for (const std::size_t other : kByStage) {
      const Cursor& of = cursors_[other];
      if (other == c) {
        has_priority = true;
      } else if (of.start != kNever) {
        before = std::min(before, of.start + (has_priority ? 1 : 0));
      } else if (of.needs[c] > cursor.taken) {
        until = std::min(until, of.needs[c]);
      }
    }
    do {
      take_span(c, before, until);
    } while (cursor.start < before && cursor.taken < until);
    for (Cursor& other : cursors_) {
      if (other.start == kNever && other.block != other.end) {
        find_start(other);
      }
    }
  }

  /// The next item, and those behind it that wait for nothing else and start before cycle `before`
  /// among the first `until` of the class: each when its unit is free.
  void take_span(std::size_t c, std::int64_t before, std::uint32_t until) {
    Cursor& cursor = cursors_[c];
    const Items& items = *cursor.block->items;
    const std::size_t first = cursor.item;
    const bool is_last = cursor.span + 1 == items.spans.size();
    const std::size_t span_end = is_last ? items.items.size() : items.spans[cursor.span + 1];
    const std::size_t end = std::min<std::size_t>(span_end, first + (until - cursor.taken));
    const std::int64_t latency = latency_[c];
    std::int64_t* effect = &cursor.effects[cursor.taken];
    std::int64_t free_at = cursor.start;
    std::size_t at = first;
    do {
      free_at += items.items[at].cycles;
      *effect++ = free_at + latency;
      ++at;
    } while (at < end && free_at < before);
    const std::uint32_t begin = first == 0 ? 0 : items.items[first - 1].commands_end;
    program_.append(
        {items.number, begin, items.items[at - 1].commands_end - begin, cursor.block->dram});
    cursor.free_at = free_at;
    cursor.taken += static_cast<std::uint32_t>(at - first);
    cursor.item = at;
    if (at == items.items.size()) {
      ++cursor.block;
      cursor.item = cursor.span = 0;
      skip_empty_blocks(cursor);
    } else if (at == span_end) {
      ++cursor.span;
    }
    look_at_next(c);
  }

  static void skip_empty_blocks(Cursor& cursor) {
    while (cursor.block != cursor.end && cursor.block->items->items.empty()) {
      ++cursor.block;
    }
  }

  const std::array<std::int64_t, kCommandClasses>& latency_;
  PackedCommands& program_;
  std::array<Cursor, kCommandClasses> cursors_;
};

PackedCommands CommandStreams::merge(const std::array<std::int64_t, kCommandClasses>& latency) && {
  std::vector<PackedCommands::Shared> shared;
  std::vector<std::uint32_t> like;
  shared.reserve(items_.size());
  like.reserve(items_.size());
  for (const std::unique_ptr<Items>& items : items_) {
    shared.push_back(items->commands);
    like.push_back(items->like);
  }
  PackedCommands program{std::move(shared), std::move(like)};
  Merge{*this, latency, program}.run();
  return program;
}

}  // namespace systole

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sim/program/packed_commands.hpp"

namespace systole {

/// How many items of each class must stand before an item in the program.
struct After {
  std::size_t load = 0;
  std::size_t execute = 0;
  std::size_t store = 0;
};

/// Collects a layer's commands as three streams, one a class, and merges them into one program.
///
/// The machine fetches in order and stalls at a command whose class has no free entry, so a
/// program overlaps loads, computes and stores only if it names them in about the order
/// in which they can start. `merge` plays the streams on an ideal machine and
/// lists the items by their start. What an item must wait for is said by `After`.
///
/// Tiles repeat each other: items can be added as a block, and when a block with the same key was
/// added before, its items are there again, at another place in DRAM and in the local memories.
class CommandStreams {
 public:
  /// Blocks are shared when they are a multiple of `alignment` bytes apart; 0: never.
  explicit CommandStreams(std::uint64_t alignment = 0) : alignment_{alignment} {}

  /// All of a block.
  struct Place {
    After after;             ///< what all of its items wait for
    After from;              ///< what its items' own `After`, where not 0, count from
    std::uint64_t dram = 0;  ///< where its items' DRAM addresses count from
    RowMove rows{};          ///< where its operands begin
  };
  /// Whatever decides a block's items, places apart.
  using Key = std::vector<std::int64_t>;

  /// Calls `fill` to add the items of the block, all of one class, unless they are known.
  template <typename Fill>
  void block(CommandClass of, Key key, const Place& place, Fill fill) {
    if (begin(of, std::move(key), place)) {
      fill();
    }
    end(of);
  }
  /// In a block: makes room for so many folds.
  void reserve_folds(std::size_t folds);
  /// In a block: notes how many of its items there are so far.
  void mark();
  /// Those of the class's last block.
  const std::vector<std::size_t>& marks(CommandClass c) const { return last(c).items->marks; }
  /// Items of the class before its last block.
  std::size_t first(CommandClass c) const { return last(c).first; }

  /// Outside of blocks, both return the number of items of the class, this one included: what
  /// `After` counts.
  std::size_t add(const Command& command, std::int64_t cycles, After after);
  std::size_t add(const PreloadCommand& preload, const ComputeCommand& compute, std::int64_t cycles,
                  After after);

  std::size_t count(CommandClass c) const { return stream(c).count; }

  /// `latency[class]`: cycles from an item's end to its effect.
  PackedCommands merge(const std::array<std::int64_t, kCommandClasses>& latency) &&;

 private:
  using Counts = std::array<std::uint32_t, kCommandClasses>;
  struct Item {
    Counts after;
    std::uint32_t commands_end;
    std::int64_t cycles;
  };
  struct Items {
    std::uint32_t number = 0;
    std::uint32_t like = 0;  // PackedCommands
    RowMove rows;            // of the place, of the first block that has them
    std::shared_ptr<std::vector<Command>> commands = std::make_shared<std::vector<Command>>();
    std::vector<Item> items;
    std::vector<std::size_t> spans;  // items that do not wait for the same as the one before
    std::vector<std::size_t> marks;
  };
  struct Block {
    const Items* items;
    Counts after;
    Counts from;
    std::uint64_t dram;
    std::size_t first;
  };
  struct Known {
    Items* first = nullptr;
    std::map<std::array<std::uint32_t, 4>, Items*> at;  // and where they moved, by rows
  };
  struct Stream {
    std::vector<Block> blocks;
    std::size_t count = 0;   // items
    Items* loose = nullptr;  // what is added outside of blocks goes on here
  };
  class Merge;

  Stream& stream(CommandClass c) { return streams_[static_cast<std::size_t>(c)]; }
  const Stream& stream(CommandClass c) const { return streams_[static_cast<std::size_t>(c)]; }
  const Block& last(CommandClass c) const { return stream(c).blocks.back(); }
  bool begin(CommandClass of, Key key, const Place& place);
  void end(CommandClass of);
  Items* new_items();
  Items* moved_items(const Items& of, const RowMove& rows);
  Items& items_for(CommandClass c);
  std::size_t push(CommandClass c, std::int64_t cycles, After after);

  const std::uint64_t alignment_;
  std::array<Stream, kCommandClasses> streams_;
  std::vector<std::unique_ptr<Items>> items_;  // by number
  /// By class; by the residue of the place in DRAM and by key.
  std::array<std::map<std::pair<std::uint64_t, Key>, Known>, kCommandClasses> known_;
  Items* open_ = nullptr;           // the block that is being filled
  std::uint64_t open_residue_ = 0;  // of its place
};

}  // namespace systole

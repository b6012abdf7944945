#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sim/program/command.hpp"

namespace systole {

/// Loads and stores.
bool reaches_dram(const Command& command);
/// The command `dram` bytes further on in DRAM.
Command moved(Command command, std::uint64_t dram);

/// How many rows further on commands find their operands and leave their results in the local
/// memories, modulo 2^32.
struct RowMove {
  std::uint32_t ifmap = 0, weights = 0, results = 0, table = 0;
};
/// Of all commands but those of a depthwise convolution and stores that keep what they store.
void move_rows(Command& command, const RowMove& by);

/// The commands of a layer one behind the other, as runs. Tiles repeat each other but for where in
/// DRAM they read and write: runs share commands, and say how far on in DRAM theirs are. Tiles that
/// take turns in the local memories have lists of commands that are alike but for local rows.
class PackedCommands {
 public:
  struct Run {
    std::uint32_t of = 0;  ///< shared()[of]
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint64_t dram = 0;  ///< to be added to the addresses of loads and stores
  };
  using Shared = std::shared_ptr<const std::vector<Command>>;

  PackedCommands() = default;
  /// `like`: by list; none: all lists are like no other.
  explicit PackedCommands(std::vector<Shared> shared, std::vector<std::uint32_t> like = {})
      : shared_{std::move(shared)}, like_{std::move(like)} {}

  /// Goes on with the last run where it ends there.
  void append(const Run& run) {
    size_ += run.count;
    if (!runs_.empty()) {
      Run& last = runs_.back();
      if (last.of == run.of && last.first + last.count == run.first && last.dram == run.dram) {
        last.count += run.count;
        return;
      }
    }
    runs_.push_back(run);
  }

  const std::vector<Shared>& shared() const { return shared_; }
  /// The first list whose commands are those of shared()[of], but for their local rows.
  std::uint32_t like(std::uint32_t of) const { return like_.empty() ? of : like_[of]; }
  const std::vector<Run>& runs() const { return runs_; }
  std::size_t size() const { return size_; }  ///< commands
  /// Calls `visit(command, uses)` for each shared command that comes at all, neighbours one after
  /// the other; those that are alike but for local rows are one.
  template <typename Visit>
  void for_each_shared(Visit visit) const {
    const std::vector<std::vector<std::uint64_t>> uses = this->uses();
    for (std::size_t of = 0; of < shared_.size(); ++of) {
      for (std::size_t i = 0; i < uses[of].size(); ++i) {
        if (uses[of][i] > 0) {
          visit((*shared_[of])[i], uses[of][i]);
        }
      }
    }
  }
  /// Calls `visit(command)` for each command in its turn, at its place in DRAM.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Run& run : runs_) {
      const Command* const first = shared_[run.of]->data() + run.first;
      for (const Command* command = first; command != first + run.count; ++command) {
        if (run.dram != 0 && reaches_dram(*command)) {
          visit(moved(*command, run.dram));
        } else {
          visit(*command);
        }
      }
    }
  }
  std::vector<Command> unpacked() const;

 private:
  /// Of the commands of each list that is like no other.
  std::vector<std::vector<std::uint64_t>> uses() const;

  std::vector<Shared> shared_;
  std::vector<std::uint32_t> like_;
  std::vector<Run> runs_;
  std::size_t size_ = 0;
};

/// A LayerProgram whose commands are packed.
struct PackedProgram {
  LayerRegisters registers;
  PackedCommands commands;

  LayerProgram unpacked() const { return {registers, commands.unpacked()}; }
};

/// The program as one run of commands that nobody shares. It does not own them.
PackedProgram packed_view(const LayerProgram& program);

}  // namespace systole

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/sequencer/front_queues.hpp"
#include "models/sequencer/generated_command.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"
#include "sim/program/conv_loop_commands.hpp"

namespace systole {

/// The hardware front end that turns convolution loops into commands, as Gemmini's LoopConv does.
///
/// An instruction and the six register writes before it are offered command_gap after the one
/// before was taken and pass two queues of two, one a cycle each. Two loops can be active. Five
/// generators (conv_loop_commands.hpp) put a command a cycle into pipes of two stages, behind which
/// one command a cycle leaves for a queue of two, by priority: store, execute, bias, weights,
/// input; none of a class of which as many are unfinished as its reservation station has entries.
/// The queue gives one a cycle to the reservation station. A generator whose pipe is empty can
/// start the next loop; executes wait until the three loads of their loop have generated
/// everything, and meanwhile the loads of the next loop generate nothing; stores wait until the
/// executes have. (Held against Gemmini's RTL in tests/validation.)
class ConvUnroller {
 public:
  ConvUnroller(const SequencerConfig& station, const LoopShape& shape)
      : station_{station}, shape_{shape}, places_{shape} {}

  void start(const std::vector<Command>& configuration, const std::vector<ConvLoop>& loops);
  bool done() const;

  /// One cycle: a command that leaves, if `room` for it and one is there.
  std::optional<GeneratedCommand> tick(std::uint64_t now, bool room);
  /// A command of a loop has completed; seen from the next cycle on.
  void completed(CommandClass of) { --unfinished_[static_cast<std::size_t>(of)]; }

 private:
  // Generators, by priority.
  static constexpr std::size_t kStore = 0;
  static constexpr std::size_t kExecute = 1;
  static constexpr std::size_t kBias = 2;
  static constexpr std::size_t kWeights = 3;
  static constexpr std::size_t kInput = 4;
  static constexpr std::size_t kGenerators = 5;
  static constexpr std::size_t kSlots = 2;
  using Flags = std::array<bool, kGenerators>;

  /// One of the two loops that can be active.
  struct Slot {
    const ConvLoop* loop = nullptr;  // null: free
    LoopPlace place;
    Flags started{};
    Flags completed{};
  };
  struct Generator {
    std::vector<Command> commands;
    std::size_t next = 0;
    bool skips = false;                    // starts a loop for which it has nothing
    std::size_t slot = 0;                  // of its loop, or of its last one
    std::optional<Command> first, second;  // the stages of its pipe

    bool generating() const { return skips || next < commands.size(); }
    bool idle() const { return !generating() && !first && !second; }
  };
  struct Passing {
    GeneratedCommand generated;
    std::uint64_t visible = 0;
  };

  static CommandClass class_of(std::size_t generator);
  bool below_limit(CommandClass of) const;
  bool active() const { return slots_[0].loop != nullptr || slots_[1].loop != nullptr; }
  Flags may_generate() const;
  Flags leaving(bool room) const;
  void move_pipes(const Flags& generate, const Flags& leave, std::uint64_t now);
  void request(std::size_t generator, const std::array<Slot, kSlots>& before);
  void take_item(const std::array<Slot, kSlots>& before, std::size_t head, bool room,
                 std::uint64_t now);

  const SequencerConfig station_;
  const LoopShape shape_;
  FrontQueues<ConvLoop, 2> front_;
  std::array<Slot, kSlots> slots_;
  std::size_t head_ = 0;  // slot of the older loop
  std::array<Generator, kGenerators> generators_;
  std::deque<Passing> passing_;
  std::array<std::uint64_t, kCommandClasses> unfinished_{};
  LoopPlaces places_;
};

}  // namespace systole

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
#include "sim/program/matmul_loop_commands.hpp"

namespace systole {

/// The hardware front end that turns loop instructions into commands, as Gemmini's LoopMatmul does.
///
/// An instruction and the five register writes before it are offered command_gap after the one
/// before was taken, and pass three queues of two, one a cycle each. Two loops can be active; the
/// third waits until the first has generated all its commands and is over. Each loop has five
/// generators: loads of A, B and D, executes, stores of C. A generator whose last command left in
/// cycle t can start the next loop in t + 1, with its first command in t + 2; one without work (no
/// bias, no C) takes two cycles. Executes also wait for the loads of their loop to have started,
/// stores for its executes. A loop whose last generator ends in t is over in t + 2 (t + 3 for one
/// without work), and a third is let in after that cycle. One command a cycle leaves, by priority:
/// store, execute, load D, load A or B; none of a class of which as many are unfinished as its
/// reservation station has entries. B's loads go first while its cursor is at the start or A's is
/// further along k; while A and B are in different loops, only the older loop's go, even if it has
/// none left. An execute leaves when the cursors of A and B are past its operands, a store when
/// that of the executes is past its tiles in the last step of k. Loops alternate between the halves
/// of the scratchpad, and those that store between the halves of the accumulators. (Held against
/// Gemmini's RTL in tests/validation.)
class LoopUnroller {
 public:
  LoopUnroller(const SequencerConfig& station, const LoopShape& shape)
      : station_{station}, shape_{shape}, places_{shape} {}

  void start(const std::vector<Command>& configuration, const std::vector<MatmulLoop>& loops);
  bool done() const;

  /// One cycle: a command that leaves, if `room` for it and one is ready.
  std::optional<GeneratedCommand> tick(std::uint64_t now, bool room);
  /// A command of a loop has completed.
  void completed(CommandClass of) { --unfinished_[static_cast<std::size_t>(of)]; }

 private:
  // Generators.
  static constexpr std::size_t kLoadA = 0;
  static constexpr std::size_t kLoadB = 1;
  static constexpr std::size_t kLoadD = 2;
  static constexpr std::size_t kExecute = 3;
  static constexpr std::size_t kStore = 4;
  static constexpr std::size_t kGenerators = 5;
  static constexpr std::size_t kActiveLoops = 2;
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  /// An active loop and how far its generators are.
  struct Active {
    const MatmulLoop* loop = nullptr;
    std::uint64_t number = 0;
    LoopPlace place;
    std::uint64_t from = 0;  // first cycle in which a generator can take it
    std::array<std::uint64_t, kGenerators> started{kNever, kNever, kNever, kNever, kNever};
    std::array<bool, kGenerators> finished{};
    /// First cycle in which the loop knows that the generator has finished.
    std::array<std::uint64_t, kGenerators> retired_from{kNever, kNever, kNever, kNever, kNever};
  };
  /// A generator's place in its loop.
  struct Cursor {
    Active* active = nullptr;
    std::uint64_t from = 0;  // first cycle with a command
    std::uint32_t i = 0, j = 0, k = 0;
    bool preloaded = false;
  };

  std::optional<Command> generate(std::uint64_t now);
  std::optional<Command> pass_configuration(std::uint64_t now);
  void start_generators(std::uint64_t now);
  bool may_start(const Active& active, std::size_t generator, std::uint64_t now) const;
  void take_loop(std::uint64_t now);
  bool ready(std::size_t generator, std::uint64_t now) const;
  bool below_limit(CommandClass of) const;
  bool store_released() const;
  bool execute_released() const;
  std::size_t load_a_or_b(std::uint64_t now) const;

  Command load_a();
  Command load_b();
  Command load_d();
  Command execute();
  Command store();
  void finish(std::size_t generator);
  MatmulLoopCommands commands_of(std::size_t generator) const {
    const Active& active = *cursors_[generator].active;
    return {*active.loop, active.place, shape_};
  }

  const SequencerConfig station_;
  const LoopShape shape_;
  FrontQueues<MatmulLoop, 3> front_;
  std::deque<Active> active_;  // oldest first; at most two
  std::array<Cursor, kGenerators> cursors_;
  std::array<std::uint64_t, kGenerators> slots_{};  // of their loops, or of the last ones
  std::array<std::uint64_t, kGenerators>
      free_from_{};  // first cycle in which they can start a loop
  std::uint64_t now_ = 0;
  std::array<std::uint64_t, kCommandClasses> unfinished_{};
  std::uint64_t loops_taken_ = 0;
  LoopPlaces places_;
};

}  // namespace systole

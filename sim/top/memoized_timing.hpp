#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/program/command_numbers.hpp"
#include "sim/program/footprint.hpp"
#include "sim/program/number_hash.hpp"
#include "sim/program/packed_commands.hpp"
#include "sim/timing/state_archive.hpp"
#include "sim/top/chained_dram.hpp"
#include "sim/top/dram_chain.hpp"
#include "sim/top/machine_timing.hpp"

namespace systole {

/// MachineTiming that remembers. A program is taken in segments of some dozens of commands. What a
/// machine in some state does with a segment, and in which state it is then, is computed once: when
/// the same state meets the same segment again, in a later tile or a later layer, the counts are
/// added and the cycles passed over. Nothing is approximated: states are compared byte for byte
/// (StateArchive), segments command for command (TimingKey), and with every conflict of a segment's
/// commands with those in flight and among each other.
///
/// After FastSim (Schnarr and Larus, "Fast Out-of-Order Processor Simulation Using Memoization",
/// ASPLOS 1998). An ideal DRAM is a part of the machine. A banked one works for real, outside: what
/// a state does with a segment then is a chain of requests and answers (DramChain), which is
/// followed as long as the answers come in the cycles in which they did, and computed from there on
/// where they do not.
class MemoizedTiming final : private CommandSource {
 public:
  /// Forgets everything when it has more than `max_bytes` at the end of a program.
  explicit MemoizedTiming(const AcceleratorConfig& config, std::size_t max_bytes = kMaxBytes);
  /// With a banked DRAM that nobody observes.
  MemoizedTiming(const AcceleratorConfig& config, const dram::Config& banked,
                 std::size_t max_bytes = kMaxBytes);

  /// As MachineTiming::run.
  LayerMeasurement run(const PackedProgram& program, std::uint64_t patience);
  LayerMeasurement run(const LayerProgram& program, std::uint64_t patience);

  std::uint64_t computed() const { return computed_; }      ///< segments, so far
  std::uint64_t remembered() const { return remembered_; }  ///< segments, so far

 private:
  // Layers that are alike run once, and others have little in common: memory that is used again is
  // worth more (ResNet-50 is slower with 64 MiB than with 1, though it computes less).
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;

  /// Commands of the program from number `at` on.
  struct Segment {
    std::size_t at = 0;
    std::vector<const Command*> commands;
    std::vector<std::uint32_t> others;  // of them: those that are no folds
    std::vector<std::uint64_t> parts;   // of the program's shared commands
    std::vector<std::uint32_t> key;  // what decides the cycles that they take: the number of each,
                                     // conflicts with commands in flight, the rest
    std::size_t end() const { return at + commands.size(); }
  };
  struct State;
  /// Bytes that a step moves, by cycle of the segment.
  struct Traffic {
    Traffic() = default;
    Traffic(std::vector<DramTransfer> of_program, Cycle start);
    void add_to(BandwidthSeries& bandwidth, Cycle start) const;

    std::vector<DramTransfer> transfers;
    // Their first and last cycle, from the segment's start on.
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    std::int64_t last = std::numeric_limits<std::int64_t>::min();
    std::uint64_t read = 0;
    std::uint64_t written = 0;
  };
  /// What a state does with a segment.
  struct Step {
    std::vector<std::uint32_t> key;
    Cycle cycles = 0;
    LayerMeasurement counts;
    std::uint64_t times = 0;  // that the program at hand has taken it
    Traffic traffic;
    State* next = nullptr;  // none if it ends the program
    /// The commands that `next` names: below the number of those that the state before names, one
    /// of them; else the segment's, counted on.
    std::vector<std::uint32_t> named;
  };
  /// With a banked DRAM: what a state does with a segment, by what the DRAM does.
  struct Chained {
    std::vector<std::uint32_t> key;  // the segment's
    DramChain chain;
    std::vector<Step*> ends;
  };
  struct State {
    std::string bytes;
    std::vector<std::uint32_t> in_flight;  // which of its named commands the station holds
    std::forward_list<Step> steps;
    std::forward_list<Chained> chains;
  };
  /// A command that younger ones may have to wait for.
  struct Before {
    std::uint32_t name = 0;
    const Command* command = nullptr;
  };

  MemoizedTiming(const AcceleratorConfig& config, std::unique_ptr<DramOracle> oracle,
                 std::size_t max_bytes);

  // What the machine fetches: commands of the segment at hand.
  std::size_t size() const override { return program_->commands.size(); }
  const Command& command(std::size_t number) const override {
    return *segment_.commands[number - segment_.at];
  }

  std::unique_ptr<DramTiming> make_dram(const DramTiming::Clients& clients);
  void begin(const PackedProgram& program);
  State* first_state();
  State* state_of_machine(Cycle now);
  void take_segment();
  void describe_place(const State& state);
  Step& step_of(State& state, Cycle now, std::uint64_t patience);
  Chained& chained_of(State& state);
  Step& chained_step_of(State& state, Cycle now, std::uint64_t patience);
  void describe_segment(const State& state);
  void append_conflicts(const State& state);
  void append_conflicts_with_older(std::uint32_t younger, const FootprintHull& in_flight,
                                   const FootprintHull& of_segment);
  void append_conflicts_of_folds(const Before& older, std::uint32_t first,
                                 const FootprintHull& folds);
  void append_conflict(std::uint32_t older, std::uint32_t younger);
  void follow(const Step& step);
  Step& compute_step(State& state, Cycle now, std::uint64_t patience);
  void add_counts(LayerMeasurement& layer);

  const AcceleratorConfig config_;
  const TimingKey key_;
  CommandNumbers numbers_;
  const std::size_t max_bytes_;
  DramSource dram_;                     // ideal
  std::unique_ptr<DramOracle> oracle_;  // only with a banked DRAM,
  ChainedDram* chained_ = nullptr;      // the machine's side of it,
  std::optional<DramFollower> follower_;
  MachineTiming machine_;
  const State* machine_state_ = nullptr;  // the machine is in it, here and now
  StateArchive archive_;
  std::string start_;  // the state of a machine that has done nothing
  std::unordered_map<std::string_view, std::unique_ptr<State>> states_;  // by their bytes

  // Of the program at hand.
  const PackedProgram* program_ = nullptr;
  std::size_t run_ = 0;  // of its commands: what follows the segment
  std::uint32_t taken_of_run_ = 0;
  Segment segment_;
  std::vector<const Command*> named_;  // by the state
  std::vector<const Command*> named_before_;
  std::vector<Step*> taken_;
  /// Steps by state, parts of the shared commands and named commands: what need not be described
  /// again.
  std::unordered_map<std::vector<std::uint64_t>, Step*, NumberHash> seen_;
  std::unordered_map<std::vector<std::uint64_t>, Chained*, NumberHash> seen_chains_;
  std::vector<std::uint64_t> here_;
  std::vector<Before> before_;  // a command of the segment: in flight, then of it

  std::size_t bytes_ = 0;
  std::uint64_t computed_ = 0;
  std::uint64_t remembered_ = 0;
};

}  // namespace systole

#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/program/footprint.hpp"
#include "sim/program/timing_key.hpp"
#include "sim/timing/state_archive.hpp"
#include "sim/top/machine_timing.hpp"

namespace systole {

/// MachineTiming that remembers. A program is taken in segments: a command of another unit or none,
/// and up to some dozens of folds. What a machine in some state does with a segment, and in which
/// state it is then, is computed once: when the same state meets the same segment again, in a later
/// tile or a later layer, the counts are added and the cycles passed over. Nothing is approximated:
/// states are compared byte for byte (StateArchive), segments command for command (TimingKey), and
/// with every conflict of a segment's commands with those in flight.
///
/// After FastSim (Schnarr and Larus, "Fast Out-of-Order Processor Simulation Using Memoization",
/// ASPLOS 1998). For machines with an ideal DRAM.
class MemoizedTiming {
 public:
  /// Forgets everything when it has more than `max_bytes`.
  explicit MemoizedTiming(const AcceleratorConfig& config, std::size_t max_bytes = kMaxBytes);

  /// As MachineTiming::run.
  LayerMeasurement run(const LayerProgram& program, std::uint64_t patience);

  std::uint64_t computed() const { return computed_; }      ///< segments, so far
  std::uint64_t remembered() const { return remembered_; }  ///< segments, so far

 private:
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20U;

  /// Commands [at, end) of the program, and what decides the cycles that they take.
  struct Segment {
    std::size_t at = 0;
    std::size_t end = 0;
    std::vector<std::uint32_t> key;  // of each command; conflicts with entries in flight; the rest
  };
  struct State;
  /// What a state does with a segment.
  struct Step {
    std::vector<std::uint32_t> key;
    Cycle cycles = 0;
    LayerMeasurement counts;
    std::uint64_t times = 0;              // that the program at hand has taken it
    std::vector<DramTransfer> transfers;  // by cycle of the segment
    State* next = nullptr;                // none if it ends the program
    /// The commands that `next` names: below the number of those that the state before names, one
    /// of them; else the segment's, counted on.
    std::vector<std::uint32_t> named;
  };
  struct State {
    std::string bytes;
    std::vector<std::uint32_t> in_flight;  // which of its named commands the station holds
    std::forward_list<Step> steps;
  };
  /// Footprint of the command at `index`.
  struct KnownFootprint {
    std::size_t index = ~std::size_t{0};
    Footprint footprint;
  };

  State* state_of_machine(Cycle now);
  State* first_state(const LayerProgram& program);
  void describe_segment(const State& state, const LayerProgram& program, std::size_t at);
  void append_conflicts(const State& state, const LayerProgram& program);
  void append_conflicts_of_folds(const State& state, const LayerProgram& program,
                                 std::size_t first);
  void append_conflict(std::uint32_t older, std::size_t younger);
  const Footprint& footprint_of(const LayerProgram& program, std::size_t index);
  void follow(const Step& step);
  Step& compute_step(State& state, const LayerProgram& program, Cycle now, std::uint64_t patience);

  const AcceleratorConfig config_;
  const TimingKey key_;
  const std::size_t max_bytes_;
  DramSource dram_;  // ideal
  MachineTiming machine_;
  const State* machine_state_ = nullptr;  // the machine is in it, here and now
  StateArchive archive_;
  std::string start_;  // the state of a machine that has done nothing
  std::unordered_map<std::string_view, std::unique_ptr<State>> states_;  // by their bytes
  Segment segment_;
  std::vector<std::size_t> named_;  // indices in the program of the state's named commands
  std::vector<std::size_t> named_before_;
  std::vector<Step*> taken_;                // by the program at hand
  std::vector<KnownFootprint> footprints_;  // by index, modulo its size
  std::size_t bytes_ = 0;
  std::uint64_t computed_ = 0;
  std::uint64_t remembered_ = 0;
};

}  // namespace systole

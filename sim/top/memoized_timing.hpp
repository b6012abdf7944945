#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/program/command_numbers.hpp"
#include "sim/program/known_commands.hpp"
#include "sim/program/number_hash.hpp"
#include "sim/program/packed_commands.hpp"
#include "sim/stats/layer_measurement.hpp"
#include "sim/timing/state_archive.hpp"
#include "sim/top/chained_dram.hpp"
#include "sim/top/dram_chain.hpp"
#include "sim/top/machine_timing.hpp"
#include "sim/top/segments.hpp"

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

  struct State;
  /// What a state does with a segment.
  struct Step {
    std::vector<std::uint32_t> key;
    Cycle cycles = 0;
    LayerMeasurement counts;
    std::uint64_t times = 0;  // that the program at hand has taken it
    TransferRuns traffic;     // by cycle of the segment
    State* next = nullptr;    // none if it ends the program
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
    std::uint32_t number = 0;
    std::string bytes;
    std::uint32_t in_flight =
        0;  // so many of its named commands, the first ones, the station holds
    std::forward_list<Step> steps;
    std::forward_list<Chained> chains;
  };

  // Of one program: what need not be described again.

  /// A state, and the commands of the program that it names there.
  struct Place;
  /// A segment from a place on, and where it leads.
  struct Way {
    Segments::Parts segment;
    bool is_last = false;        // the sequencer knows whether there is another command
    Step* step = nullptr;        // with an ideal DRAM
    Chained* chained = nullptr;  // with a banked one
    boost::container::small_vector<std::pair<const Step*, Place*>, 1> onward;
  };
  struct Place {
    State* state = nullptr;
    std::vector<std::uint32_t> named;  // KnownCommands
    std::forward_list<Way> ways;
  };

  /// A command that younger ones may have to wait for, as the key names it.
  struct Older {
    std::uint32_t name = 0;
    const Footprint* footprint = nullptr;
  };

  MemoizedTiming(const AcceleratorConfig& config, std::unique_ptr<DramOracle> oracle,
                 std::size_t max_bytes);

  // What the machine fetches: commands of the segment at hand.
  std::size_t size() const override { return program_->commands.size(); }
  const Command& command(std::size_t at) const override { return *fetched(at).command; }
  KnownCommand known(std::size_t at) const override { return fetched(at); }
  const KnownCommand& fetched(std::size_t at) const {
    return known_[segment_[at - segments_.at()]];
  }

  std::unique_ptr<DramTiming> make_dram(const DramTiming::Clients& clients);
  void begin(const PackedProgram& program);
  Place& first_place();
  Place& place(State& state);
  State* state_of_machine(Cycle now);
  Way& way_of(Place& place);
  Step& step_of(const Place& place, Way& way, Cycle now, std::uint64_t patience);
  Chained& chained_of(State& state);
  Step& chained_step_of(const Place& place, Way& way, Cycle now, std::uint64_t patience);
  Place* follow(const Place& from, Way& way, const Step& step);
  void list_segment();
  void describe_segment(const Place& place);
  void append_conflicts(const Place& place);
  Step compute_step(const Place& place, Cycle now, std::uint64_t patience);
  void name_commands(const Place& place, Step& step) const;
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
  KnownCommands known_;
  Segments segments_;
  std::vector<std::uint32_t> segment_;  // its commands, once somebody asks
  std::vector<std::uint32_t> key_of_segment_;
  /// By the state's number and the commands that it names.
  std::unordered_map<std::vector<std::uint32_t>, Place, NumberHash> places_;
  std::vector<Step*> taken_;

  // Room.
  std::vector<std::uint32_t> words_;
  std::vector<Older> older_, older_others_;

  std::size_t bytes_ = 0;
  std::uint64_t computed_ = 0;
  std::uint64_t remembered_ = 0;
};

}  // namespace systole

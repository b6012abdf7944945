#include "sim/top/memoized_timing.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "sim/timing/state_archive.hpp"

namespace systole {
namespace {

// A segment has so many commands before one of another unit ends it, or new weights do: few enough
// to come again often, and enough to be worth a state.
constexpr std::size_t kLeast = 8;
constexpr std::size_t kLeastOfFolds = 24;
constexpr std::size_t kMost = 48;

bool of_array(const Command& command) {
  return std::holds_alternative<PreloadCommand>(command.body) ||
         std::holds_alternative<ComputeCommand>(command.body);
}

bool brings_weights(const Command& command) {
  const auto* const preload = std::get_if<PreloadCommand>(&command.body);
  return preload != nullptr && preload->new_weights;
}

/// Adds `counts` that many times, by doubling.
template <typename Counts>
void add_times(Counts& to, Counts counts, std::uint64_t times) {
  for (; times > 0; times /= 2) {
    if (times % 2 == 1) {
      to += counts;
    }
    if (times > 1) {
      counts += Counts{counts};
    }
  }
}

}  // namespace

MemoizedTiming::Traffic::Traffic(std::vector<DramTransfer> of_program, Cycle start)
    : transfers{std::move(of_program)} {
  const auto from_start = [&](Cycle cycle) { return static_cast<std::int64_t>(cycle - start); };
  for (DramTransfer& transfer : transfers) {
    const Cycle last_cycle = transfer.first + transfer.cycles - 1;
    first = std::min(first, from_start(transfer.first));
    last = std::max(last, from_start(last_cycle));
    transfer.first -= start;  // may be before it: modulo 2^64
    (transfer.write ? written : read) += transfer.bytes;
  }
}

void MemoizedTiming::Traffic::add_to(BandwidthSeries& bandwidth, Cycle start) const {
  if (transfers.empty()) {
    return;
  }
  const Cycle first_cycle = start + static_cast<Cycle>(first);
  const Cycle last_cycle = start + static_cast<Cycle>(last);
  if (first_cycle / kBandwidthWindow != last_cycle / kBandwidthWindow) {
    for (const DramTransfer& transfer : transfers) {
      bandwidth.add(start + transfer.first, transfer.cycles, transfer.write, transfer.bytes);
    }
    return;
  }
  bandwidth.add(first_cycle, false, read);
  bandwidth.add(first_cycle, true, written);
}

MemoizedTiming::MemoizedTiming(const AcceleratorConfig& config, std::size_t max_bytes)
    : MemoizedTiming{config, nullptr, max_bytes} {}

MemoizedTiming::MemoizedTiming(const AcceleratorConfig& config, const dram::Config& banked,
                               std::size_t max_bytes)
    : MemoizedTiming{config, std::make_unique<DramOracle>(config, banked), max_bytes} {}

MemoizedTiming::MemoizedTiming(const AcceleratorConfig& config, std::unique_ptr<DramOracle> oracle,
                               std::size_t max_bytes)
    : config_{config},
      key_{config_},
      numbers_{key_},
      max_bytes_{max_bytes},
      oracle_{std::move(oracle)},
      machine_{config_, [this](const DramTiming::Clients& clients) { return make_dram(clients); }},
      archive_{numbers_} {
  archive_.write_at(0);
  machine_.archive(archive_);
  start_ = archive_.bytes();
}

std::unique_ptr<DramTiming> MemoizedTiming::make_dram(const DramTiming::Clients& clients) {
  if (!oracle_) {
    return make_dram_timing(config_, clients, dram_);
  }
  follower_.emplace(*oracle_);
  auto chained = std::make_unique<ChainedDram>(config_, clients, *oracle_);
  chained_ = chained.get();
  return chained;
}

LayerMeasurement MemoizedTiming::run(const LayerProgram& program, std::uint64_t patience) {
  // Commands that nobody shares, and that it does not own.
  PackedProgram packed{
      program.registers,
      PackedCommands{{PackedCommands::Shared{std::shared_ptr<const void>{}, &program.commands}}}};
  packed.commands.append({0, 0, static_cast<std::uint32_t>(program.commands.size()), 0});
  return run(packed, patience);
}

LayerMeasurement MemoizedTiming::run(const PackedProgram& program, std::uint64_t patience) {
  LayerMeasurement layer;
  BandwidthSeries bandwidth;
  begin(program);
  State* state = first_state();
  while (state != nullptr) {
    take_segment();
    Step& step = oracle_ ? chained_step_of(*state, layer.cycles, patience)
                         : step_of(*state, layer.cycles, patience);
    step.traffic.add_to(bandwidth, layer.cycles);
    layer.cycles += step.cycles;
    if (step.times++ == 0) {
      taken_.push_back(&step);
    }
    follow(step);
    state = step.next;
  }
  add_counts(layer);
  if (oracle_) {
    oracle_->finish_layer(layer.cycles, layer);
  } else {
    layer.peak_bytes_per_window = bandwidth.peak_bytes();
    layer.windows = bandwidth.windows();
  }
  if (bytes_ + numbers_.bytes() > max_bytes_) {
    states_.clear();
    numbers_.forget();
    machine_state_ = nullptr;
    bytes_ = 0;
  }
  return layer;
}

void MemoizedTiming::begin(const PackedProgram& program) {
  program_ = &program;
  run_ = 0;
  taken_of_run_ = 0;
  segment_ = {};
  named_.clear();
  taken_.clear();
  seen_.clear();
  seen_chains_.clear();
  machine_.footprints().forget();
  numbers_.begin_program();
  if (oracle_) {
    oracle_->begin_layer(program);
  }
}

/// Of the steps that were taken.
void MemoizedTiming::add_counts(LayerMeasurement& layer) {
  for (Step* step : taken_) {
    const std::uint64_t times = std::exchange(step->times, 0);
    layer.compute_cycles += times * step->counts.compute_cycles;
    add_times(layer.events, step->counts.events, times);
    add_times(layer.ledger, step->counts.ledger, times);
    add_times(layer.bank_conflicts, step->counts.bank_conflicts, times);
  }
}

/// The width of the ofmap's elements is part of it.
MemoizedTiming::State* MemoizedTiming::first_state() {
  archive_.read_at(0, start_, {});
  machine_.archive(archive_);
  machine_.begin(program_->registers, *this, 0);
  State* const state = state_of_machine(0);
  machine_state_ = state;
  return state;
}

MemoizedTiming::State* MemoizedTiming::state_of_machine(Cycle now) {
  archive_.write_at(now);
  machine_.archive(archive_);
  const auto found = states_.find(archive_.bytes());
  if (found != states_.end()) {
    return found->second.get();
  }
  auto state = std::make_unique<State>();
  state->bytes = archive_.bytes();
  const std::vector<const Command*>& named = archive_.named();
  machine_.for_each_in_flight([&](const Command& command) {
    const auto at = std::find(named.begin(), named.end(), &command);
    state->in_flight.push_back(static_cast<std::uint32_t>(at - named.begin()));
  });
  bytes_ += state->bytes.size() + sizeof(State) + state->in_flight.size() * sizeof(std::uint32_t);
  return states_.emplace(state->bytes, std::move(state)).first->second.get();
}

/// The commands that the state behind the step names.
void MemoizedTiming::follow(const Step& step) {
  named_before_.swap(named_);
  named_.clear();
  for (const std::uint32_t code : step.named) {
    named_.push_back(code < named_before_.size() ? named_before_[code]
                                                 : segment_.commands[code - named_before_.size()]);
  }
}

/// Goes on to the next segment. It ends where a pattern of commands may begin anew: at a command
/// of another unit, or where new weights come.
void MemoizedTiming::take_segment() {
  segment_.at = segment_.end();
  segment_.commands.clear();
  segment_.parts.clear();
  const PackedCommands& commands = program_->commands;
  std::size_t taken = 0;
  while (run_ < commands.runs().size() && taken < kMost) {
    const PackedCommands::Run& run = commands.runs()[run_];
    const Command* const shared = commands.shared()[run.of]->data();
    const std::uint32_t first = run.first + taken_of_run_;
    std::uint32_t end = first;
    bool ends = false;
    while (end < run.first + run.count && taken < kMost && !ends) {
      ends = taken >= kLeast &&
             (!of_array(shared[end]) || (taken >= kLeastOfFolds && brings_weights(shared[end])));
      if (!ends) {
        segment_.commands.push_back(&shared[end++]);
        ++taken;
      }
    }
    if (end > first) {
      segment_.parts.push_back(std::uint64_t{run.of} << 32U | first);
    }
    taken_of_run_ += end - first;
    if (taken_of_run_ == run.count) {
      ++run_;
      taken_of_run_ = 0;
    }
    if (ends) {
      return;
    }
  }
}

/// Sets here_.
void MemoizedTiming::describe_place(const State& state) {
  here_.clear();
  here_.push_back(reinterpret_cast<std::uintptr_t>(&state));
  here_.push_back(segment_.commands.size() << 1U | (segment_.end() == size() ? 1U : 0U));
  here_.insert(here_.end(), segment_.parts.begin(), segment_.parts.end());
  for (const Command* command : named_) {
    here_.push_back(reinterpret_cast<std::uintptr_t>(command));
  }
}

/// What the state does with the segment.
MemoizedTiming::Step& MemoizedTiming::step_of(State& state, Cycle now, std::uint64_t patience) {
  describe_place(state);
  const auto seen = seen_.find(here_);
  if (seen != seen_.end()) {
    ++remembered_;
    machine_state_ = nullptr;
    return *seen->second;
  }
  describe_segment(state);
  const auto known = std::find_if(state.steps.begin(), state.steps.end(),
                                  [this](const Step& step) { return step.key == segment_.key; });
  const bool is_known = known != state.steps.end();
  Step& step = is_known ? *known : compute_step(state, now, patience);
  if (is_known) {
    ++remembered_;
    machine_state_ = nullptr;
  }
  seen_.emplace(here_, &step);
  return step;
}

/// Sets the segment's key.
void MemoizedTiming::describe_segment(const State& state) {
  segment_.key.clear();
  for (const Command* command : segment_.commands) {
    segment_.key.push_back(numbers_.of(*command));
  }
  // The sequencer knows whether there is another command.
  segment_.key.push_back(segment_.end() == size() ? 1 : 0);
  append_conflicts(state);
}

/// Of commands with those before them, in the segment and in flight; but folds do not conflict
/// among each other.
void MemoizedTiming::append_conflicts(const State& state) {
  const std::vector<const Command*>& commands = segment_.commands;
  segment_.others.clear();
  before_.clear();
  FootprintHull older_folds;
  for (const std::uint32_t older : state.in_flight) {
    before_.push_back({older, named_[older]});
    if (of_array(*named_[older])) {
      older_folds.add(machine_.footprints().of(*named_[older]));
    }
  }
  auto name = static_cast<std::uint32_t>(named_.size());
  FootprintHull folds;  // of the segment
  for (std::uint32_t i = 0; i < commands.size(); ++i) {
    if (of_array(*commands[i])) {
      folds.add(machine_.footprints().of(*commands[i]));
    } else {
      append_conflicts_with_older(i, older_folds, folds);
      segment_.others.push_back(i);
    }
    before_.push_back({name++, commands[i]});
  }
  for (const std::uint32_t older : state.in_flight) {
    append_conflicts_of_folds({older, named_[older]}, 0, folds);
  }
  for (const std::uint32_t other : segment_.others) {
    append_conflicts_of_folds(before_[state.in_flight.size() + other], other + 1, folds);
  }
}

/// Of a command that is no fold with all before it: folds in flight, folds of the segment, others.
void MemoizedTiming::append_conflicts_with_older(std::uint32_t younger,
                                                 const FootprintHull& in_flight,
                                                 const FootprintHull& of_segment) {
  const Footprint footprint = machine_.footprints().of(*segment_.commands[younger]);
  const bool meets_folds = in_flight.meets(footprint) || of_segment.meets(footprint);
  for (const Before& older : before_) {
    if ((meets_folds || !of_array(*older.command)) &&
        conflict(machine_.footprints().of(*older.command), footprint)) {
      append_conflict(older.name, younger);
    }
  }
}

/// Of the segment's folds from number `first` on with an older command that is none.
void MemoizedTiming::append_conflicts_of_folds(const Before& older, std::uint32_t first,
                                               const FootprintHull& folds) {
  if (of_array(*older.command) || !folds.meets(machine_.footprints().of(*older.command))) {
    return;
  }
  const Footprint footprint = machine_.footprints().of(*older.command);
  for (std::uint32_t younger = first; younger < segment_.commands.size(); ++younger) {
    if (of_array(*segment_.commands[younger]) &&
        conflict(footprint, machine_.footprints().of(*segment_.commands[younger]))) {
      append_conflict(older.name, younger);
    }
  }
}

/// `older`: a number of the state's named commands; those behind theirs stand for the segment's.
void MemoizedTiming::append_conflict(std::uint32_t older, std::uint32_t younger) {
  segment_.key.push_back(older);
  segment_.key.push_back(younger);
}

MemoizedTiming::Step& MemoizedTiming::compute_step(State& state, Cycle now,
                                                   std::uint64_t patience) {
  if (machine_state_ != &state) {
    archive_.read_at(now, state.bytes, named_);
    machine_.archive(archive_);
    machine_.begin(program_->registers, *this, segment_.at);
  }
  machine_state_ = nullptr;
  Step step;
  step.key = segment_.key;
  const Cycle last = machine_.run_until(segment_.end(), patience);
  step.cycles = last - now;
  if (segment_.end() < size()) {
    step.next = state_of_machine(last);
    machine_state_ = step.next;
    for (const Command* command : archive_.named()) {
      // Of equal ones any will do.
      const auto before = std::find(named_.begin(), named_.end(), command);
      const auto at = std::find(segment_.commands.begin(), segment_.commands.end(), command);
      step.named.push_back(static_cast<std::uint32_t>(
          before != named_.end() ? before - named_.begin()
                                 : named_.end() - named_.begin() + at - segment_.commands.begin()));
    }
  }
  step.counts = machine_.take_counts(last);
  step.traffic = Traffic{machine_.take_transfers(), now};
  ++computed_;
  bytes_ += sizeof step + step.key.size() * sizeof(std::uint32_t) +
            step.traffic.transfers.size() * sizeof(DramTransfer);
  return state.steps.emplace_front(std::move(step));
}

}  // namespace systole

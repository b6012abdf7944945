#include "sim/top/memoized_timing.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "sim/timing/state_archive.hpp"

namespace systole {
namespace {

constexpr std::size_t kMostFolds = 32;  // preloads and computes of a segment
constexpr std::size_t kKnownFootprints = 256;

bool of_array(const Command& command) {
  return std::holds_alternative<PreloadCommand>(command.body) ||
         std::holds_alternative<ComputeCommand>(command.body);
}

/// Rows of each memory from the first to the last that some commands touch.
class Hull {
 public:
  void add(const Footprint& of) {
    for (const HazardRanges* ranges : {&of.reads, &of.writes}) {
      for (const RowRange& range : *ranges) {
        Extent& extent = extents_[static_cast<std::size_t>(range.memory)];
        extent.first = std::min(extent.first, range.first);
        extent.end = std::max(extent.end, range.first + range.rows);
      }
    }
  }
  bool meets(const Footprint& of) const { return meets(of.reads) || meets(of.writes); }

 private:
  static constexpr std::size_t kMemories = 4;
  struct Extent {
    std::uint32_t first = ~0U;
    std::uint32_t end = 0;
  };

  bool meets(const HazardRanges& ranges) const {
    return std::any_of(ranges.begin(), ranges.end(), [this](const RowRange& range) {
      const Extent& extent = extents_[static_cast<std::size_t>(range.memory)];
      return range.first < extent.end && extent.first < range.first + range.rows;
    });
  }

  std::array<Extent, kMemories> extents_;
};

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

MemoizedTiming::MemoizedTiming(const AcceleratorConfig& config, std::size_t max_bytes)
    : config_{config},
      key_{config_},
      numbers_{key_},
      max_bytes_{max_bytes},
      machine_{config_, dram_},
      archive_{numbers_},
      footprints_(kKnownFootprints) {
  archive_.write_at(0);
  machine_.archive(archive_);
  start_ = archive_.bytes();
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
    Step& step = step_of(*state, layer.cycles, patience);
    for (const DramTransfer& transfer : step.transfers) {
      bandwidth.add(layer.cycles + transfer.cycle, transfer.write, transfer.bytes);
    }
    layer.cycles += step.cycles;
    if (step.times++ == 0) {
      taken_.push_back(&step);
    }
    follow(step);
    state = step.next;
  }
  add_counts(layer);
  layer.peak_bytes_per_window = bandwidth.peak_bytes();
  layer.windows = bandwidth.windows();
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
  std::fill(footprints_.begin(), footprints_.end(), KnownFootprint{});
  numbers_.begin_program();
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

/// Goes on to the next segment.
void MemoizedTiming::take_segment() {
  segment_.at = segment_.end();
  segment_.commands.clear();
  segment_.parts.clear();
  const PackedCommands& commands = program_->commands;
  std::size_t most = kMostFolds;
  while (run_ < commands.runs().size() && segment_.commands.size() < most) {
    const PackedCommands::Run& run = commands.runs()[run_];
    const std::vector<Command>& shared = *commands.shared()[run.of];
    const std::uint32_t first = run.first + taken_of_run_;
    std::uint32_t end = first;
    if (segment_.commands.empty() && !of_array(shared[end])) {
      segment_.commands.push_back(&shared[end++]);
      ++most;
    }
    while (end < run.first + run.count && segment_.commands.size() < most &&
           of_array(shared[end])) {
      segment_.commands.push_back(&shared[end++]);
    }
    if (end == first) {
      return;
    }
    segment_.parts.push_back(std::uint64_t{run.of} << 32U | first);
    taken_of_run_ += end - first;
    if (taken_of_run_ == run.count) {
      ++run_;
      taken_of_run_ = 0;
    }
  }
}

/// What the state does with the segment.
MemoizedTiming::Step& MemoizedTiming::step_of(State& state, Cycle now, std::uint64_t patience) {
  here_.clear();
  here_.push_back(reinterpret_cast<std::uintptr_t>(&state));
  here_.push_back(segment_.commands.size() << 1U | (segment_.end() == size() ? 1U : 0U));
  here_.insert(here_.end(), segment_.parts.begin(), segment_.parts.end());
  for (const Command* command : named_) {
    here_.push_back(reinterpret_cast<std::uintptr_t>(command));
  }
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

std::size_t MemoizedTiming::NumbersHash::operator()(
    const std::vector<std::uint64_t>& numbers) const {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  std::uint64_t hash = numbers.size();
  for (const std::uint64_t number : numbers) {
    hash = (hash ^ number) * kOdd;
    hash ^= hash >> 32U;
  }
  return hash;
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

/// With commands in flight, and of folds with the other command before them. Folds do not conflict
/// among each other.
void MemoizedTiming::append_conflicts(const State& state) {
  const bool leads = !of_array(*segment_.commands.front());
  if (leads) {
    const Footprint leader = footprint_of(segment_.commands.front());
    for (const std::uint32_t older : state.in_flight) {
      if (conflict(footprint_of(named_[older]), leader)) {
        append_conflict(older, 0);
      }
    }
  }
  const std::size_t first = leads ? 1 : 0;
  if (first < segment_.commands.size()) {
    append_conflicts_of_folds(state, first);
  }
}

void MemoizedTiming::append_conflicts_of_folds(const State& state, std::size_t first) {
  Hull weights;  // and results
  Hull ifmap;
  for (std::size_t i = first; i < segment_.commands.size(); ++i) {
    const Command* const command = segment_.commands[i];
    const bool computes = std::holds_alternative<ComputeCommand>(command->body);
    (computes ? ifmap : weights).add(footprint_of(command));
  }
  const auto append = [&](std::uint32_t older, const Command* command) {
    const Footprint of_older = footprint_of(command);
    if (!weights.meets(of_older) && !ifmap.meets(of_older)) {
      return;
    }
    for (std::size_t i = first; i < segment_.commands.size(); ++i) {
      if (conflict(of_older, footprint_of(segment_.commands[i]))) {
        append_conflict(older, i);
      }
    }
  };
  for (const std::uint32_t older : state.in_flight) {
    if (!of_array(*named_[older])) {
      append(older, named_[older]);
    }
  }
  if (first > 0) {
    append(static_cast<std::uint32_t>(named_.size()), segment_.commands.front());
  }
}

/// `older`: of the state's named commands; their number stands for the segment's first.
void MemoizedTiming::append_conflict(std::uint32_t older, std::size_t younger) {
  segment_.key.push_back(older);
  segment_.key.push_back(static_cast<std::uint32_t>(younger));
}

const Footprint& MemoizedTiming::footprint_of(const Command* command) {
  KnownFootprint& known =
      footprints_[reinterpret_cast<std::uintptr_t>(command) / sizeof(Command) % kKnownFootprints];
  if (known.of != command) {
    known = {command, footprint(*command, config_)};
  }
  return known.footprint;
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
  step.transfers = machine_.take_transfers();
  for (DramTransfer& transfer : step.transfers) {
    transfer.cycle -= now;
  }
  ++computed_;
  bytes_ += sizeof step + step.key.size() * sizeof(std::uint32_t) +
            step.transfers.size() * sizeof(DramTransfer);
  return state.steps.emplace_front(std::move(step));
}

}  // namespace systole

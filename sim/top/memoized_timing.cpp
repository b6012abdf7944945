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
      max_bytes_{max_bytes},
      machine_{config_, dram_},
      archive_{key_},
      footprints_(kKnownFootprints) {
  archive_.write_at(0);
  machine_.archive(archive_);
  start_ = archive_.bytes();
}

LayerMeasurement MemoizedTiming::run(const LayerProgram& program, std::uint64_t patience) {
  LayerMeasurement layer;
  BandwidthSeries bandwidth;
  std::fill(footprints_.begin(), footprints_.end(), KnownFootprint{});
  taken_.clear();
  State* state = first_state(program);
  segment_.end = 0;
  while (state != nullptr) {
    describe_segment(*state, program, segment_.end);
    const auto known = std::find_if(state->steps.begin(), state->steps.end(),
                                    [this](const Step& step) { return step.key == segment_.key; });
    const bool is_known = known != state->steps.end();
    Step& step = is_known ? *known : compute_step(*state, program, layer.cycles, patience);
    if (is_known) {
      ++remembered_;
      machine_state_ = nullptr;
    }
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
  for (Step* step : taken_) {
    const std::uint64_t times = std::exchange(step->times, 0);
    layer.compute_cycles += times * step->counts.compute_cycles;
    add_times(layer.events, step->counts.events, times);
    add_times(layer.ledger, step->counts.ledger, times);
    add_times(layer.bank_conflicts, step->counts.bank_conflicts, times);
  }
  layer.peak_bytes_per_window = bandwidth.peak_bytes();
  layer.windows = bandwidth.windows();
  if (bytes_ > max_bytes_) {
    states_.clear();
    machine_state_ = nullptr;
    bytes_ = 0;
  }
  return layer;
}

/// The width of the ofmap's elements is part of it.
MemoizedTiming::State* MemoizedTiming::first_state(const LayerProgram& program) {
  archive_.read_at(0, start_, {});
  machine_.archive(archive_);
  machine_.begin(program, 0);
  State* const state = state_of_machine(0);
  machine_state_ = state;
  named_.clear();
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
                                                 : segment_.at + code - named_before_.size());
  }
}

/// Sets segment_ to the one that begins with command `at`.
void MemoizedTiming::describe_segment(const State& state, const LayerProgram& program,
                                      std::size_t at) {
  const std::vector<Command>& commands = program.commands;
  segment_.at = at;
  segment_.key.clear();
  const std::size_t longest = kMostFolds + (of_array(commands[at]) ? 0 : 1);
  std::size_t end = at;
  do {
    key_.append(commands[end], segment_.key);
    ++end;
  } while (end < commands.size() && end - at < longest && of_array(commands[end]));
  segment_.end = end;
  // The sequencer knows whether there is another command.
  segment_.key.push_back(end == commands.size() ? 1 : 0);
  append_conflicts(state, program);
}

/// With commands in flight, and of folds with the other command before them. Folds do not conflict
/// among each other.
void MemoizedTiming::append_conflicts(const State& state, const LayerProgram& program) {
  const bool leads = !of_array(program.commands[segment_.at]);
  if (leads) {
    const Footprint& leader = footprint_of(program, segment_.at);
    for (const std::uint32_t older : state.in_flight) {
      if (conflict(footprint_of(program, named_[older]), leader)) {
        append_conflict(older, segment_.at);
      }
    }
  }
  const std::size_t first = segment_.at + (leads ? 1 : 0);
  if (first < segment_.end) {
    append_conflicts_of_folds(state, program, first);
  }
}

void MemoizedTiming::append_conflicts_of_folds(const State& state, const LayerProgram& program,
                                               std::size_t first) {
  Hull weights;  // and results
  Hull ifmap;
  for (std::size_t i = first; i < segment_.end; ++i) {
    const bool computes = std::holds_alternative<ComputeCommand>(program.commands[i].body);
    (computes ? ifmap : weights).add(footprint_of(program, i));
  }
  const auto append = [&](std::uint32_t older, std::size_t index) {
    const Footprint of_older = footprint_of(program, index);
    if (!weights.meets(of_older) && !ifmap.meets(of_older)) {
      return;
    }
    for (std::size_t i = first; i < segment_.end; ++i) {
      if (conflict(of_older, footprint_of(program, i))) {
        append_conflict(older, i);
      }
    }
  };
  for (const std::uint32_t older : state.in_flight) {
    if (!of_array(program.commands[named_[older]])) {
      append(older, named_[older]);
    }
  }
  if (first > segment_.at) {
    append(static_cast<std::uint32_t>(named_.size()), segment_.at);
  }
}

/// `older`: of the state's named commands; their number stands for the segment's first.
void MemoizedTiming::append_conflict(std::uint32_t older, std::size_t younger) {
  segment_.key.push_back(older);
  segment_.key.push_back(static_cast<std::uint32_t>(younger - segment_.at));
}

const Footprint& MemoizedTiming::footprint_of(const LayerProgram& program, std::size_t index) {
  KnownFootprint& known = footprints_[index % kKnownFootprints];
  if (known.index != index) {
    known = {index, footprint(program.commands[index], config_)};
  }
  return known.footprint;
}

MemoizedTiming::Step& MemoizedTiming::compute_step(State& state, const LayerProgram& program,
                                                   Cycle now, std::uint64_t patience) {
  if (machine_state_ != &state) {
    std::vector<const Command*> named;
    for (const std::size_t index : named_) {
      named.push_back(&program.commands[index]);
    }
    archive_.read_at(now, state.bytes, named);
    machine_.archive(archive_);
    machine_.begin(program, segment_.at);
  }
  machine_state_ = nullptr;
  Step step;
  step.key = segment_.key;
  const Cycle last = machine_.run_until(segment_.end, patience);
  step.cycles = last - now;
  if (segment_.end < program.commands.size()) {
    step.next = state_of_machine(last);
    machine_state_ = step.next;
    for (const Command* command : archive_.named()) {
      const auto index = static_cast<std::size_t>(command - program.commands.data());
      const auto before = std::find(named_.begin(), named_.end(), index);
      step.named.push_back(static_cast<std::uint32_t>(
          before != named_.end() ? static_cast<std::size_t>(before - named_.begin())
                                 : named_.size() + index - segment_.at));
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

#include "sim/top/memoized_timing.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "sim/timing/state_archive.hpp"

namespace systole {
namespace {

constexpr std::size_t kLongestSegment = 32;
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

}  // namespace

MemoizedTiming::MemoizedTiming(const AcceleratorConfig& config, std::size_t max_bytes)
    : config_{config},
      key_{config_},
      max_bytes_{max_bytes},
      machine_{config_, dram_},
      footprints_(kKnownFootprints) {
  StateArchive archive{0, key_};
  machine_.archive(archive);
  start_ = archive.take_bytes();
}

LayerMeasurement MemoizedTiming::run(const LayerProgram& program, std::uint64_t patience) {
  LayerMeasurement layer;
  BandwidthSeries bandwidth;
  std::fill(footprints_.begin(), footprints_.end(), KnownFootprint{});
  State* state = first_state(program);
  segment_.end = 0;
  while (state != nullptr) {
    describe_segment(*state, program, segment_.end);
    const auto known = std::find_if(state->steps.begin(), state->steps.end(),
                                    [this](const Step& step) { return step.key == segment_.key; });
    const bool is_known = known != state->steps.end();
    const Step& step = is_known ? *known : compute_step(*state, program, layer.cycles, patience);
    if (is_known) {
      ++remembered_;
      machine_state_ = nullptr;
    }
    for (const DramTransfer& transfer : step.transfers) {
      bandwidth.add(layer.cycles + transfer.cycle, transfer.write, transfer.bytes);
    }
    layer.cycles += step.cycles;
    layer.compute_cycles += step.counts.compute_cycles;
    layer.events += step.counts.events;
    layer.ledger += step.counts.ledger;
    layer.bank_conflicts += step.counts.bank_conflicts;
    follow(step);
    state = step.next;
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
  StateArchive archive{0, key_, start_, {}};
  machine_.archive(archive);
  machine_.begin(program, 0);
  std::vector<const Command*> named;
  State* const state = state_of_machine(0, named);
  machine_state_ = state;
  named_.clear();
  return state;
}

MemoizedTiming::State* MemoizedTiming::state_of_machine(Cycle now,
                                                        std::vector<const Command*>& named) {
  StateArchive archive{now, key_};
  machine_.archive(archive);
  named = archive.named();
  const auto [found, is_new] = states_.try_emplace(archive.take_bytes());
  State& state = found->second;
  if (is_new) {
    state.bytes = &found->first;
    machine_.for_each_in_flight([&](std::uint32_t entry, const Command& command) {
      const auto at = std::find(named.begin(), named.end(), &command);
      state.in_flight.push_back({entry, static_cast<std::uint32_t>(at - named.begin())});
    });
    bytes_ += found->first.size() + sizeof *found + state.in_flight.size() * sizeof(InFlight);
  }
  return &state;
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
  std::size_t end = at;
  do {
    key_.append(commands[end], segment_.key);
    ++end;
  } while (end < commands.size() && end - at < kLongestSegment && of_array(commands[end]) &&
           of_array(commands[end - 1]));
  segment_.end = end;
  // The sequencer knows whether there is another command.
  segment_.key.push_back(end == commands.size() ? 1 : 0);
  append_conflicts(state, program);
}

/// Folds do not conflict among each other: conflicts are with commands in flight, and those of the
/// array only with other units'.
void MemoizedTiming::append_conflicts(const State& state, const LayerProgram& program) {
  const bool folds = of_array(program.commands[segment_.at]);
  Hull weights;  // and results
  Hull ifmap;
  bool has_hulls = false;
  for (const InFlight& older : state.in_flight) {
    const std::size_t older_index = named_[older.named];
    if (folds && of_array(program.commands[older_index])) {
      continue;
    }
    const Footprint of_older = footprint_of(program, older_index);
    if (folds && !has_hulls) {
      for (std::size_t i = segment_.at; i < segment_.end; ++i) {
        const bool computes = std::holds_alternative<ComputeCommand>(program.commands[i].body);
        (computes ? ifmap : weights).add(footprint_of(program, i));
      }
      has_hulls = true;
    }
    if (folds && !weights.meets(of_older) && !ifmap.meets(of_older)) {
      continue;
    }
    for (std::size_t i = segment_.at; i < segment_.end; ++i) {
      if (conflict(of_older, footprint_of(program, i))) {
        segment_.key.push_back(older.entry);
        segment_.key.push_back(static_cast<std::uint32_t>(i - segment_.at));
      }
    }
  }
}

const Footprint& MemoizedTiming::footprint_of(const LayerProgram& program, std::size_t index) {
  KnownFootprint& known = footprints_[index % kKnownFootprints];
  if (known.index != index) {
    known = {index, footprint(program.commands[index], config_)};
  }
  return known.footprint;
}

const MemoizedTiming::Step& MemoizedTiming::compute_step(State& state, const LayerProgram& program,
                                                         Cycle now, std::uint64_t patience) {
  if (machine_state_ != &state) {
    std::vector<const Command*> named;
    for (const std::size_t index : named_) {
      named.push_back(&program.commands[index]);
    }
    StateArchive archive{now, key_, *state.bytes, std::move(named)};
    machine_.archive(archive);
    machine_.begin(program, segment_.at);
  }
  machine_state_ = nullptr;
  Step step;
  step.key = segment_.key;
  const Cycle last = machine_.run_until(segment_.end, patience);
  step.cycles = last - now;
  if (segment_.end < program.commands.size()) {
    std::vector<const Command*> named;
    step.next = state_of_machine(last, named);
    machine_state_ = step.next;
    for (const Command* command : named) {
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
  state.steps.push_back(std::move(step));
  return state.steps.back();
}

}  // namespace systole

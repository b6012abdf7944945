#include "sim/top/memoized_timing.hpp"

#include <algorithm>
#include <utility>

#include "sim/blocks/block_configs.hpp"

namespace systole {
namespace {

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
      archive_{numbers_},
      known_{local_shape(config_), numbers_} {
  archive_.write_at(0);
  machine_.archive(archive_);
  start_ = archive_.bytes();
}

std::unique_ptr<DramTiming> MemoizedTiming::make_dram(const DramTiming::Clients& clients) {
  if (!oracle_) {
    return make_dram_timing(dram_config(config_), clients, dram_);
  }
  follower_.emplace(*oracle_);
  auto chained = std::make_unique<ChainedDram>(config_, clients, *oracle_);
  chained_ = chained.get();
  return chained;
}

LayerMeasurement MemoizedTiming::run(const LayerProgram& program, std::uint64_t patience) {
  return run(packed_view(program), patience);
}

LayerMeasurement MemoizedTiming::run(const PackedProgram& program, std::uint64_t patience) {
  LayerMeasurement layer;
  BandwidthSeries bandwidth;
  begin(program);
  Place* place = &first_place();
  while (place != nullptr) {
    segments_.take();
    segment_.clear();
    Way& way = way_of(*place);
    Step& step = oracle_ ? chained_step_of(*place, way, layer.cycles, patience)
                         : step_of(*place, way, layer.cycles, patience);
    step.traffic.add_to(bandwidth, layer.cycles);
    layer.cycles += step.cycles;
    if (step.times++ == 0) {
      taken_.push_back(&step);
    }
    place = follow(*place, way, step);
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
  places_.clear();
  taken_.clear();
  known_.begin_program(program.commands);
  segments_.begin_program(program.commands);
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
MemoizedTiming::Place& MemoizedTiming::first_place() {
  archive_.read_at(0, start_, {});
  machine_.archive(archive_);
  machine_.begin(program_->registers, *this, 0);
  State* const state = state_of_machine(0);
  machine_state_ = state;
  words_.clear();
  return place(*state);
}

/// Where the state names the commands in words_.
MemoizedTiming::Place& MemoizedTiming::place(State& state) {
  words_.push_back(state.number);
  const auto [found, is_new] = places_.try_emplace(words_);
  if (is_new) {
    words_.pop_back();
    found->second.state = &state;
    found->second.named = words_;
  }
  return found->second;
}

MemoizedTiming::State* MemoizedTiming::state_of_machine(Cycle now) {
  archive_.write_at(now);
  machine_.archive(archive_);
  const auto found = states_.find(archive_.bytes());
  if (found != states_.end()) {
    return found->second.get();
  }
  auto state = std::make_unique<State>();
  state->number = static_cast<std::uint32_t>(states_.size());
  state->bytes = archive_.bytes();
  state->in_flight = archive_.held();
  bytes_ += state->bytes.size() + sizeof(State);
  return states_.emplace(state->bytes, std::move(state)).first->second.get();
}

/// With the segment at hand.
MemoizedTiming::Way& MemoizedTiming::way_of(Place& place) {
  const bool is_last = segments_.is_last();
  for (Way& way : place.ways) {
    if (way.segment == segments_.parts() && way.is_last == is_last) {
      return way;
    }
  }
  describe_segment(place);
  Way& way = place.ways.emplace_front();
  way.segment = segments_.parts();
  way.is_last = is_last;
  if (oracle_) {
    way.chained = &chained_of(*place.state);
  }
  return way;
}

/// What the place's state does with the segment.
MemoizedTiming::Step& MemoizedTiming::step_of(const Place& place, Way& way, Cycle now,
                                              std::uint64_t patience) {
  if (way.step == nullptr) {
    std::forward_list<Step>& steps = place.state->steps;
    const auto known = std::find_if(steps.begin(), steps.end(), [this](const Step& step) {
      return step.key == key_of_segment_;
    });
    if (known == steps.end()) {
      Step step = compute_step(place, now, patience);
      step.key = key_of_segment_;
      bytes_ += step.key.size() * sizeof step.key.front();
      way.step = &steps.emplace_front(std::move(step));
      return *way.step;
    }
    way.step = &*known;
  }
  ++remembered_;
  machine_state_ = nullptr;
  return *way.step;
}

/// Where the step leads; nowhere if it ends the program.
MemoizedTiming::Place* MemoizedTiming::follow(const Place& from, Way& way, const Step& step) {
  if (step.next == nullptr) {
    return nullptr;
  }
  for (const auto& [taken, to] : way.onward) {
    if (taken == &step) {
      return to;
    }
  }
  list_segment();
  words_.clear();
  for (const std::uint32_t code : step.named) {
    words_.push_back(code < from.named.size() ? from.named[code]
                                              : segment_[code - from.named.size()]);
  }
  Place& to = place(*step.next);
  way.onward.emplace_back(&step, &to);
  return &to;
}

void MemoizedTiming::list_segment() {
  if (!segment_.empty()) {
    return;
  }
  for (const Segments::Part& part : segments_.parts()) {
    const std::uint32_t first = known_.first_of(part.of) + part.first;
    for (std::uint32_t i = 0; i < part.count; ++i) {
      segment_.push_back(first + i);
    }
  }
}

/// Sets the segment's key: what decides the cycles that its commands take, the state apart. The
/// number of each, conflicts with commands in flight and among each other, and whether they are the
/// last ones.
void MemoizedTiming::describe_segment(const Place& place) {
  list_segment();
  key_of_segment_.clear();
  for (const std::uint32_t id : segment_) {
    key_of_segment_.push_back(known_[id].number);
  }
  const bool last_in_scratchpad =
      segments_.is_last() && program_->registers.ends_in_scratchpad;  // MachineTiming::finished_at
  key_of_segment_.push_back(last_in_scratchpad ? 2 : segments_.is_last() ? 1 : 0);
  append_conflicts(place);
}

/// Of each command with those before it: their name, its number in the segment. Folds do not
/// conflict among each other.
void MemoizedTiming::append_conflicts(const Place& place) {
  Regions folds;
  for (const std::uint32_t id : segment_) {
    if (known_[id].footprint.unit == CommandUnit::Array) {
      folds |= known_[id].footprint.regions;
    }
  }
  older_.clear();
  older_others_.clear();
  std::uint32_t name = 0;
  for (; name < place.state->in_flight; ++name) {
    const Footprint& footprint = known_[place.named[name]].footprint;
    older_.push_back({name, &footprint});
    if (footprint.unit != CommandUnit::Array && footprint.regions.meet(folds)) {
      older_others_.push_back(older_.back());
    }
  }
  for (std::uint32_t i = 0; i < segment_.size(); ++i) {
    const Footprint& footprint = known_[segment_[i]].footprint;
    const bool is_fold = footprint.unit == CommandUnit::Array;
    for (const Older& older : is_fold ? older_others_ : older_) {
      if (conflict(*older.footprint, footprint)) {
        key_of_segment_.push_back(older.name);
        key_of_segment_.push_back(i);
      }
    }
    older_.push_back({name++, &footprint});
    if (!is_fold) {
      older_others_.push_back(older_.back());
    }
  }
}

MemoizedTiming::Step MemoizedTiming::compute_step(const Place& place, Cycle now,
                                                  std::uint64_t patience) {
  list_segment();
  if (machine_state_ != place.state) {
    std::vector<const KnownCommand*> named;
    for (const std::uint32_t id : place.named) {
      named.push_back(&known_[id]);
    }
    archive_.read_at(now, place.state->bytes, std::move(named));
    machine_.archive(archive_);
    machine_.begin(program_->registers, *this, segments_.at());
  }
  machine_state_ = nullptr;
  Step step;
  const Cycle last = machine_.run_until(segments_.end(), patience);
  step.cycles = last - now;
  if (!segments_.is_last()) {
    step.next = state_of_machine(last);
    machine_state_ = step.next;
    name_commands(place, step);
  }
  step.counts = machine_.take_counts(last);
  step.traffic = machine_.take_transfers();
  step.traffic.move_back(now);
  ++computed_;
  bytes_ += sizeof step + step.traffic.size() * sizeof(TransferRun);
  return step;
}

/// Those that the state behind the step names, by those that the state before named and those of
/// the segment.
void MemoizedTiming::name_commands(const Place& place, Step& step) const {
  const auto named = static_cast<std::uint32_t>(place.named.size());
  step.named.reserve(archive_.named().size());
  for (const StateArchive::Named& now : archive_.named()) {
    std::uint32_t code = now.before;
    if (code == StateArchive::kUnnamed) {  // of equal ones any will do
      const auto is_it = [&](std::uint32_t id) { return known_[id].command == now.command; };
      const auto before = std::find_if(place.named.begin(), place.named.end(), is_it);
      const auto at = std::find_if(segment_.begin(), segment_.end(), is_it);
      const auto number = before != place.named.end()
                              ? before - place.named.begin()
                              : place.named.end() - place.named.begin() + at - segment_.begin();
      code = static_cast<std::uint32_t>(number);
    } else if (code >= StateArchive::kFetched) {
      code = named + (code - StateArchive::kFetched);
    }
    step.named.push_back(code);
  }
}

}  // namespace systole

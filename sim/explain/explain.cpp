#include "sim/explain/explain.hpp"

#include <algorithm>

#include "sim/compiler/compiler.hpp"
#include "sim/explain/timed.hpp"
#include "sim/legalize/legalize.hpp"

namespace systole {
namespace {

/// Savings below this part of a layer's cycles hold nothing.
constexpr std::uint64_t kLeastPart = 100;
constexpr double kHalf = 0.5;

std::uint64_t total_cycles(const RunResult& run) {
  std::uint64_t sum = 0;
  for (const LayerResult& layer : run.layers) {
    sum += layer.cycles;
  }
  return sum;
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// What a layer, or several, did in the array.
struct ArrayWork {
  std::uint64_t cycles = 0, macs = 0, slots = 0, busy = 0;

  void add(const LayerResult& layer) {
    cycles += layer.cycles;
    busy += layer.ledger.at(LedgerUnit::Array, Cause::Busy) +
            layer.ledger.at(LedgerUnit::Array, Cause::BusyPartial);
    if (layer.where == Place::Array) {
      macs += static_cast<std::uint64_t>(layer.gemm.macs);
      slots += layer.events[Event::Mac] + layer.events[Event::MacPadding];
    }
  }
  Explained as_it_is(const std::string& name) const {
    return {name, cycles, ratio(macs, slots), ratio(busy, cycles), {}, ""};
  }
};

bool has_folds(const Explained& what) { return what.useful > 0; }

/// What holds a layer that gains most from a larger array.
std::string array_bound(const Explained& what) {
  if (!has_folds(what)) {
    return "row_width";
  }
  if (what.busy <= kHalf) {
    return "array_size";
  }
  return what.useful < kHalf ? "partial_folds" : "compute";
}

std::string bound_of(const Explained& what, const std::vector<Doubling>& doublings) {
  if (what.cycles == 0) {
    return "host";
  }
  const std::int64_t saved = what.gains.empty() ? 0 : what.saved(what.gains.front());
  if (saved <= 0 || static_cast<std::uint64_t>(saved) * kLeastPart < what.cycles) {
    return has_folds(what) && what.busy > kHalf ? array_bound(what) : "latency";
  }
  const std::string& bound = doublings[what.gains.front().doubling].bound;
  return bound == "compute" ? array_bound(what) : bound;
}

void settle(Explained& what, const std::vector<Doubling>& doublings) {
  std::stable_sort(what.gains.begin(), what.gains.end(),
                   [](const Gain& a, const Gain& b) { return a.cycles < b.cycles; });
  what.bound = bound_of(what, doublings);
}

}  // namespace

Explanation explain(const MachineWith& machine, const Network& network,
                    std::optional<std::size_t> only,
                    const std::function<void(std::size_t, std::size_t)>& on_run) {
  const AcceleratorConfig config = machine({});
  Explanation all;
  all.accelerator = config.name;
  all.workload = network.name;
  all.doublings = doublings(machine);
  const Legalized legal = legalize(network, config);
  const Compiler compiler{legal.network, config};
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (!only || *only == i) {
      chosen.push_back(i);
      const std::vector<Cliff> found = find_cliffs(config, network, i, compiler.mapping(i));
      all.cliffs.insert(all.cliffs.end(), found.begin(), found.end());
    }
  }
  const std::size_t runs = 1 + all.doublings.size() + all.cliffs.size();
  std::size_t run_index = 0;
  const auto next = [&] { on_run(run_index++, runs); };

  next();
  const RunResult base = timed(config, network);
  ArrayWork everything;
  for (const LayerResult& layer : base.layers) {
    everything.add(layer);
  }
  all.total = everything.as_it_is("total");
  for (const std::size_t i : chosen) {
    ArrayWork work;
    work.add(base.layers[i]);
    all.layers.push_back(work.as_it_is(base.layers[i].name));
  }
  for (std::size_t d = 0; d < all.doublings.size(); ++d) {
    next();
    all.refusals.emplace_back();
    try {
      const RunResult run = timed(all.doublings[d].config, network);
      all.total.gains.push_back({d, total_cycles(run)});
      for (std::size_t i = 0; i < chosen.size(); ++i) {
        all.layers[i].gains.push_back({d, run.layers[chosen[i]].cycles});
      }
    } catch (const CompileError& error) {
      all.refusals.back() = error.lines().front().text;
    }
  }
  settle(all.total, all.doublings);
  for (Explained& layer : all.layers) {
    settle(layer, all.doublings);
  }
  for (Cliff& cliff : all.cliffs) {
    next();
    measure(cliff, config, network);
  }
  std::stable_sort(all.cliffs.begin(), all.cliffs.end(),
                   [](const Cliff& a, const Cliff& b) { return a.saved() > b.saved(); });
  return all;
}

}  // namespace systole

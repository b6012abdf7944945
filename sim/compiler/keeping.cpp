#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "sim/compiler/compiler_state.hpp"

namespace systole {
namespace {

/// Bytes that the layer wants to move between DRAM and the machine.
std::uint64_t wanted(const Cost& of, Stream stream) {
  const StreamBytes& bytes = of.traffic.at(TrafficMemory::Dram, stream);
  return bytes.read + bytes.written;
}

/// Of all layers of a tensor's life, without it in the scratchpad and with it.
struct Savings {
  bool wants_less = false, wants_more = false;  ///< bytes of some operand of some layer
  std::uint64_t moved_before = 0, moved_after = 0;
  std::uint64_t cycles_before = 0, cycles_after = 0;

  void add(const Cost& without, const Cost& with) {
    for (const Stream stream :
         {Stream::Ifmap, Stream::Weight, Stream::Bias, Stream::Requant, Stream::Ofmap}) {
      wants_less = wants_less || wanted(with, stream) < wanted(without, stream);
      wants_more = wants_more || wanted(with, stream) > wanted(without, stream);
    }
    moved_before += without.moved;
    moved_after += with.moved;
    cycles_before += without.cycles;
    cycles_after += with.cycles;
  }
  bool worth_it(Objective objective) const {
    return objective == Objective::Traffic
               ? moved_after < moved_before
               : wants_less && !wants_more && cycles_after <= cycles_before;
  }
};

}  // namespace

/// The kept tensor that `layer` reads as `tensor`; null: it loads it.
const KeptTensor* Compiler::State::kept_ifmap(TensorId tensor, std::size_t layer) const {
  const auto found = std::find_if(kept.begin(), kept.end(), [&](const KeptTensor& k) {
    return k.tensor == origin[tensor] && k.is_read_by(layer);
  });
  return found == kept.end() ? nullptr : &*found;
}

const KeptTensor* Compiler::State::kept_ofmap(std::size_t layer) const {
  const auto found = std::find_if(kept.begin(), kept.end(),
                                  [&](const KeptTensor& k) { return k.producer == layer; });
  return found == kept.end() ? nullptr : &*found;
}

/// Keeps the ofmap of each layer in turn that can stay.
void Compiler::State::fuse() {
  const TensorUse use{network, config, run_time, origin};
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    std::optional<KeptTensor> tensor = keepable(use, i);
    const std::optional<std::int64_t> place =
        tensor ? place_beside(*tensor, kept, machine.scratchpad_rows) : std::nullopt;
    if (place) {
      tensor->first_row = *place;
      keep(*tensor);
    }
  }
}

/// Keeps the tensor if every layer of its life still finds a mapping beside it, and if that is
/// better: if all of them together move fewer bytes of DRAM, where these are the objective; else if
/// none wants a byte of any operand more than before and, with a clock, all of them together take
/// no cycle more.
bool Compiler::State::keep(const KeptTensor& tensor) {
  kept.push_back(tensor);
  KeptReport report{tensor, 0, 0};
  std::map<std::size_t, Plan> with;
  std::map<std::size_t, Cost> costs_with;
  Savings savings;
  try {
    for (std::size_t i = tensor.producer; i <= tensor.last_reader; ++i) {
      if (std::holds_alternative<std::monostate>(plans[i].cut)) {
        continue;
      }
      if (!costs[i]) {
        costs[i] = cost(i, plans[i]);
      }
      const Plan& plan = with.emplace(i, best_of(i, cut(i))).first->second;
      const Cost& now = costs_with.emplace(i, cost(i, plan)).first->second;
      savings.add(*costs[i], now);
      if (savings.wants_more && !counts_bytes()) {
        break;  // whatever the others do
      }
      if (i == tensor.producer) {
        report.not_written = wanted(*costs[i], Stream::Ofmap) - wanted(now, Stream::Ofmap);
      } else if (tensor.is_read_by(i)) {
        report.not_read += wanted(*costs[i], Stream::Ifmap) - wanted(now, Stream::Ifmap);
      }
    }
  } catch (const MappingError&) {
    savings = {};  // a layer no longer fits beside it
  }
  if (!savings.worth_it(config.compiler.objective)) {
    kept.pop_back();
    return false;
  }
  for (auto& [index, plan] : with) {
    plans[index] = std::move(plan);
    costs[index] = costs_with.at(index);
  }
  reports.push_back(std::move(report));
  return true;
}

}  // namespace systole

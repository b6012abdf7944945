#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "sim/compiler/compiler_state.hpp"

namespace systole {
namespace {

/// Bytes that the layer wants to move between DRAM and the machine.
const StreamBytes& wanted(const Cost& of, Stream stream) {
  return of.traffic.at(TrafficMemory::Dram, stream);
}

/// Of all layers of a tensor's life, without it in the scratchpad and with it.
struct Savings {
  bool wants_less = false, wants_more = false;  ///< bytes of some operand of some layer
  std::int64_t not_read = 0, not_written = 0;   ///< bytes of all of them
  std::uint64_t moved_before = 0, moved_after = 0;
  std::uint64_t cycles_before = 0, cycles_after = 0;

  void add(const Cost& without, const Cost& with) {
    for (const Stream stream :
         {Stream::Ifmap, Stream::Weight, Stream::Bias, Stream::Requant, Stream::Ofmap}) {
      const StreamBytes& before = wanted(without, stream);
      const StreamBytes& after = wanted(with, stream);
      wants_less = wants_less || after.read < before.read || after.written < before.written;
      wants_more = wants_more || after.read > before.read || after.written > before.written;
      not_read += to_i64(before.read) - to_i64(after.read);
      not_written += to_i64(before.written) - to_i64(after.written);
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

/// Without packed taps, say, the rows of PEs that take several products are more.
void Compiler::State::place_longer_weights(std::size_t index, const Plan& plan) {
  const auto* before = std::get_if<ConvPlan>(&plans[index].cut);
  const auto* now = std::get_if<ConvPlan>(&plan.cut);
  if (before != nullptr && now != nullptr && !now->layer.weight_is_activation &&
      now->image.bytes > before->image.bytes) {
    addresses[index].weights = dram.allocate(now->image.bytes);
  }
}

/// Keeps the tensor if every layer of its life still finds a mapping beside it, and if that is
/// better: if all of them together move fewer bytes of DRAM, where these are the objective; else if
/// none wants a byte of any operand more than before and, with a clock, all of them together take
/// no cycle more.
bool Compiler::State::keep(const KeptTensor& tensor) {
  kept.push_back(tensor);
  std::map<std::size_t, Plan> with;
  std::map<std::size_t, Cost> costs_with;
  Savings savings;
  const std::vector<ConvAddresses> addresses_before = addresses;
  const std::uint64_t dram_before = dram.bytes();
  try {
    for (std::size_t i = tensor.producer; i <= tensor.last_reader; ++i) {
      if (std::holds_alternative<std::monostate>(plans[i].cut)) {
        continue;
      }
      if (!costs[i]) {
        costs[i] = cost(i, plans[i]);
      }
      const Plan& plan = with.emplace(i, best_of(i, cut(i))).first->second;
      place_longer_weights(i, plan);
      const Cost& now = costs_with.emplace(i, cost(i, plan)).first->second;
      savings.add(*costs[i], now);
      if (savings.wants_more && !counts_bytes()) {
        break;  // whatever the others do
      }
    }
  } catch (const MappingError&) {
    savings = {};  // a layer no longer fits beside it
  }
  if (!savings.worth_it(config.compiler.objective)) {
    kept.pop_back();
    addresses = addresses_before;
    dram.free_from(dram_before);
    return false;
  }
  for (auto& [index, plan] : with) {
    plans[index] = std::move(plan);
    costs[index] = costs_with.at(index);
  }
  reports.push_back({tensor, savings.not_read, savings.not_written});
  return true;
}

}  // namespace systole

#include "models/array/systolic_array.hpp"

#include <algorithm>
#include <utility>

#include "sim/network/packing.hpp"

namespace systole {

SystolicArray::SystolicArray(const sc_core::sc_module_name& name, const Clock& clock,
                             const ArrayConfig& config, std::unique_ptr<PeArray> pes,
                             Measurements& measurements)
    : ClockedModule{name, clock},
      config_{config},
      pes_{std::move(pes)},
      ifmap_(config.rows),
      weights_(config.cols),
      shadow_nonzeros_(config.rows),
      active_nonzeros_(config.rows),
      measurements_{measurements} {}

void SystolicArray::configure(const LayerRegisters& registers) {
  ifmap_format_ = registers.ifmap;
  weight_format_ = registers.weight;
}

void SystolicArray::tick() {
  ArrayInput input;
  OperandPair pair;
  if (operands->can_pop()) {
    pair = operands->pop();
    if (pair.ifmap.valid && pair.ifmap.swap) {
      active_nonzeros_ = shadow_nonzeros_;  // before the next fold's first weights, beside it
    }
    if (pair.weight.valid) {
      unpack_weights(pair.weight);
      input.weights = &weights_;
      input.weight_row = pair.weight.index;
    }
    if (pair.ifmap.valid) {
      unpack_ifmap(pair.ifmap);
      input.ifmap = &ifmap_;
      input.swap = pair.ifmap.swap;
      destinations_.push_back({pair.ifmap.acc_row, pair.ifmap.accumulate});
    }
    count(pair);
    if (pair.last_of_step) {
      const std::uint64_t latency = config_.rows + config_.cols - 1 + config_.extra_latency;
      step_leaving->push({now() + latency});
      if (pair.computing) {
        done_.push_back({pair.preload_entry, now() + latency - 1});
      }
    }
  }
  if (input.ifmap != nullptr || input.weights != nullptr || !destinations_.empty()) {
    ++measurements_.compute_cycles;
  }
  const bool stepped = input.ifmap != nullptr || input.weights != nullptr || !pes_->idle();
  const std::uint64_t overflows = pes_->overflows();
  const bool row_leaves = stepped && pes_->step(input, psums_);
  measurements_.events.add(Event::PsumOverflows, pes_->overflows() - overflows);
  if (row_leaves) {
    invariant(!destinations_.empty(), *this, "a result row without a destination");
    const Destination to = destinations_.front();
    destinations_.pop_front();
    const std::uint64_t due = now() + config_.extra_latency;
    leaving_.push_back({{psums_, to.row, to.accumulate}, due});
  }
  if (!leaving_.empty() && leaving_.front().due == now()) {
    results->push(std::move(leaving_.front().row));
    leaving_.pop_front();
  }
  if (!done_.empty() && done_.front().due == now()) {
    result_done->push({done_.front().entry});
    done_.pop_front();
  }
}

void SystolicArray::unpack_ifmap(const IfmapStep& step) {
  for (std::uint32_t r = 0; r < config_.rows; ++r) {
    ifmap_[r] = r < step.k
                    ? static_cast<std::int16_t>(unpack_element(step.bytes.data(), r, ifmap_format_))
                    : std::int16_t{0};
  }
}

void SystolicArray::unpack_weights(const WeightStep& step) {
  std::uint32_t nonzeros = 0;
  for (std::uint32_t c = 0; c < config_.cols; ++c) {
    const bool used = !step.zero && c < step.n;
    weights_[c] =
        used ? static_cast<std::int16_t>(unpack_element(step.bytes.data(), c, weight_format_))
             : std::int16_t{0};
    nonzeros += weights_[c] != 0 ? 1U : 0U;
  }
  shadow_nonzeros_[step.index] = nonzeros;
}

void SystolicArray::count(const OperandPair& pair) {
  EventCounts& events = measurements_.events;
  const std::uint64_t pes = std::uint64_t{config_.rows} * config_.cols;
  if (pair.ifmap.valid) {
    const std::uint64_t macs = std::uint64_t{pair.ifmap.k} * pair.ifmap.n;
    std::uint64_t nonzero = 0;
    for (std::uint32_t r = 0; r < pair.ifmap.k; ++r) {
      nonzero += ifmap_[r] != 0 ? active_nonzeros_[r] : 0U;
    }
    events.add(Event::Mac, macs);
    events.add(Event::MacZeroOperand, macs - nonzero);
    events.add(Event::MacPadding, pes - macs);
    // Each PE passes its ifmap on and registers a psum.
    events.add(Event::ArrayRegisterWriteBits,
               pes * (config_.activation_bits + config_.accumulator_bits));
  }
  if (pair.weight.valid) {
    // From array row to array row down to its own, then from shadow to active register.
    events.add(Event::ArrayRegisterWriteBits,
               (pair.weight.index + 2ULL) * config_.cols * config_.weight_bits);
    if (pair.weight.index == config_.rows - 1) {
      events.add(Event::Folds);
    }
  }
}

}  // namespace systole

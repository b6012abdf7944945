#include "models/vector/vector_unit.hpp"

#include <algorithm>
#include <utility>

#include "models/vector/element_wise.hpp"
#include "sim/network/packing.hpp"

namespace systole {

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, const Clock& clock,
                       const VectorUnitConfig& config, const Wire<Cause>& upstream,
                       const Wire<std::uint64_t>& completed, Measurements& measurements)
    : ClockedModule{name, clock},
      vector_{config.vector},
      array_rows_{config.array_rows},
      depthwise_{config.depthwise},
      upstream_{upstream},
      completed_{completed},
      measurements_{measurements} {}

void VectorUnit::tick() {
  if (started_ == completed_.read()) {
    current_.reset();
  }
  if (!current_ && commands->can_pop()) {
    start();
  }
  const bool here = current_.has_value();
  const bool wrote = write();
  const bool collected = collect();
  ask();
  Cause cause = upstream_.read();
  if (wrote || collected || now() < next_ask_) {
    cause = Cause::Busy;
  } else if (here) {
    cause = collected_ < asked_ ? Cause::WaitBank : Cause::Drain;
  }
  measurements_.ledger.book(LedgerUnit::Vector, cause);
}

void VectorUnit::start() {
  current_ = commands->pop();
  ++started_;
  asked_ = 0;
  collected_ = 0;
  operands_ = operand_plan(*current_->command);
  pace_ = pace_of(*current_->command, vector_, array_rows_);
  if (current_->is<DepthwiseCommand>()) {
    depthwise_.begin(current_->as<DepthwiseCommand>(), registers_);
  }
}

void VectorUnit::ask() {
  if (!current_ || asked_ == operands_.size() || now() < next_ask_ ||
      !scratchpad_read->can_push()) {
    return;
  }
  scratchpad_read->push({operands_[asked_].row});
  ++asked_;
  next_ask_ = now() + pace_.cycles_per_row();
}

bool VectorUnit::collect() {
  if (!scratchpad_data->can_pop()) {
    return false;
  }
  const RowData& data = scratchpad_data->front();
  const VectorOperand& operand = operands_[collected_];
  if (current_->is<PoolCommand>()) {
    combine_pool(data, operand.first);
  } else if (current_->is<DepthwiseCommand>()) {
    combine_depthwise(data, operand);
  } else {
    combine_add(data, operand.first);
  }
  scratchpad_data->drop();
  ++collected_;
  if (operand.last) {
    finish_row(operand);
  }
  return true;
}

void VectorUnit::combine_pool(const RowData& data, bool first) {
  const bool average = current_->as<PoolCommand>().average;
  taps_ = first ? 1 : taps_ + 1;
  partial_.resize(pace_.elements);
  for (std::uint32_t i = 0; i < pace_.elements; ++i) {
    const std::int64_t q = unpack_element(data.bytes.data(), i, registers_.ifmap);
    partial_[i] = first ? q : average ? partial_[i] + q : std::max(partial_[i], q);
  }
  if (!first) {
    measurements_.events.add(average ? Event::VectorAdd : Event::VectorCompare, pace_.elements);
  }
}

void VectorUnit::combine_add(const RowData& data, bool first) {
  partial_.resize(pace_.elements);
  for (std::uint32_t i = 0; i < pace_.elements; ++i) {
    const std::int32_t q = unpack_element(data.bytes.data(), i, registers_.ifmap);
    partial_[i] =
        first ? q : add_elements(static_cast<std::int32_t>(partial_[i]), q, registers_.add);
  }
  if (!first) {
    const bool multiplies = registers_.add.output.mode == RequantMode::MultiplierShift;
    measurements_.events.add(Event::VectorAdd, pace_.elements);
    measurements_.events.add(Event::VectorMultiply, multiplies ? 3ULL * pace_.elements : 0);
  }
}

void VectorUnit::combine_depthwise(const RowData& data, const VectorOperand& operand) {
  if (operand.constant) {
    depthwise_.take_constants(data.bytes.data());
    return;
  }
  measurements_.events.add(Event::PsumOverflows,
                           depthwise_.take_tap(data.bytes.data(), operand.first));
  measurements_.events.add(Event::VectorMac, pace_.elements);
  if (!operand.last) {
    return;
  }
  partial_.resize(pace_.elements);
  for (std::uint32_t i = 0; i < pace_.elements; ++i) {
    partial_[i] = depthwise_.result(i);
  }
  const bool multiplies = registers_.requant.mode != RequantMode::ShiftOnly;
  measurements_.events.add(Event::VectorMultiply, multiplies ? pace_.elements : 0);
  measurements_.events.add(Event::VectorAdd, pace_.elements);
}

void VectorUnit::finish_row(const VectorOperand& operand) {
  Result result;
  result.due = now() + vector_.latency;
  result.write.to = {LocalMemory::Scratchpad, operand.output_row};
  result.write.bytes.resize(packed_bytes(pace_.elements, registers_.ofmap.bits));
  result.write.entry = current_->entry;
  result.write.last = collected_ == operands_.size();
  for (std::uint32_t i = 0; i < pace_.elements; ++i) {
    std::int64_t value = partial_[i];
    if (current_->is<PoolCommand>()) {
      value = current_->as<PoolCommand>().average ? rounded_mean(value, taps_) : value;
      value = std::clamp<std::int64_t>(value, registers_.pool_clamp_min, registers_.pool_clamp_max);
    }
    pack_element(result.write.bytes.data(), i, registers_.ofmap, static_cast<std::int32_t>(value));
  }
  if (current_->is<PoolCommand>() && current_->as<PoolCommand>().average) {
    measurements_.events.add(Event::VectorMultiply,
                             pace_.elements);  // by the reciprocal of the count
  }
  results_.push_back(std::move(result));
}

bool VectorUnit::write() {
  if (results_.empty() || results_.front().due > now() || !scratchpad_write->can_push()) {
    return false;
  }
  scratchpad_write->push(std::move(results_.front().write));
  results_.pop_front();
  return true;
}

void VectorUnit::list_signals(SignalList& list) const {
  list.add_flag("command", [this] { return current_.has_value(); });
  list.add("rows_asked", 32, [this] { return asked_; });
  list.add("rows_collected", 32, [this] { return collected_; });
  list.add("results_waiting", 16, [this] { return results_.size(); });
}

}  // namespace systole

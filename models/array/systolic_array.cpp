#include "models/array/systolic_array.hpp"

#include <utility>

#include "sim/program/fold_timing.hpp"

namespace systole {
namespace {

/// Rows of the transposer of pixels: their number is that of the PEs that pixels run along.
std::uint32_t pixels_at_most(const ArrayConfig& config) {
  switch (config.dataflow) {
    case Dataflow::OutputStationary:
      return config.rows;
    case Dataflow::InputStationary:
      return config.cols;
    case Dataflow::WeightStationary:
      break;
  }
  return 0;
}

}  // namespace

SystolicArray::SystolicArray(const sc_core::sc_module_name& name, const Clock& clock,
                             const ArrayConfig& config, std::unique_ptr<PeArray> pes,
                             Measurements& measurements)
    : ClockedModule{name, clock},
      config_{config},
      pes_{std::move(pes)},
      ifmap_(std::size_t{config.rows} * products_per_pe(config, 1, 1)),
      weights_(std::size_t{config.cols} * products_per_pe(config, 1, 1)),
      ifmaps_{pixels_at_most(config), ifmap_.size()},
      channels_{config.dataflow == Dataflow::InputStationary ? ifmap_.size() : 0, config.cols},
      shadow_nonzeros_(ifmap_.size()),
      active_nonzeros_(ifmap_.size()),
      block_(config.cols),
      measurements_{measurements} {}

void SystolicArray::configure(const LayerRegisters& registers) {
  ifmap_format_ = registers.ifmap;
  weight_format_ = registers.weight;
  if (switching_) {
    switching_->begin_layer(registers);
  }
}

void SystolicArray::tick() {
  ArrayInput input;
  if (operands->can_pop()) {
    const OperandPair& pair = operands->front();
    input = take(pair);
    operands_taken_at_ = now();
    if (pair.last_of_step) {
      step_leaving->push({now() + cycles_to_leave(config_)});
      if (pair.computing && config_.dataflow == Dataflow::WeightStationary) {
        done_.push_back({pair.preload_entry, now() + cycles_to_leave(config_) - 1});
      }
    }
    operands->drop();
  }
  if (switching_) {
    switching_->enter(input, measurements_.events);
  }
  if (fold_inside(input)) {
    ++measurements_.compute_cycles;
  }
  const bool stepped = input.ifmap != nullptr || input.weights != nullptr || !pes_->idle();
  const std::uint64_t overflows = pes_->overflows();
  const bool row_leaves = stepped && pes_->step(input, psums_);
  if (stepped) {
    stepped_at_ = now();
    entered_ = input;
  }
  measurements_.events.add(Event::PsumOverflows, pes_->overflows() - overflows);
  if (row_leaves) {
    invariant(!destinations_.empty(), *this, "a result row without a destination");
    row_left_at_ = now();
    result();
  }
  send_results();
}

/// A fold is inside from its first operand to its last sum, or to its last row where the drain
/// counts.
bool SystolicArray::fold_inside(const ArrayInput& input) const {
  if (input.ifmap != nullptr || input.weights != nullptr) {
    return true;
  }
  return config_.dataflow == Dataflow::OutputStationary ? fold_open_ || now() < inside_until_
                                                        : !destinations_.empty();
}

/// A row has left the PEs.
void SystolicArray::result() {
  const Destination to = destinations_.front();
  const std::uint64_t due = now() + config_.extra_latency;
  switch (config_.dataflow) {
    case Dataflow::WeightStationary:
      row_left_index_ = to.row;
      leave(psums_, to.row, due, to, false);
      break;
    case Dataflow::InputStationary:
      row_left_index_ = to.column;
      psums_of_channel(to);
      break;
    case Dataflow::OutputStationary: {
      const std::uint32_t pixel = config_.rows - 1 - drained_;
      row_left_index_ = pixel;
      ++drained_;
      if (pixel < to.pixels) {
        leave(psums_, to.row + pixel, due, to, pixel == 0);
      }
      if (pixel != 0) {
        return;  // more rows of this fold follow
      }
      drained_ = 0;
      break;
    }
  }
  destinations_.pop_front();
}

/// The last channel of a block sends its pixels on their way, each with all channels.
void SystolicArray::psums_of_channel(const Destination& to) {
  block_[to.column] = psums_;
  if (!to.last_of_block) {
    return;
  }
  turned_.assign(config_.cols, 0);
  for (std::uint32_t pixel = 0; pixel < to.pixels; ++pixel) {
    for (std::uint32_t channel = 0; channel <= to.column; ++channel) {
      turned_[channel] = block_[channel][pixel];
    }
    leave(turned_, to.row + pixel, now() + 1 + config_.extra_latency, to,
          to.last && pixel + 1 == to.pixels);
  }
  invariant(leaving_.size() <= 3ULL * config_.cols + config_.extra_latency, *this,
            "more than three blocks of psums");
}

void SystolicArray::leave(const PsumRow& psums, std::uint32_t row, std::uint64_t due,
                          const Destination& to, bool last) {
  if (!leaving_.empty() || due > now()) {
    leaving_.push_back({{psums, row, to.accumulate}, due, last, to.entry});
    return;
  }
  ResultRow& result = results->push();  // without a detour
  result.psums = psums;
  result.row = row;
  result.accumulate = to.accumulate;
  note_last(last, to.entry);
}

void SystolicArray::note_last(bool last, std::uint32_t entry) {
  if (last) {
    done_.push_back({entry, now()});
  }
}

/// One row a cycle, in order.
void SystolicArray::send_results() {
  if (!leaving_.empty() && leaving_.front().due <= now()) {
    note_last(leaving_.front().last, leaving_.front().entry);
    results->push(std::move(leaving_.front().row));
    leaving_.pop_front();
  }
  if (!done_.empty() && done_.front().due == now()) {
    result_done->push({done_.front().entry});
    done_.pop_front();
  }
}

/// From the last operand of a step until its results have left the PEs and are with the
/// accumulators; output stationary without os_drain, until they are complete.
}  // namespace systole

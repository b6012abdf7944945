#include "models/array/systolic_array.hpp"

#include <algorithm>
#include <utility>

#include "sim/network/packing.hpp"

namespace systole {
namespace {

std::uint32_t nonzeros(const OperandRow& row) {
  return static_cast<std::uint32_t>(row.size()) -
         static_cast<std::uint32_t>(std::count(row.begin(), row.end(), std::int16_t{0}));
}

/// Elements of a scratchpad row, one after the other.
template <typename Body>
void for_each_element(const ByteRow& bytes, std::size_t first_byte, std::uint32_t first,
                      std::uint32_t count, ElementFormat format, Body body) {
  for (std::uint32_t i = 0; i < count; ++i) {
    body(i,
         static_cast<std::int16_t>(unpack_element(bytes.data() + first_byte, first + i, format)));
  }
}

/// The lanes of one vector, put together from its rows.
template <typename Body>
void for_each_lane(const IfmapStep& step, ElementFormat format, Body body) {
  const std::size_t row_bytes = step.bytes.size() / step.reads.size();
  std::size_t first_byte = 0;
  std::uint32_t lane = 0;
  for (const IfmapRead& read : step.reads) {
    for_each_element(step.bytes, first_byte, read.lane, read.count, format,
                     [&](std::uint32_t i, std::int16_t value) { body(lane + i, value); });
    lane += read.count;
    first_byte += row_bytes;
  }
}

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
      ifmaps_{pixels_at_most(config), config.rows},
      channels_{config.dataflow == Dataflow::InputStationary ? config.rows : 0, config.cols},
      ifmap_(std::size_t{config.rows} * products_per_pe(config, 1, 1)),
      weights_(std::size_t{config.cols} * products_per_pe(config, 1, 1)),
      shadow_nonzeros_(ifmap_.size()),
      active_nonzeros_(ifmap_.size()),
      block_(config.cols),
      measurements_{measurements} {}

void SystolicArray::configure(const LayerRegisters& registers) {
  ifmap_format_ = registers.ifmap;
  weight_format_ = registers.weight;
  if (switching_) {
    switching_->begin_layer(registers.ifmap.bits, registers.weight.bits);
  }
}

void SystolicArray::tick() {
  ArrayInput input;
  if (operands->can_pop()) {
    const OperandPair& pair = operands->front();
    input = take(pair);
    operands_taken_at_ = now();
    if (pair.last_of_step) {
      step_leaving->push({now() + cycles_to_leave()});
      if (pair.computing && config_.dataflow == Dataflow::WeightStationary) {
        done_.push_back({pair.preload_entry, now() + cycles_to_leave() - 1});
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

ArrayInput SystolicArray::take(const OperandPair& pair) {
  switch (config_.dataflow) {
    case Dataflow::OutputStationary:
      return take_output_stationary(pair);
    case Dataflow::InputStationary:
      return take_input_stationary(pair);
    case Dataflow::WeightStationary:
      break;
  }
  return take_weight_stationary(pair);
}

ArrayInput SystolicArray::take_weight_stationary(const OperandPair& pair) {
  ArrayInput input;
  if (pair.ifmap.valid && pair.ifmap.swap) {
    active_nonzeros_ = shadow_nonzeros_;  // before the next fold's first weights, beside it
  }
  if (pair.weight.valid) {
    unpack_weights(pair.weight);
    input.weights = &weights_;
    input.weight_row = pair.weight.index;
    input.products_per_pe = pair.weight.products_per_pe;
    count_shift(pair.weight.index, pair.weight.products_per_pe * weight_format_.bits);
  }
  if (pair.ifmap.valid) {
    const IfmapStep& ifmap = pair.ifmap;
    unpack_ifmap(ifmap);
    input.ifmap = &ifmap_;
    input.swap = ifmap.swap;
    input.products_per_pe = ifmap.products_per_pe;
    Destination to;
    to.row = ifmap.acc_row;
    to.accumulate = ifmap.accumulate;
    destinations_.push_back(to);
    count_products(std::uint64_t{ifmap.k} * ifmap.n, count_nonzero(ifmap.k), ifmap_format_.bits,
                   ifmap.products_per_pe);
  }
  return input;
}

ArrayInput SystolicArray::take_output_stationary(const OperandPair& pair) {
  ArrayInput input;
  const StreamStep& stream = pair.stream;
  if (stream.valid) {
    if (stream.new_block) {
      ifmaps_.turn();
    }
    ifmaps_.column(stream.column, ifmap_);
    unpack_weights(pair.weight);
    input.ifmap = &ifmap_;
    input.weights = &weights_;
    input.last = stream.last;
    fold_open_ = !stream.last;
    if (stream.last) {
      Destination to;
      to.row = stream.acc_row;
      to.entry = stream.preload_entry;
      to.accumulate = stream.accumulate;
      to.pixels = stream.pixels;
      destinations_.push_back(to);
      inside_until_ =
          now() + config_.rows + config_.cols - 1 + (config_.os_drain ? config_.rows : 0);
      count_drain();
    }
    count_products(std::uint64_t{stream.pixels} * stream.n,
                   std::uint64_t{nonzeros(ifmap_)} * nonzeros(weights_),
                   ifmap_format_.bits + weight_format_.bits);
  }
  if (pair.ifmap.valid) {
    const std::size_t row_bytes = pair.ifmap.bytes.size() / pair.ifmap.reads.size();
    std::size_t pixel = pair.ifmap.index;
    std::size_t first_byte = 0;
    for (const IfmapRead& read : pair.ifmap.reads) {
      for_each_element(pair.ifmap.bytes, first_byte, read.lane, read.count, ifmap_format_,
                       [&](std::uint32_t i, std::int16_t value) { ifmaps_.put(pixel, i, value); });
      ++pixel;
      first_byte += row_bytes;
    }
  }
  return input;
}

ArrayInput SystolicArray::take_input_stationary(const OperandPair& pair) {
  ArrayInput input;
  const StreamStep& stream = pair.stream;
  if (stream.valid) {
    if (stream.new_block) {
      channels_.turn();
    }
    if (stream.swap) {
      active_nonzeros_ = shadow_nonzeros_;
    }
    channels_.column(stream.column, ifmap_);
    input.ifmap = &ifmap_;
    input.swap = stream.swap;
    Destination to;
    to.row = stream.acc_row;
    to.entry = stream.preload_entry;
    to.accumulate = stream.accumulate;
    to.last = stream.last_of_fold;
    to.pixels = stream.pixels;
    to.column = stream.column;
    to.last_of_block = stream.last;
    destinations_.push_back(to);
    count_products(std::uint64_t{stream.k} * stream.pixels, count_nonzero(stream.k),
                   weight_format_.bits);
  }
  if (stream.shift) {
    if (stream.shift_row == config_.rows - 1) {
      ifmaps_.turn();
    }
    ifmaps_.column(stream.shift_row, weights_);
    shadow_nonzeros_[stream.shift_row] = nonzeros(weights_);
    input.weights = &weights_;
    input.weight_row = stream.shift_row;
    count_shift(stream.shift_row, ifmap_format_.bits);
  }
  if (pair.ifmap.valid) {
    for_each_lane(pair.ifmap, ifmap_format_, [&](std::uint32_t lane, std::int16_t value) {
      ifmaps_.put(pair.ifmap.index, lane, value);
    });
  }
  if (pair.weight.valid) {
    transpose_weights(pair.weight);
  }
  return input;
}

void SystolicArray::transpose_weights(const WeightStep& step) {
  const std::size_t row_bytes = step.bytes.size() / step.rows;
  for (std::uint32_t i = 0; i < step.rows; ++i) {
    for_each_element(step.bytes, i * row_bytes, 0, step.n, weight_format_,
                     [&](std::uint32_t channel, std::int16_t value) {
                       channels_.put(step.index + i, channel, value);
                     });
  }
}

void SystolicArray::unpack_ifmap(const IfmapStep& step) {
  std::fill(ifmap_.begin(), ifmap_.end(), std::int16_t{0});
  const std::size_t row_bytes = step.bytes.size() / step.reads.size();
  const std::uint8_t* row = step.bytes.data();
  std::int16_t* lane = ifmap_.data();
  for (const IfmapRead& read : step.reads) {
    unpack_elements(row, read.lane, read.count, ifmap_format_, lane);
    lane += read.count;
    row += row_bytes;
  }
}

void SystolicArray::unpack_weights(const WeightStep& step) {
  std::fill(weights_.begin(), weights_.end(), std::int16_t{0});
  if (!step.zero) {
    for (std::uint32_t p = 0; p < step.products_per_pe; ++p) {
      unpack_elements(step.bytes.data(), std::size_t{p} * step.n, step.n, weight_format_,
                      weights_.data() + std::size_t{p} * config_.cols);
    }
  }
  for (std::uint32_t p = 0; p < step.products_per_pe; ++p) {
    const auto first = weights_.begin() + std::ptrdiff_t{p} * config_.cols;
    shadow_nonzeros_[step.index * step.products_per_pe + p] =
        config_.cols -
        static_cast<std::uint32_t>(std::count(first, first + config_.cols, std::int16_t{0}));
  }
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
std::uint64_t SystolicArray::cycles_to_leave() const {
  const bool drains = config_.dataflow == Dataflow::OutputStationary &&
                      (config_.os_drain || config_.overlap == Overlap::Full);
  return config_.rows + config_.cols - 1 + config_.extra_latency + (drains ? config_.rows : 0);
}

/// Products of the vector at the left edge with stationary operands that are not zero.
std::uint64_t SystolicArray::count_nonzero(std::uint32_t k) const {
  std::uint64_t nonzero = 0;
  for (std::uint32_t r = 0; r < k; ++r) {
    nonzero += ifmap_[r] != 0 ? active_nonzeros_[r] : 0U;
  }
  return nonzero;
}

/// Each PE passes on what streams, `passed_bits` for each product, and registers a psum.
void SystolicArray::count_products(std::uint64_t macs, std::uint64_t nonzero,
                                   std::uint32_t passed_bits, std::uint32_t products_per_pe) {
  EventCounts& events = measurements_.events;
  const std::uint64_t pes = std::uint64_t{config_.rows} * config_.cols;
  events.add(Event::Mac, macs);
  events.add(Event::MacZeroOperand, macs - nonzero);
  events.add(Event::MacPadding, products_per_pe * pes - macs);
  events.add(Event::ArrayRegisterWriteBits,
             pes * (products_per_pe * passed_bits + config_.accumulator_bits));
}

/// A row of the stationary operand: from array row to array row down to its own, then from shadow
/// to active register.
void SystolicArray::count_shift(std::uint32_t row, std::uint32_t bits) {
  measurements_.events.add(Event::ArrayRegisterWriteBits, (row + 2ULL) * config_.cols * bits);
  if (row == config_.rows - 1) {
    measurements_.events.add(Event::Folds);
  }
}

/// The sums of a fold: into the shadow registers, and from array row to array row down to the last.
void SystolicArray::count_drain() {
  const std::uint64_t moves = std::uint64_t{config_.rows} * (config_.rows + 1ULL) / 2;
  measurements_.events.add(Event::ArrayRegisterWriteBits,
                           moves * config_.cols * config_.accumulator_bits);
  measurements_.events.add(Event::Folds);
}

}  // namespace systole

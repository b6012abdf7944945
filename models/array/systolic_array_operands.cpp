// What operands do on their way into the PEs, and what is counted of them.
#include <algorithm>

#include "models/array/systolic_array.hpp"
#include "sim/network/ceil_div.hpp"
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

/// The lanes of one vector, put together from its rows, each of which starts with a PE of its own.
template <typename Body>
void for_each_lane(const IfmapStep& step, ElementFormat format, Body body) {
  const std::size_t row_bytes = step.bytes.size() / step.reads.size();
  std::size_t first_byte = 0;
  std::uint32_t lane = 0;
  for (const IfmapRead& read : step.reads) {
    for_each_element(step.bytes, first_byte, read.lane, read.count, format,
                     [&](std::uint32_t i, std::int16_t value) { body(lane + i, value); });
    lane += round_up(read.count, step.products_per_pe);
    first_byte += row_bytes;
  }
}

}  // namespace

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
    count_products(std::uint64_t{ifmap.k} * ifmap.n, count_nonzero(), ifmap_format_.bits,
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
    take_column(stream);
    unpack_weights(pair.weight);
    input.products_per_pe = stream.products_per_pe;
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
    count_products(std::uint64_t{stream.pixels} * stream.n * stream.k,
                   count_nonzero_pairs(stream.products_per_pe),
                   ifmap_format_.bits + weight_format_.bits, stream.products_per_pe);
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
    input.products_per_pe = stream.products_per_pe;
    Destination to;
    to.row = stream.acc_row;
    to.entry = stream.preload_entry;
    to.accumulate = stream.accumulate;
    to.last = stream.last_of_fold;
    to.pixels = stream.pixels;
    to.column = stream.column;
    to.last_of_block = stream.last;
    destinations_.push_back(to);
    count_products(std::uint64_t{stream.k} * stream.pixels, count_nonzero(), weight_format_.bits,
                   stream.products_per_pe);
  }
  if (stream.shift) {
    if (stream.shift_row == config_.rows - 1) {
      ifmaps_.turn();
    }
    take_pixels(stream);
    input.weights = &weights_;
    input.weight_row = stream.shift_row;
    input.products_per_pe = stream.products_per_pe;
    count_shift(stream.shift_row, stream.products_per_pe * ifmap_format_.bits);
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
    for (std::uint32_t p = 0; p < step.products_per_pe; ++p) {
      const std::uint32_t product = (step.index + i) * step.products_per_pe + p;
      for_each_element(step.bytes, i * row_bytes, p * step.n, step.n, weight_format_,
                       [&](std::uint32_t channel, std::int16_t value) {
                         channels_.put(product, channel, value);
                       });
    }
  }
}

/// Output stationary: the next product of all pixels, or the next ones, those of a pixel side by
/// side.
void SystolicArray::take_column(const StreamStep& stream) {
  if (config_.pe == PeKind::Fixed) {
    ifmaps_.column(stream.column, ifmap_);
    return;
  }
  const std::uint32_t at_once = stream.products_per_pe;
  for (std::uint32_t p = 0; p < at_once; ++p) {
    ifmaps_.column(std::size_t{stream.column} * at_once + p, column_);
    for (std::size_t pixel = 0; pixel < column_.size(); ++pixel) {
      ifmap_[pixel * at_once + p] = column_[pixel];
    }
  }
}

/// Input stationary: what of all pixels is for one array row.
void SystolicArray::take_pixels(const StreamStep& stream) {
  const std::uint32_t at_once = stream.products_per_pe;
  for (std::uint32_t p = 0; p < at_once; ++p) {
    const std::size_t product = std::size_t{stream.shift_row} * at_once + p;
    ifmaps_.column(product, column_);
    std::copy(column_.begin(), column_.end(), weights_.begin() + std::ptrdiff_t{p} * config_.cols);
    shadow_nonzeros_[product] = nonzeros(column_);
  }
}

void SystolicArray::unpack_ifmap(const IfmapStep& step) {
  std::fill(ifmap_.begin(), ifmap_.end(), std::int16_t{0});
  const std::size_t row_bytes = step.bytes.size() / step.reads.size();
  const std::uint8_t* row = step.bytes.data();
  std::int16_t* lane = ifmap_.data();
  for (const IfmapRead& read : step.reads) {
    unpack_elements(row, read.lane, read.count, ifmap_format_, lane);
    lane += round_up(read.count, step.products_per_pe);
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

/// Products of the vector at the left edge with stationary operands, neither being zero. Of lanes
/// beyond the fold's products one of them is.
std::uint64_t SystolicArray::count_nonzero() const {
  std::uint64_t nonzero = 0;
  for (std::size_t r = 0; r < ifmap_.size(); ++r) {
    nonzero += ifmap_[r] != 0 ? active_nonzeros_[r] : 0U;
  }
  return nonzero;
}

/// The same of the operands at both edges.
std::uint64_t SystolicArray::count_nonzero_pairs(std::uint32_t products_per_pe) const {
  std::uint64_t nonzero = 0;
  for (std::uint32_t p = 0; p < products_per_pe; ++p) {
    std::uint64_t pixels = 0;
    for (std::size_t r = 0; r < config_.rows; ++r) {
      pixels += ifmap_[r * products_per_pe + p] != 0 ? 1U : 0U;
    }
    const auto first = weights_.begin() + std::ptrdiff_t{p} * config_.cols;
    nonzero += pixels * (config_.cols - static_cast<std::uint64_t>(std::count(
                                            first, first + config_.cols, std::int16_t{0})));
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

#include "models/array/switching_activity.hpp"

#include <algorithm>
#include <bitset>

namespace systole {
namespace {

std::uint64_t distance(std::int64_t a, std::int64_t b, std::uint32_t bits) {
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - bits);
  return std::bitset<64>{static_cast<std::uint64_t>(a ^ b) & mask}.count();
}

/// Writes the register; the bits that toggled.
std::uint64_t write(std::int64_t& to, std::int64_t value, std::uint32_t bits) {
  const std::uint64_t toggled = distance(to, value, bits);
  to = value;
  return toggled;
}

template <typename Value>
std::uint32_t nonzeros(const Value* values, std::size_t count) {
  return static_cast<std::uint32_t>(
      std::count_if(values, values + count, [](Value value) { return value != 0; }));
}

}  // namespace

SwitchingActivity::SwitchingActivity(const ArrayConfig& config)
    : rows_{config.rows},
      cols_{config.cols},
      dataflow_{config.dataflow},
      psum_format_{config.accumulator_bits, config.overflow} {
  begin_layer(config.activation_bits, config.weight_bits);
}

void SwitchingActivity::begin_layer(std::uint32_t activation_bits, std::uint32_t weight_bits) {
  activation_bits_ = activation_bits;
  weight_bits_ = weight_bits;
  const std::size_t pes = std::size_t{rows_} * cols_;
  left_.assign(rows_, 0);
  top_.assign(cols_, 0);
  shadow_.assign(pes, 0);
  active_.assign(pes, 0);
  psums_.assign(pes, 0);
  nonzeros_.assign(rows_, 0);
  first_product_ = true;
}

void SwitchingActivity::enter(const ArrayInput& input, EventCounts& events) {
  left_toggles_ = top_toggles_ = psum_toggles_ = drain_toggles_ = multiplier_toggles_ = 0;
  if (dataflow_ == Dataflow::OutputStationary) {
    if (input.ifmap != nullptr) {
      product(*input.ifmap, *input.weights, input.last);
    }
  } else {
    if (input.ifmap != nullptr) {
      if (input.swap) {
        activate();  // the weights beside it are of the next fold
      }
      stream(*input.ifmap);
    }
    if (input.weights != nullptr) {
      shift_stationary(*input.weights, input.weight_row);
    }
  }
  const bool swapped = dataflow_ == Dataflow::InputStationary;
  events.add(Event::IfmapToggles, swapped ? top_toggles_ : left_toggles_);
  events.add(Event::WeightToggles, swapped ? left_toggles_ : top_toggles_);
  events.add(Event::PsumToggles, psum_toggles_);
  events.add(Event::DrainToggles, drain_toggles_);
  events.add(Event::MultiplierToggles, multiplier_toggles_);
}

/// Operands for array row `row` enter at the top, and those already inside move down by one.
void SwitchingActivity::shift_stationary(const OperandRow& operands, std::uint32_t row) {
  const std::uint32_t bits =
      dataflow_ == Dataflow::InputStationary ? activation_bits_ : weight_bits_;
  for (std::size_t r = rows_ - row; r-- > 0;) {
    for (std::size_t c = 0; c < cols_; ++c) {
      const std::int64_t value = r == 0 ? operands[c] : shadow_[(r - 1) * cols_ + c];
      top_toggles_ += write(shadow_[r * cols_ + c], value, bits);
    }
  }
}

void SwitchingActivity::activate() {
  const std::uint32_t bits =
      dataflow_ == Dataflow::InputStationary ? activation_bits_ : weight_bits_;
  for (std::size_t pe = 0; pe < active_.size(); ++pe) {
    top_toggles_ += write(active_[pe], shadow_[pe], bits);
  }
  for (std::size_t r = 0; r < rows_; ++r) {
    nonzeros_[r] = nonzeros(active_.data() + r * cols_, cols_);
  }
}

void SwitchingActivity::stream(const OperandRow& vector) {
  const std::uint32_t bits =
      dataflow_ == Dataflow::InputStationary ? weight_bits_ : activation_bits_;
  for (std::size_t r = 0; r < rows_; ++r) {
    const std::uint64_t toggled = write(left_[r], vector[r], bits);
    left_toggles_ += cols_ * toggled;
    multiplier_toggles_ += nonzeros_[r] * toggled;
  }
  std::uint64_t overflows = 0;  // counted elsewhere
  for (std::size_t c = 0; c < cols_; ++c) {
    std::int64_t psum = 0;
    for (std::size_t r = 0; r < rows_; ++r) {
      const std::size_t pe = r * cols_ + c;
      psum = add_psum(psum, active_[pe] * vector[r], psum_format_, overflows);
      psum_toggles_ += write(psums_[pe], psum, psum_format_.bits);
    }
  }
}

void SwitchingActivity::product(const OperandRow& ifmap, const OperandRow& weights, bool last) {
  const std::uint32_t weights_there = nonzeros(weights.data(), cols_);
  for (std::size_t r = 0; r < rows_; ++r) {
    const std::uint64_t toggled = write(left_[r], ifmap[r], activation_bits_);
    left_toggles_ += cols_ * toggled;
    multiplier_toggles_ += weights_there * toggled;
  }
  const std::uint32_t ifmaps_there = nonzeros(ifmap.data(), rows_);
  for (std::size_t c = 0; c < cols_; ++c) {
    const std::uint64_t toggled = write(top_[c], weights[c], weight_bits_);
    top_toggles_ += rows_ * toggled;
    multiplier_toggles_ += ifmaps_there * toggled;
  }
  std::uint64_t overflows = 0;  // counted elsewhere
  for (std::size_t r = 0; r < rows_; ++r) {
    for (std::size_t c = 0; c < cols_; ++c) {
      std::int64_t& psum = psums_[r * cols_ + c];
      const std::int64_t sum = add_psum(
          first_product_ ? 0 : psum, std::int64_t{ifmap[r]} * weights[c], psum_format_, overflows);
      psum_toggles_ += write(psum, sum, psum_format_.bits);
    }
  }
  first_product_ = last;
  if (last) {
    drain();
  }
}

/// The sums into the shadow registers, then down by one array row a cycle: the last leaves first.
void SwitchingActivity::drain() {
  for (std::size_t pe = 0; pe < psums_.size(); ++pe) {
    drain_toggles_ += write(shadow_[pe], psums_[pe], psum_format_.bits);
  }
  for (std::size_t left = 1; left < rows_; ++left) {
    for (std::size_t r = rows_; r-- > left;) {
      for (std::size_t c = 0; c < cols_; ++c) {
        drain_toggles_ +=
            write(shadow_[r * cols_ + c], shadow_[(r - 1) * cols_ + c], psum_format_.bits);
      }
    }
  }
}

}  // namespace systole

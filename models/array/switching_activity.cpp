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
  LayerRegisters registers;
  registers.ifmap.bits = static_cast<std::uint8_t>(config.activation_bits);
  registers.weight.bits = static_cast<std::uint8_t>(config.weight_bits);
  begin_layer(registers);
}

void SwitchingActivity::begin_layer(const LayerRegisters& registers) {
  activation_bits_ = registers.ifmap.bits;
  weight_bits_ = registers.weight.bits;
  at_once_ = registers.products_per_pe;
  const std::size_t pes = rows_ * cols_;
  left_.assign(rows_ * at_once_, 0);
  top_.assign(cols_ * at_once_, 0);
  shadow_.assign(pes * at_once_, 0);
  active_.assign(pes * at_once_, 0);
  psums_.assign(pes, 0);
  nonzeros_.assign(left_.size(), 0);
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
  const std::size_t width = at_once_ * cols_;
  for (std::size_t r = rows_ - row; r-- > 0;) {
    for (std::size_t i = 0; i < width; ++i) {
      const std::int64_t value = r == 0 ? operands[i] : shadow_[(r - 1) * width + i];
      top_toggles_ += write(shadow_[r * width + i], value, bits);
    }
  }
}

void SwitchingActivity::activate() {
  const std::uint32_t bits =
      dataflow_ == Dataflow::InputStationary ? activation_bits_ : weight_bits_;
  for (std::size_t pe = 0; pe < active_.size(); ++pe) {
    top_toggles_ += write(active_[pe], shadow_[pe], bits);
  }
  for (std::size_t lane = 0; lane < nonzeros_.size(); ++lane) {
    nonzeros_[lane] = nonzeros(active_.data() + lane * cols_, cols_);
  }
}

void SwitchingActivity::stream(const OperandRow& vector) {
  const std::uint32_t bits =
      dataflow_ == Dataflow::InputStationary ? weight_bits_ : activation_bits_;
  for (std::size_t lane = 0; lane < left_.size(); ++lane) {
    const std::uint64_t toggled = write(left_[lane], vector[lane], bits);
    left_toggles_ += cols_ * toggled;
    multiplier_toggles_ += nonzeros_[lane] * toggled;
  }
  std::uint64_t overflows = 0;  // counted elsewhere
  for (std::size_t c = 0; c < cols_; ++c) {
    std::int64_t psum = 0;
    for (std::size_t r = 0; r < rows_; ++r) {
      std::int64_t products = 0;
      for (std::size_t lane = r * at_once_; lane < (r + 1) * at_once_; ++lane) {
        products += active_[lane * cols_ + c] * vector[lane];
      }
      psum = add_psum(psum, products, psum_format_, overflows);
      psum_toggles_ += write(psums_[r * cols_ + c], psum, psum_format_.bits);
    }
  }
}

void SwitchingActivity::product(const OperandRow& ifmap, const OperandRow& weights, bool last) {
  for (std::size_t p = 0; p < at_once_; ++p) {
    const std::uint32_t weights_there = nonzeros(weights.data() + p * cols_, cols_);
    std::uint32_t ifmaps_there = 0;
    for (std::size_t lane = p; lane < left_.size(); lane += at_once_) {
      const std::uint64_t toggled = write(left_[lane], ifmap[lane], activation_bits_);
      left_toggles_ += cols_ * toggled;
      multiplier_toggles_ += weights_there * toggled;
      ifmaps_there += ifmap[lane] != 0 ? 1U : 0U;
    }
    for (std::size_t i = p * cols_; i < (p + 1) * cols_; ++i) {
      const std::uint64_t toggled = write(top_[i], weights[i], weight_bits_);
      top_toggles_ += rows_ * toggled;
      multiplier_toggles_ += ifmaps_there * toggled;
    }
  }
  std::uint64_t overflows = 0;  // counted elsewhere
  for (std::size_t r = 0; r < rows_; ++r) {
    for (std::size_t c = 0; c < cols_; ++c) {
      std::int64_t products = 0;
      for (std::size_t p = 0; p < at_once_; ++p) {
        products += std::int64_t{ifmap[r * at_once_ + p]} * weights[p * cols_ + c];
      }
      std::int64_t& psum = psums_[r * cols_ + c];
      const std::int64_t sum =
          add_psum(first_product_ ? 0 : psum, products, psum_format_, overflows);
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

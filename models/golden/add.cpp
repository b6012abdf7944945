// Sums, differences and products, element by element.

#include <algorithm>

#include "models/golden/binary32.hpp"
#include "models/golden/element_wise.hpp"
#include "models/golden/fixed_point.hpp"
#include "models/golden/operators.hpp"
#include "models/golden/requantize.hpp"
#include "models/golden/wrap.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

// One operand, its zero point off, on the sum's common scale.
class OperandScaler {
 public:
  OperandScaler(const OperandScaler&) = delete;  // scale_ refers to requant_
  OperandScaler(const Add& op, std::size_t index, bool negated = false)
      : zero_point_{op.input_zero_point[index]},
        requant_{constants(op, index)},
        scale_{requant_},
        negated_{negated} {
    const bool shift_only = op.output.mode == RequantMode::ShiftOnly;
    left_shift_ = shift_only ? 0 : op.left_shift;
    if (left_shift_ < 0 || left_shift_ > 31) {
      throw Refusal{"add: left_shift is outside 0..31"};
    }
    if (shift_only && op.input[index].exponent < 0) {
      throw Refusal{"add: operands of a shift_only sum are shifted left only"};
    }
    check(requant_, 1);
  }

  std::int32_t operator()(std::int32_t q) const {
    const std::int32_t raised = shift_left_wrapping(subtract_wrapping(q, zero_point_), left_shift_);
    if (negated_) {
      return multiply_by_quantized(raised,
                                   {-requant_.multiplier.front(), requant_.exponent.front()});
    }
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(scale_(raised)));
  }

 private:
  static Requantizer constants(const Add& op, std::size_t index) {
    Requantizer requant = op.output;
    requant.multiplier = {op.input[index].multiplier};
    requant.exponent = {op.input[index].exponent};
    return requant;
  }

  std::int32_t left_shift_ = 0;
  std::int32_t zero_point_;
  Requantizer requant_;  // the output's mode, variant and rounding with the operand's constants
  LayerScale scale_;
  bool negated_;  // the multiplier is
};

// A FloatScale sum, or difference if `sign` is -1.
TensorData binary32_terms(const Add& op, const Operand& first, const Operand& second,
                          const Shape& ofmap, std::int64_t sign) {
  check(op.output, 1);
  check_scales(op.input_scale.begin(), op.input_scale.end());
  const Binary32 scale_first = to_binary32(op.input_scale[0]);
  const Binary32 scale_second = to_binary32(op.input_scale[1]);
  const Binary32 scale_sum = to_binary32(op.output.scale.front());
  return element_wise(first, second, ofmap, [&](std::int64_t a, std::int64_t b) {
    const Binary32 left = product(to_binary32(a - op.input_zero_point[0]), scale_first);
    const Binary32 right = product(to_binary32(sign * (b - op.input_zero_point[1])), scale_second);
    const std::int64_t value =
        to_integer(product(sum(left, right), scale_sum)) + op.output.zero_point;
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(value, op.output.clamp_min, op.output.clamp_max));
  });
}

template <typename Combine>
TensorData scaled_terms(const Add& op, const Operand& first, const Operand& second,
                        const Shape& ofmap, const Combine& combine, bool negate_second = false) {
  const OperandScaler scale_first{op, 0};
  const OperandScaler scale_second{op, 1, negate_second};
  check(op.output, 1);
  const LayerScale scale_sum{op.output};
  return element_wise(first, second, ofmap, [&](std::int32_t a, std::int32_t b) {
    const std::int64_t scaled = scale_sum(combine(scale_first(a), scale_second(b)));
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(
        scaled + op.output.zero_point, op.output.clamp_min, op.output.clamp_max));
  });
}

}  // namespace

TensorData add(const Add& op, const Operand& first, const Operand& second, const Shape& ofmap) {
  return op.output.mode == RequantMode::FloatScale
             ? binary32_terms(op, first, second, ofmap, 1)
             : scaled_terms(op, first, second, ofmap, add_wrapping);
}

// PrepareGeneralSubOp of TensorFlow Lite (kernels/sub.cc) negates the multiplier of uint8.
TensorData sub(const Sub& op, const Operand& first, const Operand& second, const Shape& ofmap) {
  if (op.terms.output.mode == RequantMode::FloatScale) {
    return binary32_terms(op.terms, first, second, ofmap, -1);
  }
  if (!second.tensor.format.is_signed && is_tflite(op.terms.output)) {
    return scaled_terms(op.terms, first, second, ofmap, add_wrapping, /*negate_second=*/true);
  }
  return scaled_terms(op.terms, first, second, ofmap, subtract_wrapping);
}

// SquaredDifference of TensorFlow Lite Micro (kernels/squared_difference.cc).
TensorData squared_difference(const SquaredDifference& op, const Operand& first,
                              const Operand& second, const Shape& ofmap) {
  return scaled_terms(op.terms, first, second, ofmap, [](std::int32_t a, std::int32_t b) {
    const auto difference = static_cast<std::uint32_t>(subtract_wrapping(a, b));
    return static_cast<std::int32_t>(difference * difference);
  });
}

TensorData mul(const Mul& op, const Operand& first, const Operand& second, const Shape& ofmap) {
  check(op.output, 1);
  return element_wise(first, second, ofmap, [&](std::int32_t a, std::int32_t b) {
    const auto left = static_cast<std::uint32_t>(subtract_wrapping(a, first.tensor.zero_point));
    const auto right = static_cast<std::uint32_t>(subtract_wrapping(b, second.tensor.zero_point));
    return requantize(static_cast<std::int32_t>(left * right), 0, op.output);
  });
}

}  // namespace systole::golden

#include <stdexcept>

#include "models/golden/operators.hpp"
#include "models/golden/requantize.hpp"
#include "models/golden/wrap.hpp"

namespace systole::golden {
namespace {

// One operand, its zero point off, on the sum's common scale.
class OperandScaler {
 public:
  OperandScaler(const Add& op, std::size_t index)
      : zero_point_{op.input_zero_point[index]}, requant_{op.output} {
    const QuantizedMultiplier q = op.input[index];
    const bool shift_only = op.output.mode == RequantMode::ShiftOnly;
    left_shift_ = shift_only ? 0 : op.left_shift;
    if (left_shift_ < 0 || left_shift_ > 31) {
      throw std::invalid_argument{"add: left_shift is outside 0..31"};
    }
    if (shift_only && q.exponent < 0) {
      throw std::invalid_argument{"add: operands of a shift_only sum are shifted left only"};
    }
    requant_.multiplier = {q.multiplier};
    requant_.exponent = {q.exponent};
    check(requant_, 1);
  }

  std::int32_t operator()(std::int32_t q) const {
    const std::int32_t raised = shift_left_wrapping(subtract_wrapping(q, zero_point_), left_shift_);
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(scale(raised, 0, requant_)));
  }

 private:
  std::int32_t left_shift_ = 0;
  std::int32_t zero_point_;
  Requantizer requant_;  // the output's mode, variant and rounding with the operand's constants
};

}  // namespace

TensorData add(const Add& op, const Operand& first, const Operand& second) {
  if (first.data.size() != second.data.size()) {
    throw std::invalid_argument{"add: operands differ in size"};
  }
  const OperandScaler scale_first{op, 0};
  const OperandScaler scale_second{op, 1};
  check(op.output, 1);
  TensorData result(first.data.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int32_t sum = add_wrapping(scale_first(first.data[i]), scale_second(second.data[i]));
    result[i] = requantize(sum, 0, op.output);
  }
  return result;
}

}  // namespace systole::golden

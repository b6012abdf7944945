// Operators of one input that treat every element alike, and softmax.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "models/golden/element_wise.hpp"
#include "models/golden/fixed_point.hpp"
#include "models/golden/operators.hpp"
#include "models/golden/requantize.hpp"
#include "models/golden/wrap.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

template <typename Map>
TensorData for_each_element(const TensorData& data, const Map& map) {
  TensorData result(data.size());
  std::transform(data.begin(), data.end(), result.begin(), map);
  return result;
}

std::int32_t clamp_to(ElementFormat format, std::int64_t value) {
  return static_cast<std::int32_t>(std::clamp(value, format.min(), format.max()));
}

void require_exponent(QuantizedMultiplier q, std::int32_t least) {
  if (q.exponent < least || q.exponent > 30) {
    throw Refusal{"the multiplier's exponent is outside " + std::to_string(least) + "..30"};
  }
}

// Probabilities, Q0.31 / 2^23, start at the least integer of the format.
std::int32_t probability(std::int32_t q31, std::int32_t bits, ElementFormat format) {
  return clamp_to(format, divide_by_power_of_two(q31, bits) + format.min());
}

std::int32_t leading_zeros(std::int32_t value) {
  std::int32_t count = 0;
  for (auto bits = static_cast<std::uint32_t>(value); (bits & 0x80000000U) == 0 && count < 32;
       bits <<= 1U) {
    ++count;
  }
  return count;
}

// One row of softmax: exponentials in Q0.31, their sum in Q12.19, its reciprocal by Newton.
class SoftmaxRow {
 public:
  SoftmaxRow(const Softmax& op, ElementFormat format) : op_{op}, format_{format} {
    require_exponent(op.input, 0);
  }

  void run(const std::int32_t* in, std::int32_t* out, std::size_t count) {
    const std::int32_t largest = *std::max_element(in, in + count);
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (const std::int32_t below = in[i] - largest; below >= op_.diff_min) {
        sum = add_wrapping(sum, divide_by_power_of_two(exponential(below), kSumIntegerBits));
      }
    }
    const std::int32_t headroom = leading_zeros(sum);
    const auto normalized = static_cast<std::int32_t>(
        (static_cast<std::uint32_t>(sum) << static_cast<std::uint32_t>(headroom)) - 0x80000000U);
    const std::int32_t reciprocal = one_over_one_plus_x(normalized);
    const std::int32_t bits = kSumIntegerBits - headroom + kProbabilityBits;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t below = in[i] - largest;
      out[i] =
          below < op_.diff_min
              ? clamp_to(format_, format_.min())
              : probability(doubling_high_multiply(reciprocal, exponential(below)), bits, format_);
    }
  }

 private:
  static constexpr std::int32_t kSumIntegerBits = 12;
  static constexpr std::int32_t kProbabilityBits = 23;

  std::int32_t exponential(std::int32_t below) const {
    constexpr std::int32_t kIntegerBits = 5;
    return exp_on_negative_values(multiply_by_quantized(below, op_.input), kIntegerBits);
  }

  const Softmax& op_;
  const ElementFormat format_;
};

}  // namespace

TensorData softmax(const Softmax& op, const Operand& input, const Tensor& output) {
  const Shape& shape = input.tensor.shape;
  if (shape.empty() || shape.back() < 1) {
    throw Refusal{"softmax: the input has no rows"};
  }
  TensorData result(input.data.size());
  const auto count = static_cast<std::size_t>(shape.back());
  SoftmaxRow row{op, output.format};
  for (std::size_t first = 0; first < result.size(); first += count) {
    row.run(&input.data[first], &result[first], count);
  }
  return result;
}

TensorData logistic(const Logistic& op, const Operand& input, const Tensor& output) {
  require_exponent(op.input, -31);
  constexpr std::int32_t kIntegerBits = 4;
  constexpr std::int32_t kProbabilityBits = 23;
  const ElementFormat format = output.format;
  return for_each_element(input.data, [&](std::int32_t q) {
    const std::int32_t centred = subtract_wrapping(q, input.tensor.zero_point);
    if (centred <= -op.radius || centred >= op.radius) {
      return clamp_to(format, centred < 0 ? format.min() : format.max());
    }
    const std::int32_t a = multiply_by_quantized(centred, op.input);
    if (a == 0) {
      return probability(1 << 30, kProbabilityBits, format);
    }
    const std::int32_t of_magnitude =
        one_over_one_plus_x(exp_on_negative_values(-std::abs(a), kIntegerBits));
    const std::int32_t one = std::numeric_limits<std::int32_t>::max();
    return probability(a > 0 ? of_magnitude : one - of_magnitude, kProbabilityBits, format);
  });
}

TensorData rescale(const Requantizer& requant, const Operand& input) {
  check(requant, 1);
  return for_each_element(input.data, [&](std::int32_t q) {
    return requantize(subtract_wrapping(q, input.tensor.zero_point), 0, requant);
  });
}

// QuantizeLeakyRelu of TensorFlow Lite's reference kernels: each side has its multiplier.
TensorData leaky_relu(const LeakyRelu& op, const Operand& input, const Tensor& output) {
  require_exponent(op.identity, -31);
  require_exponent(op.alpha, -31);
  return for_each_element(input.data, [&](std::int32_t q) {
    const std::int32_t centred = subtract_wrapping(q, input.tensor.zero_point);
    const std::int32_t scaled =
        multiply_by_quantized(centred, centred >= 0 ? op.identity : op.alpha);
    return clamp_to(output.format, std::int64_t{scaled} + output.zero_point);
  });
}

// BroadcastPrelu4DSlow of TensorFlow Lite's reference kernels (prelu.h).
TensorData prelu(const Prelu& op, const Operand& input, const Operand& alpha,
                 const Tensor& output) {
  require_exponent(op.identity, -31);
  require_exponent(op.alpha, -31);
  return element_wise(input, alpha, output.shape, [&](std::int32_t q, std::int32_t slope) {
    const std::int32_t centred = subtract_wrapping(q, input.tensor.zero_point);
    const std::int32_t scaled =
        centred >= 0
            ? multiply_by_quantized(centred, op.identity)
            : multiply_by_quantized(
                  multiply_wrapping(centred, subtract_wrapping(slope, alpha.tensor.zero_point)),
                  op.alpha);
    return clamp_to(output.format, std::int64_t{scaled} + output.zero_point);
  });
}

TensorData lookup(const Lookup& op, const Operand& input) {
  const ElementFormat format = input.tensor.format;
  if (static_cast<std::int64_t>(op.table.size()) != format.max() - format.min() + 1) {
    throw Refusal{"lookup: the table has " + std::to_string(op.table.size()) +
                  " entries, expected one for each integer of the input"};
  }
  return for_each_element(input.data, [&](std::int32_t q) {
    return op.table[static_cast<std::size_t>(q - format.min())];
  });
}

// L2Normalization of TensorFlow Lite's reference kernels (integer_ops/l2normalization.h).
TensorData l2_normalization(const Operand& input, const Tensor& output) {
  const Shape& shape = input.tensor.shape;
  constexpr std::int64_t kMostElements = 33'000;  // so many squares of 255 fit an int32
  if (shape.empty() || shape.back() > kMostElements || input.tensor.format.bits > 8) {
    throw Refusal{"l2_normalization: expected rows of at most 33000 8-bit elements"};
  }
  constexpr std::int32_t kFractionBits = 7;
  const auto count = static_cast<std::size_t>(shape.back());
  TensorData result(input.data.size());
  for (std::size_t first = 0; first < result.size(); first += count) {
    const auto centred = [&](std::size_t i) {
      return input.data[first + i] - input.tensor.zero_point;
    };
    std::int32_t squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
      squares += centred(i) * centred(i);
    }
    QuantizedMultiplier over_root = inverse_square_root(squares);
    over_root.exponent += kFractionBits;
    for (std::size_t i = 0; i < count; ++i) {
      result[first + i] = clamp_to(output.format, multiply_by_quantized(centred(i), over_root));
    }
  }
  return result;
}

TensorData quantize(const Operand& input, const Tensor& output) {
  if (!input.tensor.format.is_float || output.scale.size() != 1) {
    throw Refusal{"quantize: expected floats in, and one scale for the output"};
  }
  return for_each_element(input.data, [&](std::int32_t bits) {
    float real = 0;
    std::memcpy(&real, &bits, sizeof real);
    if (std::isnan(real)) {
      throw Refusal{"quantize: an element is not a number"};
    }
    // Rounded half away from zero; clamped as a double, so that infinities are harmless.
    const double steps = std::round(static_cast<double>(real / output.scale[0]));
    const auto low = static_cast<double>(output.format.min());
    const auto high = static_cast<double>(output.format.max());
    return static_cast<std::int32_t>(std::clamp(steps + output.zero_point, low, high));
  });
}

TensorData dequantize(const Operand& input, const Tensor& output) {
  if (!output.format.is_float || input.tensor.scale.size() != 1) {
    throw Refusal{"dequantize: expected floats out, and one scale for the input"};
  }
  return for_each_element(input.data, [&](std::int32_t q) {
    const float real =
        input.tensor.scale[0] * static_cast<float>(subtract_wrapping(q, input.tensor.zero_point));
    std::int32_t bits = 0;
    std::memcpy(&bits, &real, sizeof bits);
    return bits;
  });
}

}  // namespace systole::golden

// What quantized networks of ONNX leave in floats, each operation rounded to binary32.

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "models/golden/broadcast.hpp"
#include "models/golden/float_bits.hpp"
#include "models/golden/operators.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

void require_floats(const Operand& operand) {
  if (!operand.tensor.format.is_float) {
    throw Refusal{"the operand is not of floats"};
  }
}

template <typename Map>
TensorData for_each_float(const Operand& input, const Map& map) {
  require_floats(input);
  TensorData result(input.data.size());
  std::transform(input.data.begin(), input.data.end(), result.begin(),
                 [&](std::int32_t bits) { return bits_of(map(float_of(bits))); });
  return result;
}

float combine(FloatArithmetic::Kind kind, float a, float b) {
  switch (kind) {
    case FloatArithmetic::Kind::Add:
      return a + b;
    case FloatArithmetic::Kind::Subtract:
      return a - b;
    case FloatArithmetic::Kind::Multiply:
      return a * b;
    case FloatArithmetic::Kind::Divide:
      return a / b;
  }
  throw std::logic_error{"golden: unknown float operation"};
}

}  // namespace

TensorData float_clip(const FloatClip& op, const Operand& input) {
  return for_each_float(input, [&](float x) { return std::min(std::max(x, op.low), op.high); });
}

TensorData float_sigmoid(const Operand& input) {
  return for_each_float(input, [](float x) {
    return static_cast<float>(1 / (1 + std::exp(-static_cast<double>(x))));
  });
}

TensorData float_softmax(const FloatSoftmax& op, const Operand& input) {
  require_floats(input);
  const Shape& shape = input.tensor.shape;
  if (op.axis >= shape.size()) {
    throw Refusal{"softmax: the axis does not exist"};
  }
  const auto count = static_cast<std::size_t>(shape[op.axis]);
  const auto distance = static_cast<std::size_t>(packed_distances(shape)[op.axis]);
  TensorData result(input.data.size());
  std::vector<double> powers(count);
  for (std::size_t block = 0; block < result.size(); block += count * distance) {
    for (std::size_t first = block; first < block + distance; ++first) {
      const auto at = [&](std::size_t i) { return float_of(input.data[first + i * distance]); };
      float largest = at(0);
      for (std::size_t i = 1; i < count; ++i) {
        largest = std::max(largest, at(i));
      }
      double sum = 0;
      for (std::size_t i = 0; i < count; ++i) {
        powers[i] = std::exp(static_cast<double>(at(i)) - static_cast<double>(largest));
        sum += powers[i];
      }
      for (std::size_t i = 0; i < count; ++i) {
        result[first + i * distance] = bits_of(static_cast<float>(powers[i] / sum));
      }
    }
  }
  return result;
}

TensorData float_arithmetic(const FloatArithmetic& op, const Operand& first, const Operand& second,
                            const Shape& ofmap) {
  require_floats(first);
  require_floats(second);
  const std::vector<std::int64_t> of_first = repeated_distances(first.tensor.shape, ofmap);
  const std::vector<std::int64_t> of_second = repeated_distances(second.tensor.shape, ofmap);
  TensorData result(static_cast<std::size_t>(element_count(ofmap)));
  StridedWalk walk{ofmap};
  for (std::int32_t& value : result) {
    const auto a = static_cast<std::size_t>(walk.offset(of_first));
    const auto b = static_cast<std::size_t>(walk.offset(of_second));
    value = bits_of(combine(op.kind, float_of(first.data[a]), float_of(second.data[b])));
    walk.next();
  }
  return result;
}

}  // namespace systole::golden

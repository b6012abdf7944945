// Integers of ONNX whose zero points are operands: quantization, and products without
// requantization.

#include <algorithm>
#include <cmath>

#include "models/golden/broadcast.hpp"
#include "models/golden/float_bits.hpp"
#include "models/golden/operators.hpp"
#include "models/golden/window.hpp"
#include "models/golden/wrap.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

void require(bool holds, const char* what) {
  if (!holds) {
    throw Refusal{what};
  }
}

std::size_t extent(std::int64_t value) { return static_cast<std::size_t>(value); }

// One constant for all, or one for each index of an axis.
class AlongAxis {
 public:
  AlongAxis(const Shape& shape, std::size_t axis, std::size_t count) {
    if (count == 1) {
      return;
    }
    require(axis < shape.size() && extent(shape[axis]) == count,
            "there is not one scale or zero point for each index of the axis");
    size_ = count;
    for (std::size_t i = axis + 1; i < shape.size(); ++i) {
      distance_ *= extent(shape[i]);
    }
  }
  std::size_t operator()(std::size_t element) const { return element / distance_ % size_; }

 private:
  std::size_t size_ = 1, distance_ = 1;
};

std::int32_t saturated(double value, ElementFormat format) {
  require(!std::isnan(value), "quantize_linear: an element is not a number");
  return static_cast<std::int32_t>(
      std::clamp(value, static_cast<double>(format.min()), static_cast<double>(format.max())));
}

// Least and largest element, and zero.
std::pair<float, float> range_of(const Operand& input) {
  require(input.tensor.format.is_float, "dynamic quantization: the input is not of floats");
  std::pair<float, float> range{0.0F, 0.0F};
  for (const std::int32_t bits : input.data) {
    range.first = std::min(range.first, float_of(bits));
    range.second = std::max(range.second, float_of(bits));
  }
  return range;
}

std::int32_t difference_product(std::int32_t acc, std::int32_t a, std::int32_t zero_a,
                                std::int32_t b, std::int32_t zero_b) {
  const auto left = static_cast<std::uint32_t>(subtract_wrapping(a, zero_a));
  const auto right = static_cast<std::uint32_t>(subtract_wrapping(b, zero_b));
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(acc) + left * right);
}

std::int32_t of_index(const TensorData& values, std::int64_t index) {
  return values.size() == 1 ? values.front() : values.at(extent(index));
}

// The batch axes of a matrix product's operand, read as `batch` wants them.
std::vector<std::int64_t> batch_distances(const Shape& shape, const Shape& batch) {
  const std::int64_t matrix = shape[shape.size() - 2] * shape.back();
  std::vector<std::int64_t> distances =
      repeated_distances(Shape{shape.begin(), shape.end() - 2}, batch);
  for (std::int64_t& distance : distances) {
    distance *= matrix;
  }
  return distances;
}

}  // namespace

TensorData quantize_linear(const QuantizeLinear& op, const std::vector<Operand>& inputs,
                           const Tensor& output) {
  const auto& [tensor, data] = inputs[0];
  require(tensor.format.is_float && inputs[1].tensor.format.is_float,
          "quantize_linear: the input and its scale must be floats");
  const AlongAxis scale_at{tensor.shape, op.axis, inputs[1].data.size()};
  const AlongAxis zero_at{tensor.shape, op.axis, inputs[2].data.size()};
  TensorData result(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const float steps = float_of(data[i]) / float_of(inputs[1].data[scale_at(i)]);
    // In binary64, so that the sum is exact and infinities are harmless.
    const double shifted = std::nearbyint(static_cast<double>(steps)) + inputs[2].data[zero_at(i)];
    result[i] = saturated(shifted, output.format);
  }
  return result;
}

TensorData dequantize_linear(const DequantizeLinear& op, const std::vector<Operand>& inputs) {
  const auto& [tensor, data] = inputs[0];
  require(!tensor.format.is_float && inputs[1].tensor.format.is_float,
          "dequantize_linear: expected integers with a scale of floats");
  const AlongAxis scale_at{tensor.shape, op.axis, inputs[1].data.size()};
  const AlongAxis zero_at{tensor.shape, op.axis, inputs[2].data.size()};
  TensorData result(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::int32_t steps = subtract_wrapping(data[i], inputs[2].data[zero_at(i)]);
    result[i] = bits_of(static_cast<float>(steps) * float_of(inputs[1].data[scale_at(i)]));
  }
  return result;
}

TensorData dynamic_scale(const Operand& input) {
  const auto [low, high] = range_of(input);
  // All zeros: any scale will do.
  return {bits_of(low == high ? 1.0F : (high - low) / 255.0F)};
}

TensorData dynamic_zero_point(const Operand& input, const Operand& scale) {
  require(scale.data.size() == 1, "dynamic_zero_point: expected one scale");
  const float low = range_of(input).first;
  const float zero = std::clamp(0.0F - low / float_of(scale.data[0]), 0.0F, 255.0F);
  return {static_cast<std::int32_t>(std::nearbyint(zero))};
}

TensorData conv_integer(const ConvInteger& op, const std::vector<Operand>& inputs,
                        const Shape& ofmap) {
  const Shape& in = inputs[0].tensor.shape;
  const Shape& w = inputs[1].tensor.shape;
  require(in.size() == 4 && w.size() == 4 && ofmap.size() == 4,
          "conv_integer: ifmap, weight and ofmap must have four dimensions");
  require(op.groups >= 1 && in[3] == w[3] * op.groups && w[0] % op.groups == 0 && ofmap[3] == w[0],
          "conv_integer: the channels do not fit together");
  require(w[1] == op.window.kernel_h && w[2] == op.window.kernel_w,
          "conv_integer: the weight's kernel is not the window's");
  require(inputs[2].data.size() == 1 &&
              (inputs[3].data.size() == 1 || inputs[3].data.size() == extent(w[0])),
          "conv_integer: zero points are not one, or one per output channel");
  const WindowWalk walk{op.window, in, ofmap};
  const std::int32_t zero = inputs[2].data[0];
  const std::int64_t channels_out = w[0] / op.groups;
  TensorData result;
  result.reserve(extent(element_count(ofmap)));
  StridedWalk at{ofmap};
  for (std::int64_t i = 0; i < element_count(ofmap); ++i, at.next()) {
    const std::int64_t oc = at.index()[3];
    std::int32_t acc = 0;
    for (std::int64_t kh = 0; kh < w[1]; ++kh) {
      for (std::int64_t kw = 0; kw < w[2]; ++kw) {
        const std::int64_t pixel = walk.pixel(at.index()[0], at.index()[1], at.index()[2], kh, kw);
        const std::int64_t first = pixel + oc / channels_out * w[3];
        const std::int64_t taps = ((oc * w[1] + kh) * w[2] + kw) * w[3];
        for (std::int64_t ic = 0; pixel >= 0 && ic < w[3]; ++ic) {
          acc = difference_product(acc, inputs[0].data[extent(first + ic)], zero,
                                   inputs[1].data[extent(taps + ic)], of_index(inputs[3].data, oc));
        }
      }
    }
    result.push_back(acc);
  }
  return result;
}

TensorData matmul_integer(const std::vector<Operand>& inputs, const Shape& ofmap) {
  const Shape& a = inputs[0].tensor.shape;
  const Shape& b = inputs[1].tensor.shape;
  const std::size_t rank = ofmap.size();
  require(a.size() >= 2 && b.size() >= 2 && rank >= a.size() && rank >= b.size(),
          "matmul_integer: operands must have two dimensions or more");
  const std::int64_t rows = a[a.size() - 2];
  const std::int64_t columns = b.back();
  const std::int64_t depth = a.back();
  require(b[b.size() - 2] == depth && ofmap[rank - 2] == rows && ofmap[rank - 1] == columns,
          "matmul_integer: the matrices do not fit together");
  const auto one_or = [](const Operand& operand, std::int64_t count) {
    return operand.data.size() == 1 || operand.data.size() == extent(count);
  };
  require(one_or(inputs[2], rows) && one_or(inputs[3], columns),
          "matmul_integer: zero points are not one, or one per row or column");
  const Shape batch{ofmap.begin(), ofmap.end() - 2};
  const std::vector<std::int64_t> of_a = batch_distances(a, batch);
  const std::vector<std::int64_t> of_b = batch_distances(b, batch);
  TensorData result;
  result.reserve(extent(element_count(ofmap)));
  StridedWalk walk{batch};
  for (std::int64_t i = 0; i < element_count(batch); ++i, walk.next()) {
    const std::int64_t first_a = walk.offset(of_a);
    const std::int64_t first_b = walk.offset(of_b);
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t column = 0; column < columns; ++column) {
        std::int32_t acc = 0;
        for (std::int64_t k = 0; k < depth; ++k) {
          acc = difference_product(acc, inputs[0].data[extent(first_a + row * depth + k)],
                                   of_index(inputs[2].data, row),
                                   inputs[1].data[extent(first_b + k * columns + column)],
                                   of_index(inputs[3].data, column));
        }
        result.push_back(acc);
      }
    }
  }
  return result;
}

}  // namespace systole::golden

#pragma once

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/network/network.hpp"
#include "sim/onnx/constant.hpp"

namespace systole::onnx {

using ValueId = std::size_t;
/// Axis i of a tensor is axis permutation[i] of its value as the file has it.
using Permutation = std::vector<std::size_t>;

/// real = scale * (q - zero_point), one scale for all or one for each index of `axis`.
struct QuantParams {
  ElementType type = ElementType::Int8;
  std::vector<float> scale;
  std::vector<std::int32_t> zero_point;  ///< as many as scales, or one
  std::int64_t axis = 1;

  bool per_tensor() const { return scale.size() == 1 && zero_point.size() == 1; }
  bool operator==(const QuantParams& o) const {
    return type == o.type && scale == o.scale && zero_point == o.zero_point &&
           (per_tensor() || axis == o.axis);
  }
};

/// Limits of real numbers, between an operator and its quantization.
struct Clip {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

/// Integers and what they stand for.
struct Operand {
  ValueId integers = 0;
  QuantParams params;
};

/// Constants that are added to the sums: int32 in steps of x_scale * w_scale, or others (floats, or
/// integers of another scale), which are rounded to those steps, half to even.
struct Bias {
  ConstantPtr constant;               ///< null: none
  std::optional<QuantParams> params;  ///< of an integer bias; absent: steps of x_scale * w_scale
};

/// What a function of one real number makes of each integer that x can be, least first.
struct Unary {
  Operand x;
  std::vector<float> reals;
};

/// A float that no layer has computed yet: its operator waits for the QuantizeLinear behind it, to
/// become one integer layer with it.
struct Pending {
  std::string what;  ///< "node 3 (Conv 'name')"
  /// The integers of clip(value) quantized; absent where only floats will do.
  std::function<ValueId(const QuantParams&, const Clip&)> quantized;
  /// The floats themselves; absent where only integers will do.
  std::function<ValueId()> real;
  /// The same with a bias added; absent where there is one, or none can be.
  std::function<Pending(const Bias&)> plus;
  std::optional<Unary> unary;  ///< where that is all it is
};

/// What a name of the file stands for.
struct Value {
  std::string name;
  Shape shape;  ///< as the file has it
  ElementType type = ElementType::Float;

  ConstantPtr constant;                     ///< its values, where they are known
  std::optional<Operand> dequantized;       ///< the float is that of these integers
  std::shared_ptr<const Pending> pending;   ///< the float is computed by an operator to come
  std::optional<ValueId> moved;             ///< the value is another one, moved: ...
  Permutation transposition;                ///< ... transposed so; empty: reshaped
  std::map<Permutation, TensorId> layouts;  ///< tensors of the network that hold it
  int depth = 0;  ///< how many moves and pending operators it is from a layer
};

}  // namespace systole::onnx

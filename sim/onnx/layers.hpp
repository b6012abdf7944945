#pragma once

#include <optional>
#include <vector>

#include "sim/onnx/builder.hpp"
#include "sim/onnx/windows.hpp"

namespace systole::onnx {

// Integer layers of the network from quantized operands: where QLinearConv and its kin and the
// operators between DequantizeLinear and QuantizeLinear meet. `out` is the quantization of the
// result, `clip` an activation before it. All return the integers and throw NodeError.

struct ConvAttributes {
  WindowAttributes window;
  std::int64_t groups = 1;
};
struct ConvShape {
  PlacedWindow placed;
  Shape out;  ///< [N,C,H,W]
};
/// For x [N,C,H,W] and weights [OC,C/groups,H,W].
ConvShape conv_shape(const ConvAttributes& attributes, const Shape& x, const Shape& w);

ValueId conv(Builder& builder, const ConvAttributes& attributes, const Operand& x, const Operand& w,
             const Bias& bias, const QuantParams& out, const Clip& clip);

/// Matrices, or batches of them; a constant w is transposed as its layer needs it.
struct MatMulAttributes {
  bool transpose_a = false, transpose_b = false;
};
Shape matmul_shape(const MatMulAttributes& attributes, const Shape& a, const Shape& b);
ValueId matmul(Builder& builder, const MatMulAttributes& attributes, const Operand& a,
               const Operand& b, const Bias& bias, const QuantParams& out, const Clip& clip);

Shape broadcast_shape(const Shape& a, const Shape& b);
ValueId sum(Builder& builder, const Operand& a, const Operand& b, const QuantParams& out,
            const Clip& clip);
ValueId product(Builder& builder, const Operand& a, const Operand& b, const QuantParams& out,
                const Clip& clip);
Shape concat_shape(const std::vector<Shape>& shapes, std::size_t axis);
ValueId concat(Builder& builder, const std::vector<Operand>& inputs, std::size_t axis,
               const QuantParams& out, const Clip& clip);

/// Raw integers: order is all that counts.
ValueId max_pool(Builder& builder, const WindowAttributes& attributes, ValueId x);
ValueId average_pool(Builder& builder, const WindowAttributes& attributes, bool counts_padding,
                     const Operand& x, const QuantParams& out, const Clip& clip);
ValueId global_average_pool(Builder& builder, const Operand& x, const QuantParams& out,
                            const Clip& clip);
Shape pool_shape(const WindowAttributes& attributes, const Shape& x);

/// The same reals in other integers; the operand itself if nothing changes.
ValueId requantized(Builder& builder, const Operand& x, const QuantParams& out, const Clip& clip);

/// For operands of one shape, or repeated: both with one number of axes and in one layout.
struct Aligned {
  ValueId a = 0, b = 0;
  Permutation layout;
};
Aligned align(Builder& builder, ValueId a, ValueId b);

}  // namespace systole::onnx

// Products that the array does not run: transposed convolution and batches of matrices. The
// accumulators wrap at 32 bits and every output is requantized once, as in products.cpp.

#include "models/golden/broadcast.hpp"
#include "models/golden/operators.hpp"
#include "models/golden/requantize.hpp"
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

// `acc` + (a - its zero point) * (b - its zero point), modulo 2^32.
std::int32_t multiply_add(std::int32_t acc, const Operand& a, std::int64_t at_a, const Operand& b,
                          std::int64_t at_b) {
  const auto left =
      static_cast<std::uint32_t>(subtract_wrapping(a.data[extent(at_a)], a.tensor.zero_point));
  const auto right =
      static_cast<std::uint32_t>(subtract_wrapping(b.data[extent(at_b)], b.tensor.zero_point));
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(acc) + left * right);
}

// Leading dimensions and the two of the matrix.
struct Matrices {
  Shape batch;
  std::int64_t rows = 0, columns = 0;
  std::vector<std::int64_t> batch_distance;
  std::int64_t row_distance = 0, column_distance = 0;
};

Matrices matrices(const Shape& shape, bool transposed, std::size_t rank) {
  require(shape.size() >= 2, "batch_matmul: operands must have two dimensions or more");
  Shape extended(rank - shape.size(), 1);
  extended.insert(extended.end(), shape.begin(), shape.end());
  const std::vector<std::int64_t> packed = packed_distances(extended);
  Matrices result;
  const std::size_t row = rank - (transposed ? 1 : 2);
  const std::size_t column = rank - (transposed ? 2 : 1);
  result.rows = extended[row];
  result.columns = extended[column];
  result.row_distance = packed[row];
  result.column_distance = packed[column];
  result.batch = {extended.begin(), extended.end() - 2};
  for (std::size_t axis = 0; axis < rank - 2; ++axis) {
    result.batch_distance.push_back(extended[axis] == 1 ? 0 : packed[axis]);
  }
  return result;
}

}  // namespace

TensorData transpose_conv(const TransposeConv& op, const Operand& ifmap, const Operand& weight,
                          const TensorData* bias, const Shape& ofmap) {
  const Shape& in = ifmap.tensor.shape;
  const Shape& w = weight.tensor.shape;
  require(in.size() == 4 && w.size() == 4 && ofmap.size() == 4 && in[0] == ofmap[0] &&
              in[3] == w[3] && ofmap[3] == w[0],
          "transpose_conv2d: ifmap, weight and ofmap do not fit together");
  check(op.requant, extent(w[0]));
  require(bias == nullptr || bias->size() == extent(w[0]),
          "transpose_conv2d: bias is not one value per output channel");
  TensorData acc(extent(element_count(ofmap)), 0);
  StridedWalk pixel{{in[0], in[1], in[2]}};
  for (std::int64_t i = 0; i < in[0] * in[1] * in[2]; ++i, pixel.next()) {
    for (std::int64_t kh = 0; kh < w[1]; ++kh) {
      for (std::int64_t kw = 0; kw < w[2]; ++kw) {
        const std::int64_t oh = pixel.index()[1] * op.window.stride_h - op.window.pad_top + kh;
        const std::int64_t ow = pixel.index()[2] * op.window.stride_w - op.window.pad_left + kw;
        if (oh < 0 || oh >= ofmap[1] || ow < 0 || ow >= ofmap[2]) {
          continue;
        }
        for (std::int64_t oc = 0; oc < w[0]; ++oc) {
          const std::int64_t out = ((pixel.index()[0] * ofmap[1] + oh) * ofmap[2] + ow) * w[0] + oc;
          const std::int64_t taps = ((oc * w[1] + kh) * w[2] + kw) * w[3];
          for (std::int64_t ic = 0; ic < w[3]; ++ic) {
            acc[extent(out)] =
                multiply_add(acc[extent(out)], ifmap, i * in[3] + ic, weight, taps + ic);
          }
        }
      }
    }
  }
  for (std::size_t i = 0; i < acc.size(); ++i) {
    const std::size_t oc = i % extent(w[0]);
    acc[i] =
        requantize(bias == nullptr ? acc[i] : add_wrapping(acc[i], (*bias)[oc]), oc, op.requant);
  }
  return acc;
}

TensorData batch_matmul(const BatchMatMul& op, const Operand& a, const Operand& b,
                        const Shape& ofmap) {
  const std::size_t rank = ofmap.size();
  require(rank >= a.tensor.shape.size() && rank >= b.tensor.shape.size() && rank >= 2,
          "batch_matmul: an operand has more dimensions than the output");
  const Matrices left = matrices(a.tensor.shape, op.transpose_a, rank);
  const Matrices right = matrices(b.tensor.shape, op.transpose_b, rank);
  require(left.columns == right.rows && ofmap[rank - 2] == left.rows &&
              ofmap[rank - 1] == right.columns,
          "batch_matmul: the matrices do not fit together");
  const Shape batch{ofmap.begin(), ofmap.end() - 2};
  repeated_distances(left.batch, batch);  // throws where the batches do not fit
  repeated_distances(right.batch, batch);
  check(op.requant, extent(right.columns));
  TensorData result;
  result.reserve(extent(element_count(ofmap)));
  StridedWalk walk{batch};
  for (std::int64_t i = 0; i < element_count(batch); ++i, walk.next()) {
    const std::int64_t first_a = walk.offset(left.batch_distance);
    const std::int64_t first_b = walk.offset(right.batch_distance);
    for (std::int64_t row = 0; row < left.rows; ++row) {
      for (std::int64_t column = 0; column < right.columns; ++column) {
        std::int32_t acc = 0;
        for (std::int64_t k = 0; k < left.columns; ++k) {
          acc = multiply_add(acc, a, first_a + row * left.row_distance + k * left.column_distance,
                             b, first_b + k * right.row_distance + column * right.column_distance);
        }
        result.push_back(requantize(acc, extent(column), op.requant));
      }
    }
  }
  return result;
}

}  // namespace systole::golden

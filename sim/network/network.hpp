#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "sim/network/mapping.hpp"
#include "sim/network/requantizer.hpp"
#include "sim/network/tensor.hpp"

namespace systole {

using TensorId = std::size_t;

/// Two-dimensional geometry of a sliding window, in elements.
struct Window {
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
};

/// Convolution, grouped and depthwise included (groups == input channels).
/// inputs: ifmap [N,H,W,C], weight [OC,KH,KW,C/groups], and bias [OC] if has_bias.
struct Conv2d {
  Window window;
  std::int64_t groups = 1;
  bool has_bias = false;
  Requantizer requant;
};

/// inputs: ifmap [..., K] (all leading dimensions are rows), weight [N,K], and bias [N] if
/// has_bias.
struct FullyConnected {
  bool has_bias = false;
  Requantizer requant;
};

/// inputs: a [M,K], b [K,N]; either may be an activation.
struct MatMul {
  Requantizer requant;
};

/// inputs: ifmap [N,H,W,C]. Padding is left out of the maximum. No requantization.
struct MaxPool {
  Window window;
  std::int32_t clamp_min = -128, clamp_max = 127;
};

/// inputs: ifmap [N,H,W,C]. Sum of the raw integers over the taps inside the
/// image, divided by their count, rounded half away from zero.
struct AveragePool {
  Window window;
  std::int32_t clamp_min = -128, clamp_max = 127;
};

/// Element-wise sum with requantization; sizes of 1 are repeated, as in numpy: each operand, its
/// zero point taken off, is shifted left by `left_shift` and scaled by its own multiplier; the
/// sum is scaled by `output`'s. `output.zero_point` and clamps apply. In
/// ShiftOnly mode the operands are shifted by their (non-negative) exponents
/// and the sum is shifted right, rounded once. In FloatScale mode each operand is multiplied by
/// its input_scale, and the sum of both by the output's: four binary32 operations, each rounded to
/// the nearest, ties to even; then the same to an integer.
struct Add {
  std::int32_t left_shift = 20;
  std::array<QuantizedMultiplier, 2> input;
  std::array<std::int32_t, 2> input_zero_point{};
  Requantizer output;
  std::array<float, 2> input_scale{};  ///< of FloatScale
};

/// The same elements under another shape.
struct Reshape {};

// The operators below run on the host (place_of), exactly as TensorFlow Lite's reference kernels
// compute them. Zero points of operands are those of their tensors; shapes are those of the
// output tensor where an operator does not say.

/// inputs: a, b. As Add, the second operand subtracted. Unsigned ones as their kernel does it,
/// which adds the second operand times minus its multiplier: ties of that product go the other way.
struct Sub {
  Add terms;
};

/// inputs: a, b. Element-wise product; sizes of 1 are repeated, as in numpy.
struct Mul {
  Requantizer output;
};

/// Mean over `axes`, or sum. The multiplier of a mean includes the division by the count.
struct Mean {
  std::vector<std::size_t> axes;  ///< ascending
  Requantizer requant;
  bool is_sum = false;
};

/// inputs: a, b, of the output's numbers; sizes of 1 are repeated, as in numpy. The larger of both
/// integers, or the smaller.
struct Extremum {
  bool largest = true;
};

/// The largest integer over `axes` (ascending), or the smallest.
struct ReduceExtremum {
  std::vector<std::size_t> axes;
  bool largest = true;
};

/// Where on the axis the largest or the smallest element is, the first of equal ones. Without the
/// axis, or 1; 32-bit integers.
struct ArgExtremum {
  std::size_t axis = 0;
  bool largest = true;
};

/// inputs: a, b. (a - b)^2, both brought to a common scale as in Add, with a left shift by 7 or, of
/// over 8 bits, less; the output's multiplier is that of the square.
struct SquaredDifference {
  Add terms;
};

/// What an element becomes, for each integer of the input's format (16 bits at most), least first.
struct Lookup {
  std::vector<std::int32_t> table;
};

/// Surrounds the tensor with `value`; before[i] and after[i] are counts on axis i.
struct Pad {
  std::vector<std::int64_t> before, after;
  std::int32_t value = 0;
};

/// Any number of inputs of one scale, one behind the other on `axis`.
struct Concat {
  std::size_t axis = 0;
};

/// Axis i of the output is axis `permutation[i]` of the input.
struct Transpose {
  std::vector<std::size_t> permutation;
};

/// count[i] elements on axis i of the input, from begin[i] in steps of stride[i], which may be
/// negative. The output may have dropped axes with a count of 1.
struct StridedSlice {
  std::vector<std::int64_t> begin, stride, count;
};

/// Elements `indices` of the axis, in this order; they may repeat.
struct Gather {
  std::size_t axis = 0;
  std::vector<std::int64_t> indices;
};

/// Over the last axis; the output's scale is 1/256, its zero point the least integer.
struct Softmax {
  QuantizedMultiplier input;  ///< beta times the input's scale, as Q5.26
  std::int32_t diff_min = 0;  ///< elements further below the largest have the output 0.0
};

/// 1 / (1 + exp(-x)); the output's scale is 1/256, its zero point the least integer.
struct Logistic {
  QuantizedMultiplier input;  ///< the input's scale, as Q4.27
  std::int32_t radius = 0;    ///< from this distance from 0.0 on the output is saturated
};

/// max(0, x), min(6, ...) and the like: requantization whose clamp is the activation.
struct Relu {
  Requantizer requant;
};

/// x for x >= 0, alpha * x below: each with its multiplier; clamped to the output's format.
struct LeakyRelu {
  QuantizedMultiplier identity, alpha;
};

/// inputs: x, alpha; sizes of 1 of alpha are repeated. x for x >= 0, alpha * x below: each with its
/// multiplier; clamped to the output's format.
struct Prelu {
  QuantizedMultiplier identity, alpha;
};

/// Each row of the last axis over the root of its sum of squares; the output's scale is 1/128, its
/// zero point 0.
struct L2Normalization {};

/// Integers to integers of another scale, zero point or sign.
struct Requantize {
  Requantizer requant;
};

/// Floats (ElementFormat::is_float) to integers of the output's scale and zero point.
struct Quantize {};

/// Integers to floats, by the input's scale and zero point.
struct Dequantize {};

/// inputs: ifmap [N,H,W,C]. Where the pixels of the input and the output lie on each other.
/// Bilinear ones are in fixed point if signed, in binary32 if unsigned.
struct ResizeNearest {
  bool align_corners = false, half_pixel_centers = false;
};
struct ResizeBilinear {
  bool align_corners = false, half_pixel_centers = false;
};

/// inputs: ifmap [N,H,W,C], weight [OC,KH,KW,C], and bias [OC] if has_bias. Ifmap pixel (h, w)
/// times the kernel is added to the ofmap at (h * stride_h - pad_top, w * stride_w - pad_left).
struct TransposeConv {
  Window window;
  bool has_bias = false;
  Requantizer requant;
};

/// inputs: a [...,M,K] or, if transposed, [...,K,M]; b [...,K,N] or [...,N,K]. Leading
/// dimensions of 1 are repeated.
struct BatchMatMul {
  bool transpose_a = false, transpose_b = false;
  Requantizer requant;
};

// The operators below run on the host, too, and compute what ONNX defines under these names. Scales
// and zero points are operands, so that a network may compute them: one element, or one for each
// index of `axis`. Floats are IEEE binary32 and every operation on them is rounded to nearest even.

/// inputs: floats, scale, zero point. Rounded half to even after the division, then saturated.
struct QuantizeLinear {
  std::size_t axis = 0;
};

/// inputs: integers, scale, zero point. (q - zero point) * scale.
struct DequantizeLinear {
  std::size_t axis = 0;
};

/// The scale of DynamicQuantizeLinear: of uint8 from the least to the largest element, 0 included.
struct DynamicScale {};

/// inputs: floats, their DynamicScale. The zero point that goes with it.
struct DynamicZeroPoint {};

/// inputs: ifmap [N,H,W,C], weight [OC,KH,KW,C/groups], zero point of the ifmap, zero points of the
/// weights (one, or one per output channel). The sums themselves, modulo 2^32.
struct ConvInteger {
  Window window;
  std::int64_t groups = 1;
};

/// inputs: a [...,M,K], b [...,K,N], zero points of a (one, or one per row), of b (one, or one per
/// column). Leading dimensions of 1 are repeated. The sums themselves, modulo 2^32.
struct MatMulInteger {};

/// Floats, limited to low..high.
struct FloatClip {
  float low = 0, high = 0;
};

/// Floats, over `axis`: exponentials and their sum as binary64, the quotient rounded.
struct FloatSoftmax {
  std::size_t axis = 0;
};

/// 1 / (1 + exp(-x)) of floats, as binary64, then rounded.
struct FloatSigmoid {};

/// inputs: a, b, floats; sizes of 1 are repeated, as in numpy.
struct FloatArithmetic {
  enum class Kind { Add, Subtract, Multiply, Divide };
  Kind kind = Kind::Add;
};

using LayerOp =
    std::variant<Conv2d, FullyConnected, MatMul, MaxPool, AveragePool, Add, Reshape, Sub, Mul, Mean,
                 Pad, Concat, Transpose, StridedSlice, Softmax, Logistic, Relu, LeakyRelu,
                 Requantize, Quantize, Dequantize, ResizeNearest, ResizeBilinear, TransposeConv,
                 BatchMatMul, QuantizeLinear, DequantizeLinear, DynamicScale, DynamicZeroPoint,
                 ConvInteger, MatMulInteger, FloatClip, FloatSoftmax, FloatSigmoid, FloatArithmetic,
                 Extremum, ReduceExtremum, ArgExtremum, SquaredDifference, Lookup, Gather, Prelu,
                 L2Normalization>;

struct Layer {
  std::string name;
  LayerOp op;
  std::vector<TensorId> inputs;
  TensorId output = 0;
  PinnedMapping mapping;
  /// Where `mapping:` stands in the workload, "FILE:LINE:COLUMN: KEY", by "mapping" and
  /// "mapping.tile_oh" and the like; empty where the workload has none.
  std::map<std::string, std::string> mapping_places = {};
};

/// A quantized network, its layers in an order in which they can run.
struct Network {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Layer> layers;
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;

  const Tensor& tensor(TensorId id) const { return tensors.at(id); }
  bool has_data() const;  ///< every constant that a layer reads has its values
};

/// By tensor: given or computed when the network runs, not a constant.
std::vector<bool> run_time_tensors(const Network& network);
/// By tensor: the last layer that reads it; of those that none reads, 0.
std::vector<std::size_t> last_readers(const Network& network);

/// What computes a layer. A reshape computes nothing, and counts as the host's; it is one where
/// rows of packed elements must move, as they are no whole bytes.
enum class Place { Array, Vector, Host };
Place place_of(const Network& network, const Layer& layer);
const char* place_name(Place place);  ///< "array", "vector", "host"

/// The layer is not lowered to commands: the golden code computes it, on bytes of the DRAM.
bool runs_on_host(const Network& network, const Layer& layer);

/// The field's short word for a layer's operator: "conv2d", "depthwise_conv2d", "matmul"...
std::string op_name(const Network& network, const Layer& layer);

/// A layer seen as a matrix product: M output pixels x N output channels x K
/// products each; for groups, K is per group. Zeros for layers without products.
struct GemmShape {
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t macs = 0;  ///< products of the layer's definition, those with padding included
};
GemmShape gemm_shape(const Network& network, const Layer& layer);

}  // namespace systole

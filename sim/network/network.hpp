#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

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

/// Tile sizes that the user pinned (`mapping:`); 0 leaves the choice to the compiler.
struct PinnedMapping {
  std::int64_t tile_oh = 0;  ///< output rows of a tile
  std::int64_t tile_ow = 0;  ///< output columns of a tile
  std::int64_t tile_oc = 0;  ///< output channels of a tile
  std::int64_t tile_ic = 0;  ///< input channels of a tile
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

/// Element-wise sum with requantization: each operand, its zero point taken
/// off, is shifted left by `left_shift` and scaled by its own multiplier; the
/// sum is scaled by `output`'s. `output.zero_point` and clamps apply. In
/// ShiftOnly mode the operands are shifted by their (non-negative) exponents
/// and the sum is shifted right, rounded once.
struct Add {
  std::int32_t left_shift = 20;
  std::array<QuantizedMultiplier, 2> input;
  std::array<std::int32_t, 2> input_zero_point{};
  Requantizer output;
};

/// The same bytes under another shape.
struct Reshape {};

using LayerOp = std::variant<Conv2d, FullyConnected, MatMul, MaxPool, AveragePool, Add, Reshape>;

struct Layer {
  std::string name;
  LayerOp op;
  std::vector<TensorId> inputs;
  TensorId output = 0;
  PinnedMapping mapping;
};

/// A quantized network, its layers in an order in which they can run.
struct Network {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Layer> layers;
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;

  const Tensor& tensor(TensorId id) const { return tensors.at(id); }
  bool has_data() const;  ///< every weight and bias has its values
};

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

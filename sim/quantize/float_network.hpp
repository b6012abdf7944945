#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "sim/network/network.hpp"
#include "sim/network/tensor.hpp"

namespace systole::quantize {

// A trained network in float32, as `systole quantize` reads it. Layouts are those of
// sim/network: activations NHWC (or [M, K]), convolution weights OHWI,
// [oc][kh][kw][ic / groups], fully connected weights [out][in]. A front end whose file is NCHW
// changes the weights' order, and that of a fully connected layer's columns behind a flatten,
// when it reads them.

struct FloatTensor {
  Shape shape;
  std::vector<float> data;  ///< row-major
};

/// Also grouped and depthwise (groups == input channels). One bias per output channel, or none.
struct FloatConv2d {
  Window window;
  std::int64_t groups = 1;
  FloatTensor weight;
  std::vector<float> bias;
};

/// The input's leading dimensions are rows; output [rows, out].
struct FloatFullyConnected {
  FloatTensor weight;
  std::vector<float> bias;
};

/// gamma * (x - mean) / sqrt(variance + epsilon) + beta over the last dimension.
struct FloatBatchNorm {
  std::vector<float> gamma, beta, mean, variance;
  float epsilon = 1e-5F;
};

/// What a batch norm does to a channel: slope * x + offset.
struct ChannelLine {
  float slope = 1, offset = 0;
};
std::vector<ChannelLine> lines_of(const FloatBatchNorm& op);

/// min(max(x, low), high): relu is [0, inf), relu6 [0, 6], PACT [0, alpha].
struct FloatClip {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

struct FloatMaxPool {
  Window window;  ///< padding is left out of the maximum
};

struct FloatAveragePool {
  Window window;
  bool counts_padding = false;  ///< divide by the window's size at the borders too
};

/// [N,H,W,C] to [N,1,1,C].
struct FloatGlobalAveragePool {};

struct FloatAdd {};  ///< two inputs of one shape

struct FloatConcat {
  std::size_t axis = 3;
};

/// Row-major elements under another shape; flatten is {1, K}.
struct FloatReshape {
  Shape shape;
};

/// Axis i of the output is axis permutation[i] of the input.
struct FloatTranspose {
  std::vector<std::size_t> permutation;
};

using FloatOp = std::variant<FloatConv2d, FloatFullyConnected, FloatBatchNorm, FloatClip,
                             FloatMaxPool, FloatAveragePool, FloatGlobalAveragePool, FloatAdd,
                             FloatConcat, FloatReshape, FloatTranspose>;

/// The name that the float YAML has for an operator: "conv2d", "batch_norm"...
const char* float_op_name(const FloatOp& op);

/// Of a convolution or a fully connected layer; 0 for operators without weights.
std::size_t weight_count(const FloatOp& op);

using ValueId = std::size_t;

struct FloatValue {
  std::string name;
  Shape shape;  ///< the first size, the batch, is 1
};

struct FloatLayer {
  std::string name;
  FloatOp op;
  std::vector<ValueId> inputs;
  ValueId output = 0;
  std::string place;  ///< "FILE:8:5: layers[2]" or "FILE: node 3 (Conv 'name')", for errors
};

/// Layers in an order in which they can run; each value has the name of the layer that gives it.
struct FloatNetwork {
  std::string name;
  std::vector<FloatValue> values;
  std::vector<FloatLayer> layers;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;

  /// An input of the network.
  ValueId add_input(const std::string& input_name, const Shape& shape);

  /// Appends a layer; the output's shape follows from the operator and the inputs. Throws
  /// Refusal "what is wrong, what was expected" without the layer's place.
  ValueId add_layer(const std::string& layer_name, FloatOp op, const std::vector<ValueId>& from,
                    const std::string& place = "");

  const FloatValue& value(ValueId id) const { return values.at(id); }
};

/// What a concatenation along `axis` gives. Throws Refusal.
Shape joined_shape(const std::vector<Shape>& shapes, std::size_t axis);

}  // namespace systole::quantize

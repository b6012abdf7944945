#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/config/reader.hpp"
#include "sim/network/network.hpp"
#include "sim/workload/activation_keys.hpp"
#include "sim/workload/constant_files.hpp"
#include "sim/workload/window_keys.hpp"

namespace systole {

// A workload file as it is written, each value checked on its own; the keys are explained
// in workloads/README.md. NetworkBuilder puts the layers together.

enum class TraceOp {
  Conv2d,
  DepthwiseConv2d,
  FullyConnected,
  MatMul,
  MaxPool2d,
  AveragePool2d,
  GlobalAveragePool2d,
  Add,
  Reshape,
  Sub,
  Mul,
  Mean,
  Pad,
  Concat,
  Transpose,
  StridedSlice,
  Softmax,
  Logistic,
  Relu,
  LeakyRelu,
  Requantize,
  Quantize,
  Dequantize,
  ResizeNearest,
  ResizeBilinear,
  TransposeConv2d,
  BatchMatMul,
  Maximum,
  Minimum,
  ReduceMax,
  ReduceMin,
  ArgMax,
  ArgMin,
  Sum,
  SquaredDifference,
  Lookup,
  Gather,
  Prelu,
  L2Normalization,
};

/// An activation tensor's numbers.
struct ActivationTrace {
  ElementFormat format;
  std::vector<float> scale;  ///< one, or empty when not given
  std::int32_t zero_point = 0;
};

struct InputTrace {
  explicit InputTrace(ConfigReader map) : reader{std::move(map)} {}

  ConfigReader reader;  ///< for errors that show later
  bool good = false;    ///< read without an error
  std::string name;
  Shape shape;
  ActivationTrace activation;
};

/// A tensor of `constants:`, which layers read like one of `inputs:`.
struct ConstantInputTrace {
  explicit ConstantInputTrace(ConfigReader map) : reader{std::move(map)} {}

  ConfigReader reader;  ///< for errors that show later
  bool good = false;    ///< read without an error
  std::string name;
  Constant value;
  ActivationTrace numbers;
};

/// `weights:` or `bias:`.
struct ConstantTrace {
  bool given = false;
  std::optional<Constant> file;
  ElementFormat format;
  std::vector<float> scale;
  std::int32_t zero_point = 0;
};

/// The limits of an output: `activation:` in real numbers, or `clamp:` in integers.
struct LimitsTrace {
  RealLimits real;
  std::optional<std::int32_t> clamp_min, clamp_max;
};

/// What operators of the host alone have, by key.
struct HostTrace {
  std::int64_t axis = 0;
  std::vector<std::int64_t> axes, permutation, before, after, begin, steps, count, size;
  std::vector<std::int32_t> table, indices;
  std::optional<std::int32_t> value;
  bool keep_dims = false;
  bool align_corners = false, half_pixel_centers = false;
  bool transpose_a = false, transpose_b = false;
  double beta = 1, alpha = 0;
};

/// `requant:`; empty vectors where it was not given.
struct RequantTrace {
  RequantVariant variant = RequantVariant::Tflite;
  Rounding rounding = Rounding::NearestEven;
  std::vector<std::int32_t> multiplier, exponent;
  std::vector<float> scale;
  // Of sums alone: one for each operand.
  std::vector<std::int32_t> operand_multiplier, operand_exponent;
  std::vector<float> operand_scale;
  std::optional<std::int32_t> left_shift;

  bool given() const { return !multiplier.empty() || !scale.empty(); }
};

struct LayerTrace {
  explicit LayerTrace(ConfigReader map) : reader{std::move(map)} {}

  ConfigReader reader;  ///< for errors that show when the layer is built
  bool good = false;    ///< read without an error
  std::string name;
  TraceOp op = TraceOp::Reshape;
  std::vector<std::string> inputs;
  Window window;  ///< kernel 0 when not given
  PaddingRule padding = PaddingRule::Valid;
  std::int64_t groups = 1;
  std::int64_t out_channels = 0;  ///< 0 when not given
  Shape shape;                    ///< of reshape, strided_slice and fully_connected
  ConstantTrace weights, bias;
  LimitsTrace limits;
  ActivationTrace output;
  bool has_output = false;  ///< `output:` is given
  HostTrace host;
  RequantTrace requant;
  PinnedMapping mapping;
  std::map<std::string, std::string> mapping_places;  ///< as Layer's
};

struct Trace {
  std::string name;
  std::vector<InputTrace> inputs;
  std::vector<ConstantInputTrace> constants;
  std::vector<LayerTrace> layers;
  std::vector<std::string> outputs;
  std::string images, labels;  ///< files, opened by load_inputs; empty when not given
};

/// Tells that the file is a float network, of which all tensors are names of files, and whether
/// that is so.
bool tell_float_network(ConfigReader& root);

/// Tells, at `layers`, that no tensor of the workload has a file, and whether that is so: one
/// mistake, mostly an option that was forgotten, and not one for each tensor.
bool tell_shapes_alone(ConfigReader& root);

Trace read_trace(ConfigReader& root, const ConstantFiles& files);
LayerTrace read_layer(ConfigReader reader, const ConstantFiles& files);
RequantTrace read_requant(ConfigReader reader, const ConstantFiles& files, TraceOp op);
/// `format: Q3.4`, which gives bits, sign and scale: false unless it is there. Errors go to the
/// reader, also for keys that say the same.
bool read_q_format(ConfigReader& reader, ElementFormat& format, std::vector<float>& scale);

/// `format: binary`: weights of one bit, -1 and +1, whose scale stands beside it.
bool read_binary(ConfigReader& reader, ElementFormat& format);

ActivationTrace read_activation(ConfigReader& reader, const ConstantFiles& files);

/// The spelling of an operator in the file.
std::string trace_op_name(TraceOp op);

}  // namespace systole

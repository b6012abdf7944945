#include "sim/convert/layer_text.hpp"

#include "sim/convert/layer_keys.hpp"
#include "sim/convert/trace_writer.hpp"

namespace systole {
namespace {

constexpr std::size_t kMostTable = 256;  // values that stand in the YAML itself

/// One layer, operator by operator.
class LayerText {
 public:
  LayerText(const Network& network, const Layer& layer,
            const std::function<std::string(TensorId)>& name_of, ConstantWriter& files)
      : network_{network},
        layer_{layer},
        output_{network.tensor(layer.output)},
        keys_{network, layer, name_of, files} {}

  std::string text() {
    std::visit([this](const auto& op) { write(op); }, layer_.op);
    keys_.mapping();
    return keys_.text();
  }

 private:
  void write(const Conv2d& op) {
    const std::int64_t channels = network_.tensor(layer_.inputs.at(0)).shape.at(3);
    const bool depthwise = op.groups > 1 && op.groups == channels;
    keys_.op(depthwise ? "depthwise_conv2d" : "conv2d");
    keys_.window(op.window, !keys_.has_weight_file());
    if (op.groups > 1 && !depthwise) {
      keys_.add("groups", std::to_string(op.groups));
    }
    keys_.weights(output_.shape.at(3));
    keys_.bias(op.has_bias);
    keys_.scaling(op.requant);
  }
  void write(const TransposeConv& op) {
    keys_.op("transpose_conv2d");
    keys_.window(op.window, !keys_.has_weight_file());
    keys_.add("size",
              yaml_list(std::vector<std::int64_t>{output_.shape.at(1), output_.shape.at(2)}));
    keys_.weights(output_.shape.at(3));
    keys_.bias(op.has_bias);
    keys_.scaling(op.requant);
  }
  void write(const FullyConnected& op) {
    const Shape& ifmap = network_.tensor(layer_.inputs.at(0)).shape;
    const std::int64_t depth = network_.tensor(layer_.inputs.at(1)).shape.at(1);
    if (ifmap.empty() || ifmap.back() != depth) {
      throw ConvertError{"layer '" + layer_.name + "': its ifmap " + yaml_list(ifmap) +
                         " is taken as rows of " + std::to_string(depth) +
                         ", which YAML could say only with a reshape, a layer more"};
    }
    keys_.op("fully_connected");
    keys_.weights(output_.shape.back());
    keys_.bias(op.has_bias);
    if (output_.shape.size() != 2) {
      add_shape();
    }
    keys_.scaling(op.requant);
  }
  void write(const MatMul& op) {
    keys_.op("matmul");
    if (is_own_constant(network_, layer_, 1)) {
      keys_.weights(output_.shape.back());
    }
    keys_.scaling(op.requant);
  }
  void add_shape() {
    if (output_.shape.empty()) {
      throw ConvertError{"layer '" + layer_.name +
                         "': its output has no dimensions, and the key shape needs one or more"};
    }
    keys_.add("shape", yaml_list(output_.shape));
  }
  template <typename Pool>
  void write_pool(const char* name, const Pool& op) {
    if (op.window.dilation_h != 1 || op.window.dilation_w != 1) {
      throw ConvertError{"layer '" + layer_.name + "': YAML has no key for the dilation of a pool"};
    }
    keys_.op(name);
    keys_.window(op.window, true);
    keys_.clamp(op.clamp_min, op.clamp_max);
  }
  void write(const MaxPool& op) { write_pool("max_pool2d", op); }
  void write(const AveragePool& op) { write_pool("average_pool2d", op); }
  void write_sum(const char* name, const Add& op) {
    keys_.op(name);
    keys_.sum_scaling(op);
  }
  void write(const Add& op) { write_sum("add", op); }
  void write(const SquaredDifference& op) { write_sum("squared_difference", op.terms); }
  void write(const Sub& op) { write_sum("sub", op.terms); }
  void write(const Reshape& /*op*/) {
    keys_.op("reshape");
    add_shape();
  }
  void write(const Mul& op) {
    keys_.op("mul");
    keys_.scaling(op.output);
  }
  void write(const Mean& op) {
    keys_.op(op.is_sum ? "sum" : "mean");
    keys_.add("axes", yaml_list(op.axes));
    keys_.kept_axes();
    keys_.scaling(op.requant);
  }
  void write(const Extremum& op) { keys_.op(op.largest ? "maximum" : "minimum"); }
  void write(const ReduceExtremum& op) {
    keys_.op(op.largest ? "reduce_max" : "reduce_min");
    keys_.add("axes", yaml_list(op.axes));
    keys_.kept_axes();
  }
  void write(const ArgExtremum& op) {
    keys_.op(op.largest ? "arg_max" : "arg_min");
    keys_.add("axis", std::to_string(op.axis));
    keys_.kept_axes();
  }
  void write(const Lookup& op) {
    keys_.op("lookup");
    keys_.output();
    keys_.add("table", keys_.constants("table", op.table, kMostTable));
  }
  void write(const Gather& op) {
    keys_.op("gather");
    keys_.add("axis", std::to_string(op.axis));
    keys_.add(
        "indices",
        keys_.constants("indices", std::vector<std::int32_t>{op.indices.begin(), op.indices.end()},
                        kMostTable));
  }
  void write(const Prelu& op) {
    keys_.op("prelu");
    keys_.two_sides(op.identity, op.alpha);
  }
  void write(const L2Normalization& /*op*/) {
    keys_.op("l2_normalization");
    keys_.output();
  }
  void write(const Pad& op) {
    keys_.op("pad");
    keys_.add("before", yaml_list(op.before)).add("after", yaml_list(op.after));
    keys_.add("value", std::to_string(op.value));
  }
  void write(const Concat& op) {
    keys_.op("concat");
    keys_.add("axis", std::to_string(op.axis));
  }
  void write(const Transpose& op) {
    keys_.op("transpose");
    keys_.add("permutation", yaml_list(op.permutation));
  }
  void write(const StridedSlice& op) {
    keys_.op("strided_slice");
    keys_.add("begin", yaml_list(op.begin)).add("steps", yaml_list(op.stride));
    keys_.add("count", yaml_list(op.count));
    if (output_.shape != op.count) {
      add_shape();
    }
  }
  void write(const Softmax& op) {
    keys_.op("softmax");
    keys_.output();
    keys_.fixed_input(op.input);
  }
  void write(const Logistic& op) {
    keys_.op("logistic");
    keys_.output();
    keys_.fixed_input(op.input);
  }
  void write(const Relu& op) {
    keys_.op("relu");
    keys_.scaling(op.requant);
  }
  void write(const Requantize& op) {
    keys_.op("requantize");
    keys_.scaling(op.requant);
  }
  void write(const LeakyRelu& op) {
    keys_.op("leaky_relu");
    keys_.two_sides(op.identity, op.alpha);
  }
  void write(const Quantize& /*op*/) {
    keys_.op("quantize");
    keys_.output();
  }
  void write(const Dequantize& /*op*/) { keys_.op("dequantize"); }
  template <typename Resize>
  void write_resize(const char* name, const Resize& op) {
    keys_.op(name);
    keys_.add("size",
              yaml_list(std::vector<std::int64_t>{output_.shape.at(1), output_.shape.at(2)}));
    keys_.add("align_corners", yaml_flag(op.align_corners));
    keys_.add("half_pixel_centers", yaml_flag(op.half_pixel_centers));
  }
  /// ONNX's operators on floats and on operands that are computed.
  template <typename Op>
  void write(const Op& /*op*/) {
    throw ConvertError{"layer '" + layer_.name + "': YAML has no operator " +
                       op_name(network_, layer_)};
  }
  void write(const ResizeNearest& op) { write_resize("resize_nearest", op); }
  void write(const ResizeBilinear& op) { write_resize("resize_bilinear", op); }
  void write(const BatchMatMul& op) {
    keys_.op("batch_matmul");
    keys_.add("transpose_a", yaml_flag(op.transpose_a))
        .add("transpose_b", yaml_flag(op.transpose_b));
    keys_.scaling(op.requant);
  }

  const Network& network_;
  const Layer& layer_;
  const Tensor& output_;
  LayerKeys keys_;
};

}  // namespace

std::string layer_text(const Network& network, const Layer& layer,
                       const std::function<std::string(TensorId)>& name_of, ConstantWriter& files) {
  return LayerText{network, layer, name_of, files}.text();
}

}  // namespace systole

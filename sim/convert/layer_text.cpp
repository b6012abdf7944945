#include "sim/convert/layer_text.hpp"

#include <algorithm>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/convert/trace_writer.hpp"
#include "sim/convert/yaml_text.hpp"

namespace systole {
namespace {

std::string flag(bool value) { return value ? "true" : "false"; }

std::string pair_text(std::int64_t h, std::int64_t w) {
  return h == w ? std::to_string(h) : yaml_list(std::vector<std::int64_t>{h, w});
}

bool is_product(const Layer& layer) {
  return std::holds_alternative<Conv2d>(layer.op) ||
         std::holds_alternative<FullyConnected>(layer.op) ||
         std::holds_alternative<TransposeConv>(layer.op);
}

/// One layer, key by key.
class LayerText {
 public:
  LayerText(const Network& network, const Layer& layer,
            const std::function<std::string(TensorId)>& name_of, ConstantWriter& files)
      : network_{network}, layer_{layer}, output_{network.tensor(layer.output)}, files_{files} {
    map_.add("name", yaml_text(layer.name));
    std::string inputs;
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      if (!is_own_constant(network, layer, i)) {
        inputs += (inputs.empty() ? "" : ", ") + yaml_text(name_of(layer.inputs[i]));
      }
    }
    inputs_ = "[" + inputs + "]";
  }

  std::string text() {
    std::visit([this](const auto& op) { write(op); }, layer_.op);
    const PinnedMapping& pinned = layer_.mapping;
    YamlMap mapping;
    bool any = false;
    for (const auto& [key, value] :
         {std::pair{"tile_oh", pinned.tile_oh}, std::pair{"tile_ow", pinned.tile_ow},
          std::pair{"tile_oc", pinned.tile_oc}, std::pair{"tile_ic", pinned.tile_ic}}) {
      if (value != 0) {
        mapping.add(key, std::to_string(value));
        any = true;
      }
    }
    if (pinned.depthwise) {
      mapping.add("depthwise", OneOf{keywords::kDepthwise}.name_of(*pinned.depthwise));
      any = true;
    }
    if (pinned.pack_taps) {
      mapping.add("pack_taps", flag(*pinned.pack_taps));
      any = true;
    }
    if (any) {
      map_.add("mapping", mapping.text());
    }
    return map_.text();
  }

 private:
  void begin(const char* op) { map_.add("op", op).add("inputs", inputs_); }

  void output() {
    const std::string numbers = numbers_text(output_);
    if (!numbers.empty()) {
      map_.add("output", "{" + numbers + "}");
    }
  }

  void clamp(std::int64_t least, std::int64_t most) {
    if (least != output_.format.min() || most != output_.format.max()) {
      map_.add("clamp", yaml_list(std::vector<std::int64_t>{least, most}));
    }
  }

  /// The constants of x and of alpha times x.
  void two_sides(QuantizedMultiplier identity, QuantizedMultiplier alpha) {
    output();
    if (identity.multiplier != 0 || alpha.multiplier != 0) {
      YamlMap map;
      add_multipliers(map, {identity.multiplier, alpha.multiplier},
                      {identity.exponent, alpha.exponent});
      map_.add("requant", map.text());
    }
  }

  static constexpr std::size_t kMostTable = 256;

  template <typename Value>
  std::string constants(const char* what, const std::vector<Value>& values,
                        std::size_t most_inline = 4) {
    const std::string stem = layer_.name + "." + what;
    if constexpr (std::is_same_v<Value, float>) {
      if (values.size() > most_inline) {
        return yaml_text(files_.floats(stem, values));
      }
      std::string list;
      for (const float value : values) {
        list += (list.empty() ? "" : ", ") + yaml_text(value);
      }
      return "[" + list + "]";
    } else {
      return values.size() > most_inline ? yaml_text(files_.integers(stem, values))
                                         : yaml_list(values);
    }
  }

  /// The keys that are the same for an output and for the operands of a sum.
  void add_multipliers(YamlMap& map, const std::vector<std::int32_t>& multiplier,
                       const std::vector<std::int32_t>& exponent) {
    map.add("multiplier", constants("multiplier", multiplier))
        .add("exponent", constants("exponent", exponent));
  }

  YamlMap requant_map(const Requantizer& requant) {
    YamlMap map;
    if (requant.mode == RequantMode::ShiftOnly) {
      throw ConvertError{"layer '" + layer_.name + "': a shift alone cannot be written"};
    }
    if (requant.mode == RequantMode::FloatScale) {
      map.add("scale", constants("requant_scale", requant.scale));
      return map;
    }
    add_multipliers(map, requant.multiplier, requant.exponent);
    if (requant.variant == RequantVariant::Single) {
      if (requant.rounding == Rounding::Stochastic) {
        throw ConvertError{"layer '" + layer_.name + "': its rounding cannot be written"};
      }
      map.add("variant", "single")
          .add("rounding", OneOf{keywords::kLayerRounding}.name_of(requant.rounding));
    }
    return map;
  }

  /// Clamp, output and constants of an operator that scales.
  void scaling(const Requantizer& requant) {
    clamp(requant.clamp_min, requant.clamp_max);
    output();
    if (requant.entries() != 0) {
      map_.add("requant", requant_map(requant).text());
    }
  }

  void fixed_input(QuantizedMultiplier input) {
    if (input.multiplier != 0) {
      YamlMap map;
      add_multipliers(map, {input.multiplier}, {input.exponent});
      map_.add("requant", map.text());
    }
  }

  void window(const Window& w, bool with_kernel) {
    if (with_kernel) {
      map_.add("kernel", pair_text(w.kernel_h, w.kernel_w));
    }
    if (w.stride_h != 1 || w.stride_w != 1) {
      map_.add("stride", pair_text(w.stride_h, w.stride_w));
    }
    if (w.dilation_h != 1 || w.dilation_w != 1) {
      map_.add("dilation", pair_text(w.dilation_h, w.dilation_w));
    }
    if (w.pad_top != 0 || w.pad_left != 0 || w.pad_bottom != 0 || w.pad_right != 0) {
      map_.add("padding", yaml_list(std::vector<std::int64_t>{w.pad_top, w.pad_left, w.pad_bottom,
                                                              w.pad_right}));
    }
  }

  /// Weights, as a file, or as shapes alone.
  void weights(std::int64_t out_channels) {
    const Tensor& tensor = network_.tensor(layer_.inputs.at(1));
    YamlMap map;
    if (tensor.data) {
      map.add("file", yaml_text(files_.tensor(layer_.name + ".weights", tensor)));
    } else {
      map_.add("out_channels", std::to_string(out_channels));
    }
    if (!tensor.scale.empty()) {
      map.add("scale", constants("weight_scale", tensor.scale));
    }
    if (tensor.zero_point != 0) {
      map.add("zero_point", std::to_string(tensor.zero_point));
    }
    if (tensor.format.is_binary) {
      map.add("format", "binary");
    } else if (tensor.format.bits != 8) {
      map.add("bits", std::to_string(tensor.format.bits));
    }
    if (!tensor.format.is_signed) {
      map.add("signed", "false");
    }
    map_.add("weights", map.text());
  }

  void bias(bool has_bias) {
    if (!has_bias) {
      return;
    }
    const Tensor& tensor = network_.tensor(layer_.inputs.at(2));
    YamlMap map;
    if (tensor.data) {
      map.add("file", yaml_text(files_.tensor(layer_.name + ".bias", tensor)));
    }
    if (tensor.format.bits != 32) {
      map.add("bits", std::to_string(tensor.format.bits));
    }
    map_.add("bias", map.text());
  }

  bool has_weight_file() const { return network_.tensor(layer_.inputs.at(1)).data.has_value(); }

  void write(const Conv2d& op) {
    const std::int64_t channels = network_.tensor(layer_.inputs.at(0)).shape.at(3);
    const bool depthwise = op.groups > 1 && op.groups == channels;
    begin(depthwise ? "depthwise_conv2d" : "conv2d");
    window(op.window, !has_weight_file());
    if (op.groups > 1 && !depthwise) {
      map_.add("groups", std::to_string(op.groups));
    }
    weights(output_.shape.at(3));
    bias(op.has_bias);
    scaling(op.requant);
  }
  void write(const TransposeConv& op) {
    begin("transpose_conv2d");
    window(op.window, !has_weight_file());
    map_.add("size",
             yaml_list(std::vector<std::int64_t>{output_.shape.at(1), output_.shape.at(2)}));
    weights(output_.shape.at(3));
    bias(op.has_bias);
    scaling(op.requant);
  }
  void write(const FullyConnected& op) {
    begin("fully_connected");
    weights(output_.shape.back());
    bias(op.has_bias);
    if (output_.shape.size() != 2) {
      map_.add("shape", yaml_list(output_.shape));
    }
    scaling(op.requant);
  }
  void write(const MatMul& op) {
    begin("matmul");
    if (is_own_constant(network_, layer_, 1)) {
      weights(output_.shape.back());
    }
    scaling(op.requant);
  }
  template <typename Pool>
  void write_pool(const char* name, const Pool& op) {
    if (op.window.dilation_h != 1 || op.window.dilation_w != 1) {
      throw ConvertError{"layer '" + layer_.name + "': YAML has no key for the dilation of a pool"};
    }
    begin(name);
    window(op.window, true);
    clamp(op.clamp_min, op.clamp_max);
  }
  void write(const MaxPool& op) { write_pool("max_pool2d", op); }
  void write(const AveragePool& op) { write_pool("average_pool2d", op); }
  void write_sum(const char* name, const Add& op) {
    begin(name);
    clamp(op.output.clamp_min, op.output.clamp_max);
    output();
    if (op.output.entries() == 0) {
      return;
    }
    YamlMap map = requant_map(op.output);
    YamlMap operands;
    if (op.output.mode == RequantMode::FloatScale) {
      operands.add("scale", constants("operand_scale", std::vector<float>{op.input_scale.begin(),
                                                                          op.input_scale.end()}));
    } else {
      add_multipliers(operands, {op.input[0].multiplier, op.input[1].multiplier},
                      {op.input[0].exponent, op.input[1].exponent});
      map.add("left_shift", std::to_string(op.left_shift));
    }
    map_.add("requant", map.add("operands", operands.text()).text());
  }
  void write(const Add& op) { write_sum("add", op); }
  void write(const SquaredDifference& op) { write_sum("squared_difference", op.terms); }
  void write(const Sub& op) { write_sum("sub", op.terms); }
  void write(const Reshape& /*op*/) {
    begin("reshape");
    map_.add("shape", yaml_list(output_.shape));
  }
  void write(const Mul& op) {
    begin("mul");
    scaling(op.output);
  }
  /// After a reduction: axes of 1, where there are as many as before.
  void kept_axes() {
    if (output_.shape.size() == network_.tensor(layer_.inputs.at(0)).shape.size()) {
      map_.add("keep_dims", "true");
    }
  }
  void write(const Mean& op) {
    begin(op.is_sum ? "sum" : "mean");
    map_.add("axes", yaml_list(op.axes));
    kept_axes();
    scaling(op.requant);
  }
  void write(const Extremum& op) { begin(op.largest ? "maximum" : "minimum"); }
  void write(const ReduceExtremum& op) {
    begin(op.largest ? "reduce_max" : "reduce_min");
    map_.add("axes", yaml_list(op.axes));
    kept_axes();
  }
  void write(const ArgExtremum& op) {
    begin(op.largest ? "arg_max" : "arg_min");
    map_.add("axis", std::to_string(op.axis));
    kept_axes();
  }
  void write(const Lookup& op) {
    begin("lookup");
    output();
    map_.add("table", constants("table", op.table, kMostTable));
  }
  void write(const Gather& op) {
    begin("gather");
    map_.add("axis", std::to_string(op.axis));
    map_.add("indices",
             constants("indices", std::vector<std::int32_t>{op.indices.begin(), op.indices.end()},
                       kMostTable));
  }
  void write(const Prelu& op) {
    begin("prelu");
    two_sides(op.identity, op.alpha);
  }
  void write(const L2Normalization& /*op*/) {
    begin("l2_normalization");
    output();
  }
  void write(const Pad& op) {
    begin("pad");
    map_.add("before", yaml_list(op.before)).add("after", yaml_list(op.after));
    map_.add("value", std::to_string(op.value));
  }
  void write(const Concat& op) {
    begin("concat");
    map_.add("axis", std::to_string(op.axis));
  }
  void write(const Transpose& op) {
    begin("transpose");
    map_.add("permutation", yaml_list(op.permutation));
  }
  void write(const StridedSlice& op) {
    begin("strided_slice");
    map_.add("begin", yaml_list(op.begin)).add("steps", yaml_list(op.stride));
    map_.add("count", yaml_list(op.count));
    if (output_.shape != op.count) {
      map_.add("shape", yaml_list(output_.shape));
    }
  }
  void write(const Softmax& op) {
    begin("softmax");
    output();
    fixed_input(op.input);
  }
  void write(const Logistic& op) {
    begin("logistic");
    output();
    fixed_input(op.input);
  }
  void write(const Relu& op) {
    begin("relu");
    scaling(op.requant);
  }
  void write(const Requantize& op) {
    begin("requantize");
    scaling(op.requant);
  }
  void write(const LeakyRelu& op) {
    begin("leaky_relu");
    two_sides(op.identity, op.alpha);
  }
  void write(const Quantize& /*op*/) {
    begin("quantize");
    output();
  }
  void write(const Dequantize& /*op*/) { begin("dequantize"); }
  template <typename Resize>
  void write_resize(const char* name, const Resize& op) {
    begin(name);
    map_.add("size",
             yaml_list(std::vector<std::int64_t>{output_.shape.at(1), output_.shape.at(2)}));
    map_.add("align_corners", flag(op.align_corners));
    map_.add("half_pixel_centers", flag(op.half_pixel_centers));
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
    begin("batch_matmul");
    map_.add("transpose_a", flag(op.transpose_a)).add("transpose_b", flag(op.transpose_b));
    scaling(op.requant);
  }

  const Network& network_;
  const Layer& layer_;
  const Tensor& output_;
  ConstantWriter& files_;
  YamlMap map_;
  std::string inputs_;
};

}  // namespace

std::string numbers_text(const Tensor& tensor) {
  std::string text;
  const auto add = [&](const char* key, const std::string& value) {
    text += (text.empty() ? "" : ", ") + std::string{key} + ": " + value;
  };
  if (tensor.format.is_float) {
    return "float: true";
  }
  if (!tensor.scale.empty()) {
    add("scale", yaml_text(tensor.scale.at(0)));
  }
  if (tensor.zero_point != 0) {
    add("zero_point", std::to_string(tensor.zero_point));
  }
  if (tensor.format.bits != 8) {
    add("bits", std::to_string(tensor.format.bits));
  }
  if (!tensor.format.is_signed) {
    add("signed", "false");
  }
  return text;
}

std::string layer_text(const Network& network, const Layer& layer,
                       const std::function<std::string(TensorId)>& name_of, ConstantWriter& files) {
  return LayerText{network, layer, name_of, files}.text();
}

bool is_own_constant(const Network& network, const Layer& layer, std::size_t operand) {
  if (is_product(layer)) {
    return operand > 0;
  }
  const std::vector<bool> run_time = run_time_tensors(network);
  return std::holds_alternative<MatMul>(layer.op) && operand == 1 && !run_time[layer.inputs[1]];
}

}  // namespace systole

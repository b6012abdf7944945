#include "sim/convert/layer_keys.hpp"

#include <utility>
#include <variant>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/convert/trace_writer.hpp"

namespace systole {
namespace {

std::string pair_text(std::int64_t h, std::int64_t w) {
  return h == w ? std::to_string(h) : yaml_list(std::vector<std::int64_t>{h, w});
}

bool is_product(const Layer& layer) {
  return std::holds_alternative<Conv2d>(layer.op) ||
         std::holds_alternative<FullyConnected>(layer.op) ||
         std::holds_alternative<TransposeConv>(layer.op);
}

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

bool is_own_constant(const Network& network, const Layer& layer, std::size_t operand) {
  if (is_product(layer)) {
    return operand > 0;
  }
  const std::vector<bool> run_time = run_time_tensors(network);
  return std::holds_alternative<MatMul>(layer.op) && operand == 1 && !run_time[layer.inputs[1]];
}

LayerKeys::LayerKeys(const Network& network, const Layer& layer,
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

void LayerKeys::op(const char* name) { map_.add("op", name).add("inputs", inputs_); }

void LayerKeys::window(const Window& w, bool with_kernel) {
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

void LayerKeys::weights(std::int64_t out_channels) {
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

void LayerKeys::bias(bool has_bias) {
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

void LayerKeys::output() {
  const std::string numbers = numbers_text(output_);
  if (!numbers.empty()) {
    map_.add("output", "{" + numbers + "}");
  }
}

void LayerKeys::clamp(std::int64_t least, std::int64_t most) {
  const bool is_whole = least == output_.format.min() && most == output_.format.max();
  if (!is_whole || std::holds_alternative<Relu>(layer_.op)) {  // whose default is an activation
    map_.add("clamp", yaml_list(std::vector<std::int64_t>{least, most}));
  }
}

void LayerKeys::scaling(const Requantizer& requant) {
  clamp(requant.clamp_min, requant.clamp_max);
  output();
  if (requant.entries() != 0) {
    map_.add("requant", requant_map(requant).text());
  }
}

void LayerKeys::sum_scaling(const Add& sum) {
  clamp(sum.output.clamp_min, sum.output.clamp_max);
  output();
  if (sum.output.entries() == 0) {
    return;
  }
  YamlMap map = requant_map(sum.output);
  YamlMap operands;
  if (sum.output.mode == RequantMode::FloatScale) {
    operands.add("scale", constants("operand_scale", std::vector<float>{sum.input_scale.begin(),
                                                                        sum.input_scale.end()}));
  } else {
    add_multipliers(operands, {sum.input[0].multiplier, sum.input[1].multiplier},
                    {sum.input[0].exponent, sum.input[1].exponent});
    map.add("left_shift", std::to_string(sum.left_shift));
  }
  map_.add("requant", map.add("operands", operands.text()).text());
}

void LayerKeys::two_sides(QuantizedMultiplier identity, QuantizedMultiplier alpha) {
  output();
  if (identity.multiplier != 0 || alpha.multiplier != 0) {
    YamlMap map;
    add_multipliers(map, {identity.multiplier, alpha.multiplier},
                    {identity.exponent, alpha.exponent});
    map_.add("requant", map.text());
  }
}

void LayerKeys::fixed_input(QuantizedMultiplier input) {
  if (input.multiplier != 0) {
    YamlMap map;
    add_multipliers(map, {input.multiplier}, {input.exponent});
    map_.add("requant", map.text());
  }
}

void LayerKeys::kept_axes() {
  if (output_.shape.size() == network_.tensor(layer_.inputs.at(0)).shape.size()) {
    map_.add("keep_dims", "true");
  }
}

std::string LayerKeys::constants(const char* what, const std::vector<float>& values,
                                 std::size_t most_inline) {
  if (values.size() > most_inline) {
    return yaml_text(files_.floats(layer_.name + "." + what, values));
  }
  std::string list;
  for (const float value : values) {
    list += (list.empty() ? "" : ", ") + yaml_text(value);
  }
  return "[" + list + "]";
}

std::string LayerKeys::constants(const char* what, const std::vector<std::int32_t>& values,
                                 std::size_t most_inline) {
  return values.size() > most_inline ? yaml_text(files_.integers(layer_.name + "." + what, values))
                                     : yaml_list(values);
}

void LayerKeys::mapping() {
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
    mapping.add("pack_taps", yaml_flag(*pinned.pack_taps));
    any = true;
  }
  if (any) {
    map_.add("mapping", mapping.text());
  }
}

/// The keys that are the same for an output and for the operands of a sum.
void LayerKeys::add_multipliers(YamlMap& map, const std::vector<std::int32_t>& multiplier,
                                const std::vector<std::int32_t>& exponent) {
  map.add("multiplier", constants("multiplier", multiplier))
      .add("exponent", constants("exponent", exponent));
}

YamlMap LayerKeys::requant_map(const Requantizer& requant) {
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

}  // namespace systole

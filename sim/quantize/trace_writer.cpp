#include "sim/quantize/trace_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "sim/config/yaml_quote.hpp"
#include "sim/files/atomic_file.hpp"
#include "sim/workload/npy.hpp"

namespace systole::quantize {
namespace {

std::string list(const Shape& values) { return fmt::format("[{}]", fmt::join(values, ", ")); }

std::string pair(std::int64_t h, std::int64_t w) {
  return h == w ? std::to_string(h) : list({h, w});
}

class TraceText {
 public:
  TraceText(const QuantizedNetwork& network, const std::string& folder)
      : quantized_{network}, network_{network.fused.network}, folder_{folder} {}

  std::string text(const std::string& comment, bool has_images, bool has_labels) {
    text_ = fmt::format("# {}\nname: {}\ninputs:\n", comment, quoted_yaml(network_.name));
    for (const ValueId id : network_.inputs) {
      text_ += fmt::format("  - {{name: {}, shape: {}, {}}}\n", name_of(id),
                           list(network_.value(id).shape), format_text(id));
    }
    std::string outputs;
    for (const ValueId id : network_.outputs) {
      outputs += (outputs.empty() ? "" : ", ") + name_of(id);
    }
    text_ += fmt::format("outputs: [{}]\n", outputs);
    text_ += has_images ? "images: images.npy\n" : "";
    text_ += has_labels ? "labels: labels.npy\n" : "";
    text_ += "layers:\n";
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      write_layer(i);
    }
    return std::move(text_);
  }

 private:
  std::string name_of(ValueId id) const { return quoted_yaml(network_.value(id).name); }

  std::string format_text(ValueId id) const {
    const IntegerFormat& format = quantized_.values[id].format;
    std::string text = fmt::format("scale: {}, zero_point: {}", format.scale, format.zero_point);
    text += width_text(format.element);
    return text;
  }

  static std::string width_text(ElementFormat element) {
    if (element.is_binary) {
      return ", format: binary";
    }
    return (element.bits == 8 ? "" : fmt::format(", bits: {}", element.bits)) +
           (element.is_signed ? "" : ", signed: false");
  }

  void key(const std::string& name, const std::string& value) {
    text_ += fmt::format("    {}: {}\n", name, value);
  }

  void write_layer(std::size_t i) {
    const FloatLayer& layer = network_.layers[i];
    layer_ = i;
    std::string inputs;
    for (const ValueId id : layer.inputs) {
      inputs += (inputs.empty() ? "" : ", ") + name_of(id);
    }
    text_ += fmt::format("  - name: {}\n", quoted_yaml(layer.name));
    key("op", std::visit([&](const auto& op) { return op_of(op); }, layer.op));
    key("inputs", "[" + inputs + "]");
    std::visit([&](const auto& op) { keys(op); }, layer.op);
    write_limits();
  }

  bool is_depthwise(const FloatConv2d& op) const {
    return op.groups > 1 && network_.value(network_.layers[layer_].inputs[0]).shape[3] == op.groups;
  }

  std::string op_of(const FloatConv2d& op) const {
    return is_depthwise(op) ? "depthwise_conv2d" : "conv2d";
  }
  template <typename Op>
  std::string op_of(const Op& op) const {
    return float_op_name(op);
  }

  void keys(const FloatConv2d& op) {
    if (op.groups != 1 && !is_depthwise(op)) {
      key("groups", std::to_string(op.groups));
    }
    write_window(op.window);
    if (op.window.dilation_h != 1 || op.window.dilation_w != 1) {
      key("dilation", pair(op.window.dilation_h, op.window.dilation_w));
    }
    write_constants();
  }
  void keys(const FloatFullyConnected& /*op*/) { write_constants(); }
  void keys(const FloatMaxPool& op) { write_pool(op.window); }
  void keys(const FloatAveragePool& op) { write_pool(op.window); }
  void keys(const FloatGlobalAveragePool& /*op*/) {}
  void keys(const FloatAdd& /*op*/) { write_output(); }
  void keys(const FloatReshape& op) { key("shape", list(op.shape)); }
  void keys(const FloatConcat& op) { key("axis", std::to_string(op.axis)); }
  void keys(const FloatTranspose& op) {
    key("permutation", fmt::format("[{}]", fmt::join(op.permutation, ", ")));
  }
  template <typename Op>
  void keys(const Op& op) {
    throw std::logic_error{std::string{"a fused network has a "} + float_op_name(op)};
  }

  void write_pool(const Window& window) {
    key("kernel", pair(window.kernel_h, window.kernel_w));
    write_window(window);
  }

  void write_window(const Window& w) {
    if (w.stride_h != 1 || w.stride_w != 1) {
      key("stride", pair(w.stride_h, w.stride_w));
    }
    if ((w.pad_top | w.pad_left | w.pad_bottom | w.pad_right) != 0) {
      key("padding", list({w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}));
    }
  }

  void write_output() { key("output", "{" + format_text(network_.layers[layer_].output) + "}"); }

  void write_constants() {
    const std::string& name = network_.layers[layer_].name;
    const QuantizedLayer& constants = quantized_.layers[layer_];
    const IntegerWeights& weights = constants.weights.value();
    const IntegerFormat& format = weights.formats[0];
    write_npy(file(name + ".weight.npy"), weights.values, weights.shape, format.element);
    std::string scale = fmt::format("{}", format.scale);
    if (weights.formats.size() > 1) {
      std::vector<float> scales;
      for (const IntegerFormat& channel : weights.formats) {
        scales.push_back(channel.scale);
      }
      scale = quoted_yaml(name + ".weight_scale.npy");
      const auto count = static_cast<std::int64_t>(scales.size());
      write_npy(file(name + ".weight_scale.npy"), NpyArray{{count}, std::move(scales)});
    }
    key("weights",
        fmt::format(
            "{{file: {}, scale: {}{}{}}}", quoted_yaml(name + ".weight.npy"), scale,
            format.zero_point == 0 ? "" : fmt::format(", zero_point: {}", format.zero_point),
            width_text(format.element)));
    if (constants.bias) {
      const ElementFormat width{quantized_.bias_bits, true};
      write_npy(file(name + ".bias.npy"), *constants.bias,
                {static_cast<std::int64_t>(constants.bias->size())}, width);
      key("bias", fmt::format("{{file: {}{}}}", quoted_yaml(name + ".bias.npy"),
                              width.bits == 32 ? "" : fmt::format(", bits: {}", width.bits)));
    }
    write_output();
  }

  void write_limits() {
    const FloatClip& limits = quantized_.fused.limits[layer_];
    const bool low = std::isfinite(limits.low);
    const bool high = std::isfinite(limits.high);
    if (limits.low == 0.0F && !high) {
      key("activation", "relu");
    } else if (limits.low == 0.0F && limits.high == 6.0F) {
      key("activation", "relu6");
    } else if (low || high) {
      key("activation",
          fmt::format("{{{}{}{}}}", low ? fmt::format("min: {}", limits.low) : "",
                      low && high ? ", " : "", high ? fmt::format("max: {}", limits.high) : ""));
    }
  }

  std::string file(const std::string& name) const {
    return (std::filesystem::path{folder_} / name).string();
  }

  const QuantizedNetwork& quantized_;
  const FloatNetwork& network_;
  const std::string& folder_;
  std::string text_;
  std::size_t layer_ = 0;
};

}  // namespace

void write_trace(const QuantizedNetwork& network, const FloatImages& images,
                 const std::string& comment, const std::string& folder) {
  namespace fs = std::filesystem;
  const std::string text =
      TraceText{network, folder}.text(comment, images.count > 0, !images.labels.empty());
  const auto path = [&](const char* name) { return (fs::path{folder} / name).string(); };
  if (images.count > 0) {
    Shape shape = network.fused.network.value(network.fused.network.inputs.at(0)).shape;
    shape[0] = images.count;
    write_npy(path("images.npy"), NpyArray{shape, images.values});
  }
  if (!images.labels.empty()) {
    write_npy(path("labels.npy"),
              NpyArray{{images.count},
                       std::vector<std::int32_t>{images.labels.begin(), images.labels.end()}});
  }
  write_file_atomically(path("net.yaml"), text);
}

}  // namespace systole::quantize

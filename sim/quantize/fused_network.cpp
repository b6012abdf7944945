#include "sim/quantize/fused_network.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>

#include "sim/config/error_log.hpp"
#include "sim/network/refusal.hpp"
#include "sim/workload/file_names.hpp"

namespace systole::quantize {
namespace {

/// Without what would become leading underscores: "/conv1/Conv" is to be conv1_Conv.
std::string from_first_letter(const std::string& name) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  };
  return {std::find_if(name.begin(), name.end(), plain), name.end()};
}

/// A variance and an epsilon of next to nothing divide by it.
void expect_finite(const FloatTensor& weight, const std::vector<float>& bias) {
  const auto is_finite = [](float value) { return std::isfinite(value); };
  const auto each = static_cast<std::ptrdiff_t>(weight.data.size() / bias.size());
  auto from = weight.data.begin();
  for (std::size_t c = 0; c < bias.size(); ++c, from += each) {
    if (!is_finite(bias[c]) || !std::all_of(from, from + each, is_finite)) {
      throw Refusal{"gives channel " + std::to_string(c) +
                    " weights or a bias that float32 cannot hold, expected a larger variance or "
                    "epsilon"};
    }
  }
}

/// A depthwise convolution of one tap and this line in each channel.
FloatConv2d scaling_conv(const std::vector<ChannelLine>& lines) {
  FloatConv2d conv;
  const auto channels = static_cast<std::int64_t>(lines.size());
  conv.groups = channels;
  conv.weight.shape = {channels, 1, 1, 1};
  for (const ChannelLine& line : lines) {
    conv.weight.data.push_back(line.slope);
    conv.bias.push_back(line.offset);
  }
  expect_finite(conv.weight, conv.bias);
  return conv;
}

/// Multiplies the output channels of a product and adds to them.
template <typename Product>
void fold(Product& product, const std::vector<ChannelLine>& lines) {
  product.bias.resize(lines.size(), 0.0F);
  const std::size_t each = product.weight.data.size() / lines.size();
  for (std::size_t c = 0; c < lines.size(); ++c) {
    product.bias[c] = product.bias[c] * lines[c].slope + lines[c].offset;
    for (std::size_t i = 0; i < each; ++i) {
      product.weight.data[c * each + i] *= lines[c].slope;
    }
  }
  expect_finite(product.weight, product.bias);
}

class Fuser {
 public:
  explicit Fuser(const FloatNetwork& from) : from_{from} {}

  FusedNetwork run() {
    find_uses();
    FloatNetwork& to = result_.network;
    to.name = from_.name;
    new_id_.resize(from_.values.size());
    for (const ValueId id : from_.inputs) {
      new_id_[id] = to.add_input(names_.next(from_first_letter(from_.value(id).name), ""),
                                 from_.value(id).shape);
    }
    std::vector<std::string> errors;
    std::vector<bool> refused(from_.values.size());
    for (const FloatLayer& layer : from_.layers) {
      if (!needed_[layer.output]) {
        continue;
      }
      if (std::any_of(layer.inputs.begin(), layer.inputs.end(),
                      [&](ValueId id) { return refused[id]; })) {
        refused[layer.output] = true;  // who reads it is not to blame
        continue;
      }
      try {
        new_id_[layer.output] =
            std::visit([&](const auto& op) { return put(layer, op); }, layer.op);
      } catch (const Refusal& error) {
        errors.push_back(layer.place + ": " + error.what());
        refused[layer.output] = true;
      }
    }
    if (!errors.empty()) {
      throw ConfigError{errors};
    }
    for (const ValueId id : from_.outputs) {
      to.outputs.push_back(new_id_[id]);
    }
    return std::move(result_);
  }

 private:
  void find_uses() {
    uses_.assign(from_.values.size(), 0);
    needed_.assign(from_.values.size(), false);
    for (const ValueId id : from_.outputs) {
      needed_[id] = true;
      ++uses_[id];  // so that it is merged into nothing that reads it
    }
    for (auto layer = from_.layers.rbegin(); layer != from_.layers.rend(); ++layer) {
      if (needed_[layer->output]) {
        for (const ValueId id : layer->inputs) {
          needed_[id] = true;
          ++uses_[id];
        }
      }
    }
  }

  /// The new layer that gives a value which only one layer reads, if the value is a layer's.
  std::optional<std::size_t> only_producer(ValueId old_id) const {
    if (uses_[old_id] != 1) {
      return std::nullopt;
    }
    const std::vector<FloatLayer>& layers = result_.network.layers;
    for (std::size_t i = layers.size(); i-- > 0;) {
      if (layers[i].output == new_id_[old_id]) {
        return i;
      }
    }
    return std::nullopt;
  }

  ValueId add(const FloatLayer& layer, FloatOp op, const FloatClip& limits = {}) {
    std::vector<ValueId> inputs;
    for (const ValueId id : layer.inputs) {
      inputs.push_back(new_id_[id]);
    }
    const ValueId id = result_.network.add_layer(names_.next(from_first_letter(layer.name), ""),
                                                 std::move(op), inputs, layer.place);
    result_.limits.push_back(limits);
    return id;
  }

  template <typename Op>
  ValueId put(const FloatLayer& layer, const Op& op) {
    return add(layer, op);
  }

  ValueId put(const FloatLayer& layer, const FloatAveragePool& op) {
    const Window& w = op.window;
    if (!op.counts_padding || (w.pad_top | w.pad_left | w.pad_bottom | w.pad_right) == 0) {
      return add(layer, FloatAveragePool{w, false});
    }
    FloatConv2d mean;
    mean.window = w;
    mean.groups = from_.value(layer.inputs[0]).shape[3];
    mean.weight.shape = {mean.groups, w.kernel_h, w.kernel_w, 1};
    mean.weight.data.assign(static_cast<std::size_t>(element_count(mean.weight.shape)),
                            1.0F / static_cast<float>(w.kernel_h * w.kernel_w));
    return add(layer, mean);
  }

  ValueId put(const FloatLayer& layer, const FloatBatchNorm& op) {
    const std::vector<ChannelLine> lines = lines_of(op);
    const auto producer = only_producer(layer.inputs[0]);
    if (producer && !has_limits(*producer)) {
      FloatLayer& before = result_.network.layers[*producer];
      if (auto* conv = std::get_if<FloatConv2d>(&before.op)) {
        fold(*conv, lines);
        return before.output;
      }
      auto* fc = std::get_if<FloatFullyConnected>(&before.op);
      if (fc != nullptr) {
        fold(*fc, lines);
        return before.output;
      }
    }
    if (from_.value(layer.inputs[0]).shape.size() != 4) {
      throw Refusal{
          "multiplies or shifts the columns of a matrix, which no integer layer can express; "
          "expected a fully connected layer in front of it whose output nothing else reads"};
    }
    return add(layer, scaling_conv(lines));
  }

  bool has_limits(std::size_t layer) const {
    const FloatClip& limits = result_.limits[layer];
    return std::isfinite(limits.low) || std::isfinite(limits.high);
  }

  ValueId put(const FloatLayer& layer, const FloatClip& op) {
    auto producer = only_producer(layer.inputs[0]);
    // Moving elements and clipping them may change places.
    while (producer && moves_only(result_.network.layers[*producer].op)) {
      producer = single_producer_of(result_.network.layers[*producer].inputs);
    }
    if (producer) {
      FloatClip& limits = result_.limits[*producer];
      limits = {std::min(std::max(limits.low, op.low), op.high),
                std::min(std::max(limits.high, op.low), op.high)};
      return new_id_[layer.inputs[0]];
    }
    if (from_.value(layer.inputs[0]).shape.size() != 4) {
      throw Refusal{
          "is an activation of a matrix, which no integer layer can express; expected a layer in "
          "front of it whose output nothing else reads"};
    }
    return add(layer, FloatMaxPool{}, op);
  }

  static bool moves_only(const FloatOp& op) {
    return std::holds_alternative<FloatReshape>(op) || std::holds_alternative<FloatTranspose>(op) ||
           std::holds_alternative<FloatConcat>(op);
  }

  /// The layer that gives the one new value, which one new layer reads.
  std::optional<std::size_t> single_producer_of(const std::vector<ValueId>& inputs) const {
    if (inputs.size() != 1) {
      return std::nullopt;
    }
    for (ValueId old_id = 0; old_id < new_id_.size(); ++old_id) {
      if (new_id_[old_id] == inputs[0] && uses_[old_id] > 1) {
        return std::nullopt;
      }
    }
    const std::vector<FloatLayer>& layers = result_.network.layers;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (layers[i].output == inputs[0]) {
        return i;
      }
    }
    return std::nullopt;
  }

  const FloatNetwork& from_;
  FusedNetwork result_;
  std::vector<ValueId> new_id_;     // of an old value, once it is there
  std::vector<std::int64_t> uses_;  // of old values, by layers that are needed
  std::vector<bool> needed_;
  FileNames names_;  // of layers, and of files after them
};

}  // namespace

FusedNetwork fuse(const FloatNetwork& network) { return Fuser{network}.run(); }

}  // namespace systole::quantize

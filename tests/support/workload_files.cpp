#include "tests/support/workload_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/workload/npy.hpp"

namespace systole::test {
namespace {

/// Writes the keys of one layer after another.
class Writer {
 public:
  Writer(std::string folder, const Network& network)
      : folder_{std::move(folder)}, network_{network} {
    for (const Tensor& tensor : network.tensors) {
      names_.push_back(tensor.name);
    }
    for (const Layer& layer : network.layers) {
      names_[layer.output] = layer.name;
    }
  }

  std::string text() {
    text_ = fmt::format("name: {}\ninputs:\n", network_.name);
    for (const TensorId id : network_.inputs) {
      const Tensor& tensor = network_.tensor(id);
      text_ += fmt::format("  - {{name: {}, shape: {}, {}}}\n", names_[id], tensor.shape,
                           numbers_of(tensor));
    }
    text_ += fmt::format("outputs: [{}]\nlayers:\n", names_of(network_.outputs));
    for (const Layer& layer : network_.layers) {
      layer_ = &layer;
      line("- name", layer.name);
      std::visit(*this, layer.op);
      pins();
    }
    return text_;
  }

  void operator()(const Conv2d& op) {
    line("op", "conv2d");
    inputs(1);
    window(op.window, false);
    line("groups", op.groups);
    weights(op.has_bias);
    requantized(op.requant);
  }
  void operator()(const FullyConnected& op) {
    line("op", "fully_connected");
    inputs(1);
    weights(op.has_bias);
    requantized(op.requant);
  }
  void operator()(const MatMul& op) {
    const bool is_constant = network_.tensor(layer_->inputs[1]).data.has_value();
    line("op", "matmul");
    inputs(is_constant ? 1 : 2);
    if (is_constant) {
      weights(false);
    }
    requantized(op.requant);
  }
  void operator()(const MaxPool& op) { pool("max_pool2d", op); }
  void operator()(const AveragePool& op) { pool("average_pool2d", op); }
  void operator()(const Add& op) {
    line("op", "add");
    inputs(2);
    if (network_.tensor(layer_->output).scale.empty()) {
      const auto& [a, b] = op.input;
      line("requant", fmt::format("{{multiplier: {}, exponent: {}, left_shift: {}, operands: "
                                  "{{multiplier: [{}, {}], exponent: [{}, {}]}}}}",
                                  op.output.multiplier, op.output.exponent, op.left_shift,
                                  a.multiplier, b.multiplier, a.exponent, b.exponent));
    }
    line("clamp", fmt::format("[{}, {}]", op.output.clamp_min, op.output.clamp_max));
    output();
  }
  void operator()(const Concat& op) {
    line("op", "concat");
    inputs(layer_->inputs.size());
    line("axis", op.axis);
  }
  template <typename HostOp>
  void operator()(const HostOp&) {
    throw std::invalid_argument{"workload files have no key for " + op_name(network_, *layer_)};
  }
  void operator()(const Reshape&) {
    line("op", "reshape");
    inputs(1);
    line("shape", fmt::format("{}", network_.tensor(layer_->output).shape));
  }

 private:
  template <typename Value>
  void line(const char* key, const Value& value) {
    text_ += fmt::format("{}{}: {}\n", key[0] == '-' ? "  " : "    ", key, value);
  }

  static std::string numbers_of(const Tensor& tensor) {
    std::string text = fmt::format("bits: {}, signed: {}, zero_point: {}", tensor.format.bits,
                                   tensor.format.is_signed, tensor.zero_point);
    if (!tensor.scale.empty()) {
      text += fmt::format(", scale: {:.9g}", tensor.scale[0]);
    }
    return text;
  }

  void inputs(std::size_t count) {
    const auto first = layer_->inputs.begin();
    line("inputs",
         fmt::format("[{}]", names_of({first, first + static_cast<std::ptrdiff_t>(count)})));
  }
  std::string names_of(const std::vector<TensorId>& tensors) const {
    std::vector<std::string> names;
    for (const TensorId id : tensors) {
      names.push_back(names_[id]);
    }
    return fmt::format("{}", fmt::join(names, ", "));
  }
  void window(const Window& w, bool pooling) {
    if (pooling) {
      line("kernel", fmt::format("[{}, {}]", w.kernel_h, w.kernel_w));
    } else {
      line("dilation", fmt::format("[{}, {}]", w.dilation_h, w.dilation_w));
    }
    line("stride", fmt::format("[{}, {}]", w.stride_h, w.stride_w));
    line("padding",
         fmt::format("[{}, {}, {}, {}]", w.pad_top, w.pad_left, w.pad_bottom, w.pad_right));
  }
  template <typename Pool>
  void pool(const char* op, const Pool& pooling) {
    line("op", op);
    inputs(1);
    window(pooling.window, true);
    line("clamp", fmt::format("[{}, {}]", pooling.clamp_min, pooling.clamp_max));
  }
  void weights(bool has_bias) {
    constant("weights", layer_->inputs[1]);
    if (has_bias) {
      constant("bias", layer_->inputs[2]);
    }
  }
  void constant(const char* key, TensorId id) {
    const Tensor& tensor = network_.tensor(id);
    const std::string file = layer_->name + "." + key + ".npy";
    write_npy(folder_ + "/" + file, tensor.data.value(), tensor.shape, tensor.format);
    const bool is_bias = tensor.format.bits == 32;
    line(key, is_bias                   ? fmt::format("{{file: {}}}", file)
              : tensor.format.is_binary ? fmt::format("{{file: {}, format: binary}}", file)
                                        : fmt::format("{{file: {}, bits: {}, signed: {}}}", file,
                                                      tensor.format.bits, tensor.format.is_signed));
  }
  void requantized(const Requantizer& requant) {
    line("requant", requant.mode == RequantMode::FloatScale
                        ? fmt::format("{{scale: {}}}", requant.scale)
                        : fmt::format("{{multiplier: {}, exponent: {}}}", requant.multiplier,
                                      requant.exponent));
    line("clamp", fmt::format("[{}, {}]", requant.clamp_min, requant.clamp_max));
    output();
  }
  void output() {
    line("output", fmt::format("{{{}}}", numbers_of(network_.tensor(layer_->output))));
  }
  void pins() {
    const PinnedMapping& m = layer_->mapping;
    std::vector<std::string> keys;
    const auto pin = [&](const char* key, std::int64_t size) {
      if (size != 0) {
        keys.push_back(fmt::format("{}: {}", key, size));
      }
    };
    pin("tile_oh", m.tile_oh);
    pin("tile_ow", m.tile_ow);
    pin("tile_oc", m.tile_oc);
    pin("tile_ic", m.tile_ic);
    if (m.depthwise) {
      keys.push_back("depthwise: " + OneOf{keywords::kDepthwise}.name_of(*m.depthwise));
    }
    if (m.pack_taps) {
      keys.push_back(fmt::format("pack_taps: {}", *m.pack_taps));
    }
    if (!keys.empty()) {
      line("mapping", fmt::format("{{{}}}", fmt::join(keys, ", ")));
    }
  }

  const std::string folder_;
  const Network& network_;
  std::vector<std::string> names_;  // of tensors, as the file has them
  const Layer* layer_ = nullptr;
  std::string text_;
};

}  // namespace

void write_workload(const std::string& folder, const Network& network) {
  std::filesystem::create_directories(folder);
  std::ofstream{folder + "/workload.yaml"} << Writer{folder, network}.text();
}

}  // namespace systole::test

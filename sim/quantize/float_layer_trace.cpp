#include "sim/quantize/float_layer_trace.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "sim/network/refusal.hpp"
#include "sim/workload/activation_keys.hpp"
#include "sim/workload/constant_files.hpp"
#include "sim/workload/geometry.hpp"
#include "sim/workload/window_keys.hpp"

namespace systole::quantize {
namespace {

enum class TraceOp {
  Conv2d,
  DepthwiseConv2d,
  FullyConnected,
  BatchNorm,
  Relu,
  Relu6,
  Clip,
  MaxPool2d,
  AveragePool2d,
  GlobalAveragePool2d,
  Add,
  Concat,
  Reshape,
  Flatten,
  Transpose,
};

constexpr Choice<TraceOp> kOps[] = {
    {"conv2d", TraceOp::Conv2d},
    {"depthwise_conv2d", TraceOp::DepthwiseConv2d},
    {"fully_connected", TraceOp::FullyConnected},
    {"batch_norm", TraceOp::BatchNorm},
    {"relu", TraceOp::Relu},
    {"relu6", TraceOp::Relu6},
    {"clip", TraceOp::Clip},
    {"max_pool2d", TraceOp::MaxPool2d},
    {"average_pool2d", TraceOp::AveragePool2d},
    {"global_average_pool2d", TraceOp::GlobalAveragePool2d},
    {"add", TraceOp::Add},
    {"concat", TraceOp::Concat},
    {"reshape", TraceOp::Reshape},
    {"flatten", TraceOp::Flatten},
    {"transpose", TraceOp::Transpose},
};

/// Of what a layer with a mistake in its inputs reads: enough to read its other keys, and not used.
const Shape kUnknownShape{1, 1, 1, 1};

/// A key of any operator.
constexpr const char* kKeysOfAll[] = {"weights", "bias",     "groups",         "dilation", "stride",
                                      "padding", "kernel",   "counts_padding", "gamma",    "beta",
                                      "mean",    "variance", "epsilon",        "min",      "max",
                                      "axis",    "shape",    "permutation"};

FloatClip clip_of(const RealLimits& limits) {
  FloatClip clip;
  clip.low = limits.min.value_or(clip.low);
  clip.high = limits.max.value_or(clip.high);
  return clip;
}

/// Reads one layer and adds it to the network.
class LayerReader {
 public:
  LayerReader(ConfigReader& reader, const FloatFiles& files, FloatNetwork& network,
              FloatNames& by_name)
      : reader_{reader}, files_{files}, network_{network}, by_name_{by_name} {}

  void read() {
    const std::size_t errors = reader_.error_count();
    const std::string name = read_name();
    read_inputs();
    TraceOp op = TraceOp::Relu;
    const std::size_t errors_before_op = reader_.error_count();
    reader_.required("op", op, OneOf{kOps});
    std::optional<FloatOp> read_op;
    if (reader_.ok() && reader_.error_count() == errors_before_op) {
      read_op = read_operator(op);
    } else {
      for (const char* key : kKeysOfAll) {
        reader_.has(key);  // which of them belong here is not known
      }
    }
    const FloatClip clip = clip_of(read_activation_limits(reader_));
    reader_.reject_unknown();
    if (!name.empty()) {
      by_name_.emplace(name, std::nullopt);
    }
    if (read_op && reader_.error_count() == errors && has_all_inputs_) {
      add(name, std::move(*read_op), clip);
    }
  }

 private:
  std::string read_name() {
    std::string name;
    reader_.required("name", name, NotEmpty{});
    if (by_name_.count(name) != 0) {
      reader_.error("name", "'" + name + "' is taken by an input or a layer above");
    }
    return name;
  }

  void read_inputs() {
    std::vector<std::string> names;
    const std::size_t errors = reader_.error_count();
    reader_.required("inputs", names, NotEmpty{});
    if (names.empty() && reader_.ok() && reader_.error_count() == errors) {
      reader_.error("inputs", "is empty, expected the name of an input or a layer");
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      find_input(i, names[i]);
    }
    has_all_inputs_ = inputs_.size() == names.size();
  }

  void find_input(std::size_t i, const std::string& name) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) {
      if (found->second) {
        inputs_.push_back(*found->second);
      }
      return;
    }
    std::vector<std::string> names;
    for (const auto& entry : by_name_) {
      names.push_back(entry.first);
    }
    reader_.error("inputs", "[" + std::to_string(i) + "] '" + name +
                                "' is neither an input nor a layer above this one" +
                                did_you_mean(name, names));
  }

  Shape ifmap() const { return inputs_.empty() ? kUnknownShape : network_.value(inputs_[0]).shape; }

  std::optional<FloatOp> read_operator(TraceOp op) {
    switch (op) {
      case TraceOp::Conv2d:
      case TraceOp::DepthwiseConv2d:
        return read_conv(op == TraceOp::DepthwiseConv2d);
      case TraceOp::FullyConnected: {
        FloatFullyConnected fc;
        fc.weight = files_.tensor(reader_, "weights");
        fc.bias = files_.optional_vector(reader_, "bias");
        return fc;
      }
      case TraceOp::BatchNorm:
        return read_batch_norm();
      case TraceOp::Relu:
        return FloatClip{0.0F};
      case TraceOp::Relu6:
        return FloatClip{0.0F, 6.0F};
      case TraceOp::Clip:
        return clip_of(read_real_limits(reader_));
      case TraceOp::MaxPool2d:
        return FloatMaxPool{read_pool_window()};
      case TraceOp::AveragePool2d: {
        FloatAveragePool pool;
        reader_.optional("counts_padding", pool.counts_padding);
        pool.window = read_pool_window();
        return pool;
      }
      case TraceOp::GlobalAveragePool2d:
        return FloatGlobalAveragePool{};
      case TraceOp::Add:
        return FloatAdd{};
      case TraceOp::Concat: {
        FloatConcat concat;
        concat.axis = ifmap().size() - 1;
        reader_.optional("axis", concat.axis, InRange<std::size_t>{1, 7});
        return concat;
      }
      case TraceOp::Reshape:
        return read_reshape();
      case TraceOp::Flatten:
        return FloatReshape{{1, element_count(ifmap())}};
      case TraceOp::Transpose: {
        FloatTranspose transpose;
        reader_.required("permutation", transpose.permutation, InRange<std::size_t>{0, 7});
        return transpose;
      }
    }
    return std::nullopt;
  }

  FloatOp read_conv(bool is_depthwise) {
    FloatConv2d conv;
    conv.weight = files_.tensor(reader_, "weights");
    conv.bias = files_.optional_vector(reader_, "bias");
    if (is_depthwise) {
      conv.groups = ifmap().back();
    } else {
      reader_.optional("groups", conv.groups, InRange<std::int64_t>{1, kMaxSize});
    }
    if (conv.weight.shape.size() == 4) {
      conv.window.kernel_h = conv.weight.shape[1];
      conv.window.kernel_w = conv.weight.shape[2];
    }
    read_pair(reader_, "dilation", conv.window.dilation_h, conv.window.dilation_w);
    read_stride_and_padding(conv.window);
    return conv;
  }

  Window read_pool_window() {
    Window window;
    if (!reader_.has("kernel")) {
      reader_.error("kernel", "missing, expected an integer or two, [height, width]");
    }
    read_pair(reader_, "kernel", window.kernel_h, window.kernel_w);
    read_stride_and_padding(window);
    return window;
  }

  FloatOp read_batch_norm() {
    FloatBatchNorm norm;
    for (const auto& [key, out] :
         {std::pair{"gamma", &norm.gamma}, std::pair{"beta", &norm.beta},
          std::pair{"mean", &norm.mean}, std::pair{"variance", &norm.variance}}) {
      *out = files_.vector(reader_, key);
    }
    double epsilon = 1e-5;
    reader_.optional("epsilon", epsilon, ScaleRange{});
    norm.epsilon = static_cast<float>(epsilon);
    for (const float variance : norm.variance) {
      if (variance < 0) {
        reader_.error("variance", "has a value below 0");
        break;
      }
    }
    return norm;
  }

  FloatOp read_reshape() {
    FloatReshape reshape;
    reader_.required("shape", reshape.shape, InRange<std::int64_t>{-1, kMaxSize});
    std::int64_t known = 1;
    std::optional<std::size_t> open;
    for (std::size_t i = 0; i < reshape.shape.size(); ++i) {
      const std::int64_t size = reshape.shape[i];
      if (size == 0 || (size == -1 && open)) {
        reader_.error("shape", "expected sizes of 1 or more, one of them may be -1");
        return reshape;
      }
      if (size == -1) {
        open = i;
      } else if ((known *= size) > kMaxSize) {
        reader_.error("shape", "has more than 2^31 elements");
        return reshape;
      }
    }
    if (open) {
      reshape.shape[*open] = element_count(ifmap()) / known;
    }
    return reshape;
  }

  void read_stride_and_padding(Window& window) {
    read_pair(reader_, "stride", window.stride_h, window.stride_w);
    if (read_padding(reader_, window) == PaddingRule::Same && ifmap().size() == 4) {
      pad_same(window, ifmap()[1], ifmap()[2]);
    }
  }

  void add(const std::string& name, FloatOp op, const FloatClip& clip) {
    const bool clips = std::isfinite(clip.low) || std::isfinite(clip.high);
    try {
      ValueId value = network_.add_layer(name, std::move(op), inputs_, reader_.place(""));
      if (clips) {
        value =
            network_.add_layer(name + "/activation", clip, {value}, reader_.place("activation"));
      }
      by_name_[name] = value;
    } catch (const Refusal& error) {
      reader_.error("", error.what());
    }
  }

  ConfigReader& reader_;
  const FloatFiles& files_;
  FloatNetwork& network_;
  FloatNames& by_name_;
  std::vector<ValueId> inputs_;  // those without mistakes
  bool has_all_inputs_ = false;
};

}  // namespace

void read_float_layer(ConfigReader& reader, const FloatFiles& files, FloatNetwork& network,
                      FloatNames& by_name) {
  LayerReader{reader, files, network, by_name}.read();
}

}  // namespace systole::quantize

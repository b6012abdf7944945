#include <set>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/workload/host_trace.hpp"
#include "sim/workload/trace.hpp"

namespace systole {
namespace {

constexpr Choice<TraceOp> kOps[] = {
    {"conv2d", TraceOp::Conv2d},
    {"depthwise_conv2d", TraceOp::DepthwiseConv2d},
    {"fully_connected", TraceOp::FullyConnected},
    {"matmul", TraceOp::MatMul},
    {"max_pool2d", TraceOp::MaxPool2d},
    {"average_pool2d", TraceOp::AveragePool2d},
    {"global_average_pool2d", TraceOp::GlobalAveragePool2d},
    {"add", TraceOp::Add},
    {"reshape", TraceOp::Reshape},
    {"sub", TraceOp::Sub},
    {"mul", TraceOp::Mul},
    {"mean", TraceOp::Mean},
    {"pad", TraceOp::Pad},
    {"concat", TraceOp::Concat},
    {"transpose", TraceOp::Transpose},
    {"strided_slice", TraceOp::StridedSlice},
    {"softmax", TraceOp::Softmax},
    {"logistic", TraceOp::Logistic},
    {"relu", TraceOp::Relu},
    {"leaky_relu", TraceOp::LeakyRelu},
    {"requantize", TraceOp::Requantize},
    {"quantize", TraceOp::Quantize},
    {"dequantize", TraceOp::Dequantize},
    {"resize_nearest", TraceOp::ResizeNearest},
    {"resize_bilinear", TraceOp::ResizeBilinear},
    {"transpose_conv2d", TraceOp::TransposeConv2d},
    {"batch_matmul", TraceOp::BatchMatMul},
    {"maximum", TraceOp::Maximum},
    {"minimum", TraceOp::Minimum},
    {"reduce_max", TraceOp::ReduceMax},
    {"reduce_min", TraceOp::ReduceMin},
    {"arg_max", TraceOp::ArgMax},
    {"arg_min", TraceOp::ArgMin},
    {"sum", TraceOp::Sum},
    {"squared_difference", TraceOp::SquaredDifference},
    {"lookup", TraceOp::Lookup},
    {"gather", TraceOp::Gather},
    {"prelu", TraceOp::Prelu},
    {"l2_normalization", TraceOp::L2Normalization},
};

constexpr std::int64_t kMaxSize = std::int64_t{1} << 31;

std::set<std::string> keys_of(TraceOp op) {
  static const std::set<std::string> conv{"kernel", "out_channels", "weights",  "bias",
                                          "stride", "padding",      "dilation", "activation",
                                          "clamp",  "output",       "requant",  "mapping"};
  static const std::set<std::string> grouped_conv = [] {
    auto keys = conv;
    keys.insert("groups");
    return keys;
  }();
  static const std::set<std::string> dense{"out_channels", "weights", "bias",
                                           "activation",   "clamp",   "output",
                                           "requant",      "shape",   "mapping"};
  static const std::set<std::string> matmul{"out_channels", "weights", "activation", "clamp",
                                            "output",       "requant", "mapping"};
  static const std::set<std::string> pool{"kernel",     "stride", "padding",
                                          "activation", "clamp",  "mapping"};
  static const std::set<std::string> global_pool{"activation", "clamp", "mapping"};
  static const std::set<std::string> add{"activation", "clamp", "output", "requant"};
  static const std::set<std::string> reshape{"shape"};
  switch (op) {
    case TraceOp::Conv2d:
      return grouped_conv;
    case TraceOp::DepthwiseConv2d:
      return conv;
    case TraceOp::FullyConnected:
      return dense;
    case TraceOp::MatMul:
      return matmul;
    case TraceOp::MaxPool2d:
    case TraceOp::AveragePool2d:
      return pool;
    case TraceOp::GlobalAveragePool2d:
      return global_pool;
    case TraceOp::Add:
      return add;
    case TraceOp::Reshape:
      return reshape;
    default:
      return host_keys(op);
  }
}

const std::set<std::string>& keys_of_all() {
  static const std::set<std::string> all = [] {
    std::set<std::string> keys;
    for (const Choice<TraceOp>& op : OneOf{kOps}) {
      keys.merge(keys_of(op.value));
    }
    return keys;
  }();
  return all;
}

void read_clamp(ConfigReader& reader, LimitsTrace& limits) {
  std::vector<std::int32_t> clamp;
  if (!reader.read(reader.raw("clamp"), "clamp", clamp)) {
    return;
  }
  if (clamp.size() != 2) {
    reader.error("clamp", "has " + std::to_string(clamp.size()) +
                              " values, expected two, [lowest, highest]");
    return;
  }
  if (clamp[0] > clamp[1]) {
    reader.error("clamp", std::to_string(clamp[0]) + " is above " + std::to_string(clamp[1]) +
                              ", expected [lowest, highest]");
    return;
  }
  limits.clamp_min = clamp[0];
  limits.clamp_max = clamp[1];
}

void read_limits(ConfigReader& reader, LimitsTrace& limits) {
  if (reader.has("activation")) {
    limits.real = read_activation_limits(reader);
  }
  if (reader.has("clamp")) {
    read_clamp(reader, limits);
  }
  if (reader.has("activation") && reader.has("clamp")) {
    reader.error("clamp", "given beside activation, expected one of the two");
  }
}

ConstantTrace read_constant(ConfigReader reader, const ConstantFiles& files, bool is_bias,
                            bool has_shape) {
  ConstantTrace constant;
  constant.given = true;
  ElementFormat& format = constant.format;
  format.bits = is_bias ? 32 : 8;
  const bool is_binary = !is_bias && read_binary(reader, format);
  const bool has_format = is_binary || (!is_bias && read_q_format(reader, format, constant.scale));
  if (!has_format) {
    reader.optional("bits", format.bits,
                    InRange<std::uint8_t>{1, is_bias ? std::uint8_t{32} : std::uint8_t{16}});
  }
  if (!is_bias && !has_format) {
    reader.optional("signed", format.is_signed);
    reader.optional(
        "zero_point", constant.zero_point,
        InRange{static_cast<std::int32_t>(format.min()), static_cast<std::int32_t>(format.max())});
  }
  if (!is_bias && (!has_format || is_binary) && reader.has("scale")) {
    constant.scale = files.scales(reader, "scale");
  }
  if (files.reads(reader, "file", has_shape, constant.zero_point)) {
    constant.file = files.tensor(reader, "file", format, constant.zero_point);
  } else if (!reader.has("file") && !files.shapes_only()) {
    reader.error("file",
                 "missing: without tensors a workload can only be timed (--no-data) or run on "
                 "made-up values (--random-data)");
  }
  reader.reject_unknown();
  return constant;
}

PinnedMapping read_mapping(ConfigReader reader) {
  PinnedMapping mapping;
  const InRange<std::int64_t> range{1, kMaxSize};
  reader.optional("tile_oh", mapping.tile_oh, range);
  reader.optional("tile_ow", mapping.tile_ow, range);
  reader.optional("tile_oc", mapping.tile_oc, range);
  reader.optional("tile_ic", mapping.tile_ic, range);
  DepthwiseMapping depthwise{};
  if (reader.optional("depthwise", depthwise, OneOf{keywords::kDepthwise})) {
    mapping.depthwise = depthwise;
  }
  bool pack_taps = false;
  if (reader.optional("pack_taps", pack_taps)) {
    mapping.pack_taps = pack_taps;
  }
  reader.reject_unknown();
  return mapping;
}

/// Those of `keys` that mean the same to every operator that has them.
void read_shared_keys(ConfigReader& reader, const ConstantFiles& files,
                      const std::set<std::string>& keys, LayerTrace& layer) {
  const auto given = [&](const char* key) { return keys.count(key) != 0 && reader.has(key); };
  layer.window.kernel_h = layer.window.kernel_w = 0;
  if (given("kernel")) {
    read_pair(reader, "kernel", layer.window.kernel_h, layer.window.kernel_w);
  }
  if (given("stride")) {
    read_pair(reader, "stride", layer.window.stride_h, layer.window.stride_w);
  }
  if (given("dilation")) {
    read_pair(reader, "dilation", layer.window.dilation_h, layer.window.dilation_w);
  }
  if (given("padding")) {
    layer.padding = read_padding(reader, layer.window);
  }
  if (given("groups")) {
    reader.optional("groups", layer.groups, InRange<std::int64_t>{1, kMaxSize});
  }
  if (given("out_channels")) {
    reader.optional("out_channels", layer.out_channels, InRange<std::int64_t>{1, kMaxSize});
  }
  if (given("weights")) {
    // For shapes only, a file is not needed where the keys beside it give the shape.
    const bool has_shape =
        layer.out_channels != 0 && (keys.count("kernel") == 0 || layer.window.kernel_h != 0);
    layer.weights = read_constant(reader.child("weights"), files, false, has_shape);
  }
  if (given("bias")) {
    layer.bias = read_constant(reader.child("bias"), files, true, /*has_shape=*/true);
  }
  if (given("output")) {
    ConfigReader output = reader.child("output");
    layer.has_output = true;
    layer.output = read_activation(output, files);
    if (layer.output.format.is_float) {
      output.error("float", "is for inputs: layers write integers, only dequantize writes floats");
    }
    output.reject_unknown();
  }
  if (keys.count("clamp") != 0) {
    read_limits(reader, layer.limits);
  }
  if (given("mapping")) {
    const ConfigReader mapping = reader.child("mapping");
    layer.mapping = read_mapping(mapping);
    layer.mapping_places["mapping"] = reader.place("mapping");
    for (const std::string& key : mapping.keys()) {
      layer.mapping_places["mapping." + key] = mapping.place(key);
    }
  }
}

/// The other keys of the operator.
void read_operator(ConfigReader& reader, const ConstantFiles& files, LayerTrace& layer) {
  if (keys_of(layer.op).count("requant") != 0 && reader.has("requant")) {
    layer.requant = read_requant(reader.child("requant"), files, layer.op);
  }
  if (layer.op == TraceOp::Relu && !reader.has("activation") && !reader.has("clamp")) {
    layer.limits.real.min = 0.0F;
  }
  if (layer.op == TraceOp::Reshape) {
    reader.required("shape", layer.shape, InRange<std::int64_t>{-1, kMaxSize});
  }
  if (layer.op == TraceOp::FullyConnected) {
    reader.optional("shape", layer.shape, InRange<std::int64_t>{1, kMaxSize});
  }
  read_host_operator(reader, files, layer);
}

}  // namespace

std::string trace_op_name(TraceOp op) { return OneOf{kOps}.name_of(op); }

LayerTrace read_layer(ConfigReader reader, const ConstantFiles& files) {
  LayerTrace layer{reader};
  const std::size_t errors = reader.error_count();
  reader.required("name", layer.name, NotEmpty{});
  reader.required("inputs", layer.inputs, NotEmpty{});
  const std::size_t errors_before_op = reader.error_count();
  reader.required("op", layer.op, OneOf{kOps});
  const bool has_op = reader.error_count() == errors_before_op;
  const std::set<std::string>& all_keys = keys_of_all();
  const std::set<std::string> keys = has_op ? keys_of(layer.op) : all_keys;
  for (const std::string& key : keys) {
    reader.has(key);
  }
  for (const std::string& key : reader.keys()) {
    if (has_op && all_keys.count(key) != 0 && keys.count(key) == 0) {
      reader.has(key);  // not unknown, but of other operators
      reader.error(key, trace_op_name(layer.op) + " has no such key");
    }
  }
  read_shared_keys(reader, files, keys, layer);
  if (has_op) {
    read_operator(reader, files, layer);
  }
  reader.reject_unknown();
  layer.good = reader.ok() && reader.error_count() == errors;
  layer.reader = std::move(reader);
  return layer;
}

}  // namespace systole

// The keys of operators that run on the host.

#include "sim/workload/host_trace.hpp"

#include <limits>
#include <utility>

namespace systole {
namespace {

constexpr std::int64_t kMaxSize = std::int64_t{1} << 31;
constexpr std::int64_t kMaxRank = 8;

const std::vector<std::string>& own_keys(TraceOp op) {
  static const std::map<TraceOp, std::vector<std::string>> keys = {
      {TraceOp::Sub, {"activation", "clamp", "output", "requant"}},
      {TraceOp::Mul, {"activation", "clamp", "output", "requant"}},
      {TraceOp::Mean, {"axes", "keep_dims", "activation", "clamp", "output", "requant"}},
      {TraceOp::Pad, {"before", "after", "value"}},
      {TraceOp::Concat, {"axis"}},
      {TraceOp::Transpose, {"permutation"}},
      {TraceOp::StridedSlice, {"begin", "steps", "count", "shape"}},
      {TraceOp::Softmax, {"beta", "output", "requant"}},
      {TraceOp::Logistic, {"output", "requant"}},
      {TraceOp::Relu, {"activation", "clamp", "output", "requant"}},
      {TraceOp::LeakyRelu, {"alpha", "output", "requant"}},
      {TraceOp::Requantize, {"activation", "clamp", "output", "requant"}},
      {TraceOp::Quantize, {"output"}},
      {TraceOp::Dequantize, {}},
      {TraceOp::ResizeNearest, {"size", "align_corners", "half_pixel_centers"}},
      {TraceOp::ResizeBilinear, {"size", "align_corners", "half_pixel_centers"}},
      {TraceOp::TransposeConv2d,
       {"kernel", "out_channels", "weights", "bias", "stride", "padding", "size", "activation",
        "clamp", "output", "requant"}},
      {TraceOp::BatchMatMul,
       {"transpose_a", "transpose_b", "activation", "clamp", "output", "requant"}},
      {TraceOp::Maximum, {}},
      {TraceOp::Minimum, {}},
      {TraceOp::ReduceMax, {"axes", "keep_dims"}},
      {TraceOp::ReduceMin, {"axes", "keep_dims"}},
      {TraceOp::ArgMax, {"axis", "keep_dims"}},
      {TraceOp::ArgMin, {"axis", "keep_dims"}},
      {TraceOp::Sum, {"axes", "keep_dims", "activation", "clamp", "output", "requant"}},
      {TraceOp::SquaredDifference, {"activation", "clamp", "output", "requant"}},
      {TraceOp::Lookup, {"table", "output"}},
      {TraceOp::Gather, {"axis", "indices"}},
      {TraceOp::Prelu, {"output", "requant"}},
      {TraceOp::L2Normalization, {"output"}},
  };
  static const std::vector<std::string> none;
  const auto found = keys.find(op);
  return found == keys.end() ? none : found->second;
}

}  // namespace

std::set<std::string> host_keys(TraceOp op) {
  const std::vector<std::string>& keys = own_keys(op);
  return {keys.begin(), keys.end()};
}

void read_host_operator(ConfigReader& reader, const ConstantFiles& files, LayerTrace& layer) {
  const std::set<std::string> keys = host_keys(layer.op);
  HostTrace& host = layer.host;
  const auto sizes = [&](const char* key, std::vector<std::int64_t>& list, std::int64_t least) {
    if (keys.count(key) != 0) {
      reader.required(key, list, InRange{least, kMaxSize});
    }
  };
  const auto flag = [&](const char* key, bool& value) {
    if (keys.count(key) != 0) {
      reader.optional(key, value);
    }
  };
  if (keys.count("axis") != 0) {
    reader.required("axis", host.axis, InRange{-kMaxRank, kMaxRank - 1});
  }
  const auto integers = [&](const char* key, std::vector<std::int32_t>& list, std::int32_t least) {
    if (keys.count(key) == 0) {
      return;
    }
    if (!reader.has(key)) {
      reader.error(key, "missing, expected a list of integers or a .npy file");
      return;
    }
    list = files.integers(reader, key, InRange{least, std::numeric_limits<std::int32_t>::max()});
  };
  integers("table", host.table, std::numeric_limits<std::int32_t>::min());
  integers("indices", host.indices, 0);
  sizes("axes", host.axes, -kMaxRank);
  sizes("permutation", host.permutation, 0);
  sizes("before", host.before, 0);
  sizes("after", host.after, 0);
  sizes("begin", host.begin, 0);
  sizes("count", host.count, 1);
  if (keys.count("steps") != 0) {
    reader.optional("steps", host.steps, InRange{-kMaxSize, kMaxSize});
    reader.optional("shape", layer.shape, InRange<std::int64_t>{1, kMaxSize});
  }
  if (keys.count("size") != 0) {
    reader.optional("size", host.size, InRange<std::int64_t>{1, kMaxSize});
  }
  if (keys.count("value") != 0) {
    std::int32_t value = 0;
    const std::size_t errors = reader.error_count();
    if (reader.optional("value", value) && reader.error_count() == errors) {
      host.value = value;
    }
  }
  flag("keep_dims", host.keep_dims);
  flag("align_corners", host.align_corners);
  flag("half_pixel_centers", host.half_pixel_centers);
  flag("transpose_a", host.transpose_a);
  flag("transpose_b", host.transpose_b);
  if (keys.count("beta") != 0) {
    reader.optional("beta", host.beta, InRange{1e-30, 1e30});  // a float32 to the kernels
  }
  if (keys.count("alpha") != 0) {
    reader.optional("alpha", host.alpha, InRange{0.0, 1e30});
  }
}

}  // namespace systole

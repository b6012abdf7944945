#include "sim/quantize/float_network.hpp"

#include <algorithm>
#include <cmath>

#include "sim/network/refusal.hpp"

namespace systole::quantize {
namespace {

std::string text_of(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + "]";
}

[[noreturn]] void refuse(const std::string& what) { throw Refusal{what}; }

void expect(bool condition, const std::string& what) {
  if (!condition) {
    refuse(what);
  }
}

void expect_image(const Shape& shape) {
  expect(shape.size() == 4, "the input is " + text_of(shape) + ", expected [N, H, W, C]");
}

/// A constant of the layer has the elements that its shape says.
void expect_whole(const FloatTensor& tensor, std::size_t dimensions) {
  expect(tensor.shape.size() == dimensions, "the weights are " + text_of(tensor.shape) +
                                                ", expected " + std::to_string(dimensions) +
                                                " dimensions");
  expect(std::all_of(tensor.shape.begin(), tensor.shape.end(), [](auto n) { return n > 0; }),
         "the weights are empty: " + text_of(tensor.shape));
  expect(element_count(tensor.shape) == static_cast<std::int64_t>(tensor.data.size()),
         "the weights have " + std::to_string(tensor.data.size()) +
             " elements, expected those of " + text_of(tensor.shape));
}

void expect_count(const std::vector<float>& values, std::int64_t count, const std::string& what) {
  expect(static_cast<std::int64_t>(values.size()) == count,
         what + " has " + std::to_string(values.size()) + " values, expected " +
             std::to_string(count));
}

std::int64_t window_outputs(std::int64_t size, std::int64_t before, std::int64_t after,
                            std::int64_t kernel, std::int64_t stride, std::int64_t dilation) {
  constexpr std::int64_t kMost = std::int64_t{1} << 20;
  for (const std::int64_t positive : {kernel, stride, dilation}) {
    expect(positive >= 1 && positive <= kMost,
           "kernel, stride and dilation are expected to be in 1..1048576");
  }
  expect(before >= 0 && before <= kMost && after >= 0 && after <= kMost,
         "the padding is expected to be in 0..1048576");
  const std::int64_t reach = dilation * (kernel - 1) + 1;
  const std::int64_t padded = before + size + after;
  expect(padded >= reach, "the kernel reaches over " + std::to_string(reach) +
                              " elements, and the padded input has " + std::to_string(padded));
  return (padded - reach) / stride + 1;
}

Shape window_shape(const Shape& ifmap, const Window& w, std::int64_t channels) {
  return {ifmap[0],
          window_outputs(ifmap[1], w.pad_top, w.pad_bottom, w.kernel_h, w.stride_h, w.dilation_h),
          window_outputs(ifmap[2], w.pad_left, w.pad_right, w.kernel_w, w.stride_w, w.dilation_w),
          channels};
}

Shape pool_shape(const Shape& ifmap, const Window& window) {
  expect_image(ifmap);
  expect(window.pad_top < window.kernel_h && window.pad_bottom < window.kernel_h &&
             window.pad_left < window.kernel_w && window.pad_right < window.kernel_w,
         "the padding of a pool is expected to be smaller than its kernel");
  return window_shape(ifmap, window, ifmap[3]);
}

struct ShapeOf {
  const std::vector<Shape>& inputs;

  Shape operator()(const FloatConv2d& op) const {
    const Shape& ifmap = inputs[0];
    expect_image(ifmap);
    expect_whole(op.weight, 4);
    const Shape& weight = op.weight.shape;
    expect(op.groups >= 1 && ifmap[3] % op.groups == 0 && weight[0] % op.groups == 0,
           std::to_string(op.groups) + " groups do not divide both " + std::to_string(ifmap[3]) +
               " input and " + std::to_string(weight[0]) + " output channels");
    expect(weight[3] * op.groups == ifmap[3], "the weights are " + text_of(weight) + ", expected " +
                                                  std::to_string(ifmap[3] / op.groups) +
                                                  " input channels");
    expect(weight[1] == op.window.kernel_h && weight[2] == op.window.kernel_w,
           "the weights are " + text_of(weight) + ", expected a kernel of " +
               std::to_string(op.window.kernel_h) + " x " + std::to_string(op.window.kernel_w));
    if (!op.bias.empty()) {
      expect_count(op.bias, weight[0], "the bias");
    }
    return window_shape(ifmap, op.window, weight[0]);
  }
  Shape operator()(const FloatFullyConnected& op) const {
    expect_whole(op.weight, 2);
    const std::int64_t k = inputs[0].back();
    expect(op.weight.shape[1] == k, "the weights are " + text_of(op.weight.shape) + ", expected " +
                                        std::to_string(k) + " columns");
    if (!op.bias.empty()) {
      expect_count(op.bias, op.weight.shape[0], "the bias");
    }
    return {element_count(inputs[0]) / k, op.weight.shape[0]};
  }
  Shape operator()(const FloatBatchNorm& op) const {
    const std::int64_t channels = inputs[0].back();
    expect_count(op.gamma, channels, "gamma");
    expect_count(op.beta, channels, "beta");
    expect_count(op.mean, channels, "the mean");
    expect_count(op.variance, channels, "the variance");
    return inputs[0];
  }
  Shape operator()(const FloatClip& op) const {
    expect(op.low <= op.high, "the lower limit is above the upper");
    return inputs[0];
  }
  Shape operator()(const FloatMaxPool& op) const { return pool_shape(inputs[0], op.window); }
  Shape operator()(const FloatAveragePool& op) const { return pool_shape(inputs[0], op.window); }
  Shape operator()(const FloatGlobalAveragePool& /*op*/) const {
    expect_image(inputs[0]);
    return {inputs[0][0], 1, 1, inputs[0][3]};
  }
  Shape operator()(const FloatAdd& /*op*/) const {
    expect(inputs[0] == inputs[1], "adds " + text_of(inputs[0]) + " and " + text_of(inputs[1]) +
                                       ", expected two of one shape");
    return inputs[0];
  }
  Shape operator()(const FloatConcat& op) const { return joined_shape(inputs, op.axis); }
  Shape operator()(const FloatReshape& op) const {
    expect(std::all_of(op.shape.begin(), op.shape.end(), [](auto n) { return n > 0; }) &&
               element_count(op.shape) == element_count(inputs[0]),
           "reshapes " + text_of(inputs[0]) + " to " + text_of(op.shape) +
               ", expected as many elements");
    return op.shape;
  }
  Shape operator()(const FloatTranspose& op) const {
    const Shape& from = inputs[0];
    Shape to;
    std::vector<bool> used(from.size());
    for (const std::size_t axis : op.permutation) {
      expect(axis < from.size() && !used[axis],
             "the permutation names an axis twice or one that " + text_of(from) + " does not have");
      used[axis] = true;
      to.push_back(from[axis]);
    }
    expect(op.permutation.empty() || op.permutation[0] == 0,
           "the permutation moves the batch, expected axis 0 in its place");
    expect(to.size() == from.size(), "the permutation leaves an axis of " + text_of(from) + " out");
    return to;
  }
};

struct NameOf {
  const char* operator()(const FloatConv2d& /*op*/) const { return "conv2d"; }
  const char* operator()(const FloatFullyConnected& /*op*/) const { return "fully_connected"; }
  const char* operator()(const FloatBatchNorm& /*op*/) const { return "batch_norm"; }
  const char* operator()(const FloatClip& /*op*/) const { return "clip"; }
  const char* operator()(const FloatMaxPool& /*op*/) const { return "max_pool2d"; }
  const char* operator()(const FloatAveragePool& /*op*/) const { return "average_pool2d"; }
  const char* operator()(const FloatGlobalAveragePool& /*op*/) const {
    return "global_average_pool2d";
  }
  const char* operator()(const FloatAdd& /*op*/) const { return "add"; }
  const char* operator()(const FloatConcat& /*op*/) const { return "concat"; }
  const char* operator()(const FloatReshape& /*op*/) const { return "reshape"; }
  const char* operator()(const FloatTranspose& /*op*/) const { return "transpose"; }
};

}  // namespace

const char* float_op_name(const FloatOp& op) { return std::visit(NameOf{}, op); }

Shape joined_shape(const std::vector<Shape>& shapes, std::size_t axis) {
  Shape sum = shapes.at(0);
  expect(axis >= 1 && axis < sum.size(), "joins along axis " + std::to_string(axis) + " of " +
                                             text_of(sum) + ", expected one behind the batch");
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    Shape beside = shapes[i];  // with the first one's size on the axis
    const std::string joins = "joins " + text_of(shapes[0]) + " and " + text_of(shapes[i]);
    expect(beside.size() == sum.size(), joins + ", expected as many dimensions");
    beside[axis] = shapes[0][axis];
    expect(beside == shapes[0],
           joins + ", expected the same sizes off axis " + std::to_string(axis));
    sum[axis] += shapes[i][axis];
  }
  return sum;
}

std::size_t weight_count(const FloatOp& op) {
  if (const auto* conv = std::get_if<FloatConv2d>(&op)) {
    return conv->weight.data.size();
  }
  const auto* fc = std::get_if<FloatFullyConnected>(&op);
  return fc == nullptr ? 0 : fc->weight.data.size();
}

std::vector<ChannelLine> lines_of(const FloatBatchNorm& op) {
  std::vector<ChannelLine> lines;
  for (std::size_t c = 0; c < op.gamma.size(); ++c) {
    const float slope = op.gamma[c] / std::sqrt(op.variance[c] + op.epsilon);
    lines.push_back({slope, op.beta[c] - op.mean[c] * slope});
  }
  return lines;
}

ValueId FloatNetwork::add_input(const std::string& input_name, const Shape& shape) {
  expect(!shape.empty() && std::all_of(shape.begin(), shape.end(), [](auto n) { return n > 0; }),
         "the shape is " + text_of(shape) + ", expected at least one size, each above 0");
  expect(shape[0] == 1, "the shape is " + text_of(shape) + ", expected a batch of 1");
  values.push_back({input_name, shape});
  inputs.push_back(values.size() - 1);
  return values.size() - 1;
}

ValueId FloatNetwork::add_layer(const std::string& layer_name, FloatOp op,
                                const std::vector<ValueId>& from, const std::string& place) {
  const bool is_add = std::holds_alternative<FloatAdd>(op);
  const bool is_concat = std::holds_alternative<FloatConcat>(op);
  expect(is_concat ? !from.empty() : from.size() == (is_add ? 2U : 1U),
         "has " + std::to_string(from.size()) + " inputs, expected " +
             (is_concat ? "at least one"
              : is_add  ? "two"
                        : "one"));
  std::vector<Shape> shapes;
  for (const ValueId id : from) {
    shapes.push_back(value(id).shape);
    expect(!shapes.back().empty(), "an input has no dimension");
  }
  values.push_back({layer_name, std::visit(ShapeOf{shapes}, op)});
  layers.push_back({layer_name, std::move(op), from, values.size() - 1, place});
  return values.size() - 1;
}

}  // namespace systole::quantize

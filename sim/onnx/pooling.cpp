#include "sim/onnx/layers.hpp"
#include "sim/onnx/quantization.hpp"

namespace systole::onnx {
namespace {

bool has_padding(const Window& window) {
  return window.pad_top + window.pad_left + window.pad_bottom + window.pad_right != 0;
}

// A window wholly in the padding has no maximum and no mean.
void expect_taps(const Window& window) {
  const auto span = [](std::int64_t kernel, std::int64_t dilation) {
    return (kernel - 1) * dilation + 1;
  };
  const std::int64_t height = span(window.kernel_h, window.dilation_h);
  const std::int64_t width = span(window.kernel_w, window.dilation_w);
  if (window.pad_top >= height || window.pad_bottom >= height || window.pad_left >= width ||
      window.pad_right >= width) {
    throw NodeError{"has a padding as large as its window"};
  }
}

Shape pooled(const PlacedWindow& placed, const Shape& x) {
  Shape shape{x[0], x[1], placed.out_h, placed.out_w};
  checked_elements(shape);
  expect_taps(placed.window);
  return shape;
}

}  // namespace

Shape pool_shape(const WindowAttributes& attributes, const Shape& x) {
  return pooled(place_window(attributes, x), x);
}

ValueId max_pool(Builder& builder, const WindowAttributes& attributes, ValueId x) {
  const Value& value = builder.value(x);
  const ElementFormat format = format_of(value.type);
  if (format.is_float || format.bits != 8) {
    throw NodeError{std::string{"has an input of "} + type_name(value.type) +
                    ", expected INT8 or UINT8, or DequantizeLinear before it"};
  }
  const PlacedWindow placed = place_window(attributes, value.shape);
  const Shape shape = pooled(placed, value.shape);
  const ElementType type = value.type;
  MaxPool op;
  op.window = placed.window;
  op.clamp_min = static_cast<std::int32_t>(format.min());
  op.clamp_max = static_cast<std::int32_t>(format.max());
  return builder.add_layer(op, {builder.tensor(x, kChannelsLast)}, shape, type, kChannelsLast);
}

// A depthwise convolution whose weights are 1: the sum of the window, requantized once, which is
// what ONNX's rounding asks for.
ValueId average_pool(Builder& builder, const WindowAttributes& attributes, bool counts_padding,
                     const Operand& x, const QuantParams& out, const Clip& clip) {
  const Shape in = builder.value(x.integers).shape;
  const PlacedWindow placed = place_window(attributes, in);
  if (has_padding(placed.window) && (!counts_padding || attributes.ceil_mode)) {
    throw NodeError{
        "has windows that average less than the kernel (padding that is not counted, "
        "or ceil_mode), which is not supported"};
  }
  const Shape shape = pooled(placed, in);
  const Window& window = placed.window;
  const auto taps = static_cast<float>(window.kernel_h * window.kernel_w);
  Conv2d op;
  op.window = window;
  op.groups = in[1];
  op.requant = requantizer({x.params.scale.at(0) / taps}, out, clip);
  Constant ones{ElementType::Int8, {in[1], window.kernel_h, window.kernel_w, 1}, {}};
  ones.values.assign(static_cast<std::size_t>(checked_elements(ones.shape)), 1);
  const TensorId weight = builder.constant_tensor(ones, "");
  builder.network().tensors[weight].scale = {1 / taps};
  return builder.add_layer(op, {builder.tensor(x, kChannelsLast), weight}, shape, out,
                           kChannelsLast);
}

ValueId global_average_pool(Builder& builder, const Operand& x, const QuantParams& out,
                            const Clip& clip) {
  const Shape in = builder.value(x.integers).shape;
  if (in.size() != 4) {
    throw NodeError{"has an input of " + shape_text(in) + ", expected 4 dimensions: N, C, H, W"};
  }
  Mean op;
  op.axes = {1, 2};
  op.requant = requantizer({x.params.scale.at(0) / static_cast<float>(in[2] * in[3])}, out, clip);
  return builder.add_layer(op, {builder.tensor(x, kChannelsLast)}, {in[0], in[1], 1, 1}, out,
                           kChannelsLast);
}

}  // namespace systole::onnx

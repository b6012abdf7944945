#include <algorithm>

#include "sim/network/ceil_div.hpp"
#include "sim/onnx/layers.hpp"
#include "sim/onnx/quantization.hpp"
#include "sim/onnx/selection.hpp"

namespace systole::onnx {
namespace {

/// An axis of a pooling window.
struct Axis {
  std::int64_t in = 0, out = 0;
  std::int64_t kernel = 1, stride = 1, dilation = 1;
  std::int64_t before = 0, after = 0;                  // padding
  std::int64_t counted_before = 0, counted_after = 0;  // of it, what a mean counts
};

/// Neighbouring windows on an axis that are cut alike by the image's edges.
struct AxisPart {
  std::int64_t begin = 0, elements = 0;  // of the image, that they lie on
  std::int64_t lead = 0, taps = 0;       // of each, before and in the image
  std::int64_t counted = 0;              // taps by which each is divided

  bool is_cut_as(const AxisPart& next) const {
    return lead == next.lead && taps == next.taps && counted == next.counted;
  }
};

/// A window wholly in the padding has no maximum and no mean.
std::vector<AxisPart> parts_of(const Axis& axis) {
  std::vector<AxisPart> parts;
  for (std::int64_t window = 0; window < axis.out; ++window) {
    const std::int64_t first = window * axis.stride - axis.before;
    const auto taps_before = [&](std::int64_t end) {
      return end <= first ? 0 : std::min(axis.kernel, ceil_div(end - first, axis.dilation));
    };
    AxisPart part;
    part.lead = taps_before(0);
    part.taps = taps_before(axis.in) - part.lead;
    part.counted = taps_before(axis.in + axis.counted_after) - taps_before(-axis.counted_before);
    if (part.taps == 0) {
      throw NodeError{"has a window whose taps all lie in the padding"};
    }
    part.begin = first + part.lead * axis.dilation;
    part.elements = (part.taps - 1) * axis.dilation + 1;
    if (parts.empty() || !parts.back().is_cut_as(part)) {
      parts.push_back(part);
    } else {
      parts.back().elements = part.begin + part.elements - parts.back().begin;
    }
  }
  return parts;
}

/// Of windows that are as large as they may be: all are divided by the same.
bool divide_by_kernel(const std::vector<AxisPart>& parts, std::int64_t kernel) {
  return std::all_of(parts.begin(), parts.end(),
                     [&](const AxisPart& part) { return part.counted == kernel; });
}

struct Parts {
  std::vector<AxisPart> h, w;
};

Parts parts_of(const PlacedWindow& placed, const Shape& x, bool counts_padding) {
  const Window& window = placed.window;
  Axis h{x[2],           placed.out_h,     window.kernel_h, window.stride_h, window.dilation_h,
         window.pad_top, window.pad_bottom};
  Axis w{x[3],
         placed.out_w,
         window.kernel_w,
         window.stride_w,
         window.dilation_w,
         window.pad_left,
         window.pad_right};
  if (counts_padding) {  // but not what ceil_mode adds behind it
    h.counted_before = h.before;
    h.counted_after = h.after - placed.beyond_h;
    w.counted_before = w.before;
    w.counted_after = w.after - placed.beyond_w;
  }
  return {parts_of(h), parts_of(w)};
}

Shape pooled(const PlacedWindow& placed, const Shape& x) {
  Shape shape{x[0], x[1], placed.out_h, placed.out_w};
  checked_elements(shape);
  static_cast<void>(parts_of(placed, x, false));  // throws where a window has no tap
  return shape;
}

/// A depthwise convolution whose weights are 1: the sum of the window, requantized once, which is
/// what ONNX's rounding asks for.
ValueId mean_of_windows(Builder& builder, const Window& window, std::int64_t counted,
                        const Operand& x, const Shape& shape, const QuantParams& out,
                        const Clip& clip) {
  const std::int64_t channels = shape[1];
  const auto divisor = static_cast<float>(counted);
  Conv2d op;
  op.window = window;
  op.groups = channels;
  op.requant = requantizer({x.params.scale.at(0) / divisor}, out, clip);
  Constant ones{ElementType::Int8, {channels, window.kernel_h, window.kernel_w, 1}, {}};
  ones.values.assign(static_cast<std::size_t>(checked_elements(ones.shape)), 1);
  const TensorId weight = builder.constant_tensor(ones, "");
  builder.network().tensors[weight].scale = {1 / divisor};
  return builder.add_layer(op, {builder.tensor(x, kChannelsLast), weight}, shape, out,
                           kChannelsLast);
}

/// The windows of one part of each axis, from the elements that they lie on.
ValueId mean_of_parts(Builder& builder, const Window& whole, const AxisPart& h, const AxisPart& w,
                      const Operand& x, const QuantParams& out, const Clip& clip) {
  const Shape in = builder.value(x.integers).shape;
  const Shape cut{in[0], in[1], h.elements, w.elements};
  Operand part = x;
  if (cut != in) {
    part.integers =
        slice_axes({0, 0, h.begin, w.begin}, cut).apply(builder, x.integers, &x.params, nullptr);
  }
  WindowAttributes attributes;
  attributes.stride = {whole.stride_h, whole.stride_w};
  attributes.dilation = {whole.dilation_h, whole.dilation_w};
  attributes.auto_pad = "VALID";
  const PlacedWindow placed = place_window(attributes, cut, h.taps, w.taps);
  return mean_of_windows(builder, placed.window, h.counted * w.counted, part,
                         {in[0], in[1], placed.out_h, placed.out_w}, out, clip);
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

/// Windows that count fewer taps than others are divided by fewer: layers of their own, put
/// together part by part.
ValueId average_pool(Builder& builder, const WindowAttributes& attributes, bool counts_padding,
                     const Operand& x, const QuantParams& out, const Clip& clip) {
  const Shape in = builder.value(x.integers).shape;
  const PlacedWindow placed = place_window(attributes, in);
  const Window& window = placed.window;
  const Parts parts = parts_of(placed, in, counts_padding);
  if (divide_by_kernel(parts.h, window.kernel_h) && divide_by_kernel(parts.w, window.kernel_w)) {
    return mean_of_windows(builder, window, window.kernel_h * window.kernel_w, x,
                           pooled(placed, in), out, clip);
  }
  const auto join = [&](const std::vector<Operand>& joined, std::size_t axis) {
    return joined.size() == 1 ? joined.front()
                              : Operand{concat(builder, joined, axis, out, {}), out};
  };
  std::vector<Operand> bands;
  for (const AxisPart& h : parts.h) {
    std::vector<Operand> band;
    for (const AxisPart& w : parts.w) {
      band.push_back({mean_of_parts(builder, window, h, w, x, out, clip), out});
    }
    bands.push_back(join(band, 3));
  }
  return join(bands, 2).integers;
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

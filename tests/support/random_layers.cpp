#include "tests/support/random_layers.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "sim/network/packing.hpp"
#include "sim/workload/geometry.hpp"
#include "sim/workload/scales.hpp"

namespace systole::test {
namespace {

/// An integer in [low, high].
std::int64_t pick(std::int64_t low, std::int64_t high) {
  return *rc::gen::inRange<std::int64_t>(low, high + 1);
}

std::uint32_t one_of(std::initializer_list<std::uint32_t> values) {
  return *rc::gen::elementOf(std::vector<std::uint32_t>{values});
}

/// Tensors and values of the network under construction.
class Builder {
 public:
  Builder() : random_{static_cast<std::uint32_t>(pick(0, 1 << 20))} {}

  TensorId activation(Shape shape, std::int32_t zero_point) {
    Tensor tensor;
    tensor.name = "t" + std::to_string(made_.network.tensors.size());
    tensor.shape = std::move(shape);
    tensor.zero_point = zero_point;
    made_.network.tensors.push_back(tensor);
    return made_.network.tensors.size() - 1;
  }
  TensorId input(const Shape& shape, std::int32_t zero_point, ElementFormat format = {}) {
    const TensorId id = activation(shape, within(zero_point, format));
    tensor(id).format = format;
    made_.network.inputs.push_back(id);
    made_.inputs.push_back(all_values(shape, format));
    return id;
  }
  TensorId weights(const Shape& shape, ElementFormat format) {
    const TensorId id = activation(shape, 0);
    tensor(id).format = format;
    TensorData values = all_values(shape, format);
    if (format.is_binary) {
      std::replace(values.begin(), values.end(), 0, 1);
    }
    tensor(id).data = std::move(values);
    return id;
  }
  TensorId output(const Shape& shape, Requantizer& requant, ElementFormat format) {
    requant.zero_point = within(requant.zero_point, format);
    requant.clamp_min = std::max(within(requant.clamp_min, format), within(-128, format));
    requant.clamp_max = std::max(within(requant.clamp_max, format), requant.clamp_min);
    const TensorId id = activation(shape, requant.zero_point);
    tensor(id).format = format;
    return id;
  }
  static std::int32_t within(std::int32_t value, ElementFormat format) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, format.min(), format.max()));
  }
  TensorId constant(const Shape& shape, std::int32_t low, std::int32_t high) {
    const TensorId id = activation(shape, 0);
    made_.network.tensors[id].data = values(element_count(shape), low, high);
    return id;
  }
  TensorId bias(std::int64_t channels) {
    const TensorId id = constant({channels}, -5000, 5000);
    made_.network.tensors[id].format.bits = 32;
    return id;
  }
  Tensor& tensor(TensorId id) { return made_.network.tensors[id]; }
  TensorData values(std::int64_t count, std::int32_t low, std::int32_t high) {
    TensorData data(static_cast<std::size_t>(count));
    std::uniform_int_distribution<std::int32_t> value{low, high};
    std::generate(data.begin(), data.end(), [&] { return value(random_); });
    return data;
  }
  TensorData all_values(const Shape& shape, ElementFormat format) {
    return values(element_count(shape), static_cast<std::int32_t>(format.min()),
                  static_cast<std::int32_t>(format.max()));
  }
  /// Constants that bring sums of `products` products back to 8 bits, about.
  Requantizer requantizer(const AcceleratorConfig& config, std::int64_t channels,
                          std::int64_t products) {
    Requantizer requant;
    requant.mode = config.requant.mode;
    requant.variant = config.requant.variant;
    requant.rounding = config.requant.rounding;
    std::int32_t exponent = -6;
    for (std::int64_t p = products; p > 1; p /= 4) {
      --exponent;
    }
    const auto entries = static_cast<std::size_t>(pick(0, 1) != 0 ? channels : 1);
    for (std::size_t i = 0; i < entries; ++i) {
      const std::int32_t shift = exponent + static_cast<std::int32_t>(random_() % 4) - 1;
      if (requant.mode == RequantMode::FloatScale) {
        const auto fraction = static_cast<float>((1U << 23) + random_() % (1U << 23));
        requant.scale.push_back(std::ldexp(fraction, shift - 24));
        continue;
      }
      requant.exponent.push_back(shift);
      if (requant.mode == RequantMode::MultiplierShift) {
        const QuantizedMultiplier q =
            narrowed({static_cast<std::int32_t>((1U << 30) + random_() % (1U << 30)), shift},
                     config.requant.multiplier_bits);
        requant.multiplier.push_back(q.multiplier);
        requant.exponent.back() = q.exponent;
      }
    }
    requant.zero_point = static_cast<std::int32_t>(pick(-20, 20));
    if (pick(0, 2) == 0) {
      requant.clamp_min = requant.zero_point;
      requant.clamp_max = 100;
    }
    return requant;
  }
  LayerCase finish(Layer layer) {
    layer.name = "layer";
    made_.network.name = "random";
    made_.network.outputs = {layer.output};
    made_.network.layers.push_back(std::move(layer));
    return std::move(made_);
  }

 private:
  LayerCase made_;
  std::mt19937 random_;
};

/// A window over an image of in_h x in_w that leaves at least one output pixel.
Window random_window(std::int64_t& in_h, std::int64_t& in_w, bool dilated) {
  Window w;
  const std::int64_t most = pick(0, 5) == 0 ? 7 : 3;
  w.kernel_h = pick(1, most);
  w.kernel_w = pick(1, most);
  w.stride_h = pick(1, 3);
  w.stride_w = pick(1, 3);
  if (dilated) {
    w.dilation_h = pick(1, 2);
    w.dilation_w = pick(1, 2);
  }
  // Less than the kernel: a pooling window must not lie wholly in the padding.
  w.pad_top = pick(0, w.kernel_h - 1);
  w.pad_bottom = pick(0, w.kernel_h - 1);
  w.pad_left = pick(0, w.kernel_w - 1);
  w.pad_right = pick(0, w.kernel_w - 1);
  in_h = (w.kernel_h - 1) * w.dilation_h + pick(1, 8);
  in_w = (w.kernel_w - 1) * w.dilation_w + pick(1, 8);
  return w;
}

Shape output_shape(const Window& w, std::int64_t batch, std::int64_t in_h, std::int64_t in_w,
                   std::int64_t channels) {
  const OutputSize size = output_size(w, in_h, in_w);
  return {batch, size.h.value(), size.w.value(), channels};
}

std::int64_t pin(std::int64_t extent, std::int64_t unit) {
  return pick(0, 3) == 0 ? std::min(extent, unit * pick(1, 3)) : 0;
}

}  // namespace

namespace {

/// A width that the array takes in blocks of `lanes` elements, which are whole bytes.
ElementFormat operand_format(std::uint32_t most_bits, std::uint32_t lanes) {
  std::vector<std::uint8_t> widths;
  for (std::uint32_t bits = 1; bits <= most_bits; ++bits) {
    if (lanes * bits % 8 == 0) {
      widths.push_back(static_cast<std::uint8_t>(bits));
    }
  }
  RC_PRE(!widths.empty());
  // Mostly the widest: what the machine was made for.
  ElementFormat format;
  format.bits = pick(0, 1) != 0 ? widths.back() : *rc::gen::elementOf(widths);
  format.is_signed = format.bits == 16 || pick(0, 3) != 0;
  return format;
}

/// Binary at times, where the layer can.
ElementFormat weight_format(const ArrayConfig& array, bool grouped) {
  const ElementFormat format = operand_format(array.weight_bits, array.cols);
  return format.bits == 1 && !grouped && pick(0, 1) != 0 ? binary_format() : format;
}

/// Products that a column of the array adds up in a fold.
std::int64_t fold_products(const ArrayConfig& array, ElementFormat ifmap, ElementFormat weight) {
  return std::int64_t{array.rows} * products_per_pe(array, ifmap.bits, weight.bits);
}

}  // namespace

AcceleratorConfig random_accelerator() {
  AcceleratorConfig config;
  config.name = "random";
  config.array.rows = one_of({1, 2, 3, 4, 5, 8, 16, 32});
  config.array.cols = one_of({1, 2, 3, 4, 5, 8, 16, 32});
  config.array.dataflow = static_cast<Dataflow>(pick(0, 2));
  config.array.gather_rows = one_of({1, 1, 2, 7, 64});
  config.array.max_compute_rows = one_of({1, 3, 4, 16, 64});
  config.scratchpad.organization =
      pick(0, 1) != 0 ? ScratchpadOrganization::Unified : ScratchpadOrganization::Split;
  config.scratchpad.activation.capacity_kib = one_of({1, 2, 4, 16, 64});
  config.scratchpad.weight.capacity_kib = one_of({1, 2, 4, 16});
  config.accumulators.capacity_kib = one_of({1, 2, 16});
  config.dma.max_rows = one_of({1, 2, 3, 16, 32});
  config.dma.max_blocks = one_of({1, 2, 4, 7});
  config.requant.table_rows = one_of({1, 2, 64});
  config.requant.mode =
      *rc::gen::elementOf(std::vector{RequantMode::MultiplierShift, RequantMode::MultiplierShift,
                                      RequantMode::ShiftOnly, RequantMode::FloatScale});
  config.requant.variant = pick(0, 1) == 0 ? RequantVariant::Tflite : RequantVariant::Single;
  config.requant.rounding = static_cast<Rounding>(pick(0, 5));
  const bool fixed = config.requant.mode == RequantMode::FloatScale ||
                     (config.requant.mode == RequantMode::MultiplierShift &&
                      config.requant.variant == RequantVariant::Tflite);
  if (fixed && config.requant.rounding == Rounding::Stochastic) {
    config.requant.rounding = Rounding::NearestEven;
  }
  config.requant.multiplier_bits = one_of({32, 32, 8, 17, 24});
  config.requant.seed = one_of({0, 1, 77});
  config.vector.mac_lanes = one_of({0, 1, config.array.rows});
  return config;
}

namespace {

/// What the compiler asks of a depthwise layer for the vector unit; weights as the array's at most.
bool fits_vector_unit(const AcceleratorConfig& config, const Conv2d& op, ElementFormat ifmap,
                      ElementFormat ofmap, std::int64_t in_c, std::int64_t out_c) {
  const ArrayConfig& array = config.array;
  return config.vector.mac_lanes > 0 && op.groups == in_c && in_c == out_c &&
         op.requant.rounding != Rounding::Stochastic &&
         config.requant.rounding != Rounding::Stochastic && ifmap.bits % 8 == 0 &&
         array.rows * ofmap.bits % 8 == 0 &&
         packed_bytes(array.rows, array.weight_bits) <= activation_row_bytes(config);
}

}  // namespace

LayerCase random_conv(const AcceleratorConfig& config, bool grouped) {
  Builder builder;
  std::int64_t in_h = 0;
  std::int64_t in_w = 0;
  Conv2d op;
  op.window = random_window(in_h, in_w, true);
  std::int64_t in_c = pick(1, 40);
  std::int64_t out_c = pick(1, 40);
  if (grouped) {
    op.groups = pick(2, 20);
    in_c = op.groups * (pick(0, 2) != 0 ? 1 : pick(1, 5));
    out_c = op.groups * pick(1, 3);
  }
  const std::int64_t batch = pick(1, 2);
  const std::int64_t per_group = in_c / op.groups;
  Layer layer;
  const ArrayConfig& array = config.array;
  const ElementFormat ifmap = operand_format(array.activation_bits, array.rows);
  const ElementFormat weight = weight_format(array, grouped);
  layer.inputs = {
      builder.input({batch, in_h, in_w, in_c}, static_cast<std::int32_t>(pick(-9, 9)), ifmap),
      builder.weights({out_c, op.window.kernel_h, op.window.kernel_w, per_group}, weight)};
  op.has_bias = pick(0, 1) != 0;
  if (op.has_bias) {
    layer.inputs.push_back(builder.bias(out_c));
  }
  op.requant =
      builder.requantizer(config, out_c, op.window.kernel_h * op.window.kernel_w * per_group);
  const Shape shape = output_shape(op.window, batch, in_h, in_w, out_c);
  const ElementFormat ofmap = operand_format(array.activation_bits, array.cols);
  layer.output = builder.output(shape, op.requant, ofmap);
  layer.mapping.tile_oh = pin(shape[1], 1);
  layer.mapping.tile_ow = pin(shape[2], 1);
  layer.mapping.tile_oc = pin(out_c, config.array.cols);
  if (!grouped) {
    layer.mapping.tile_ic = pin(in_c, fold_products(array, ifmap, weight));
    const bool can_pack =
        op.window.kernel_w > 1 && op.window.dilation_w == 1 && in_c * ifmap.bits % 8 == 0;
    if (can_pack && pick(0, 2) != 0) {
      layer.mapping.pack_taps = true;
      layer.mapping.tile_ic = 0;
    }
  } else if (ofmap.bits % 8 == 0 && pick(0, 2) == 0) {
    layer.mapping.depthwise = DepthwiseMapping::Column;
    layer.mapping.tile_oc = 0;
  } else if (fits_vector_unit(config, op, ifmap, ofmap, in_c, out_c) && pick(0, 2) != 0) {
    layer.mapping.depthwise = DepthwiseMapping::Vector;
    layer.mapping.tile_oc = pin(out_c, config.array.rows);
  }
  layer.op = std::move(op);
  return builder.finish(std::move(layer));
}

LayerCase random_fully_connected(const AcceleratorConfig& config) {
  Builder builder;
  const std::int64_t rows = pick(1, 12);
  const std::int64_t k = pick(1, 150);
  const std::int64_t n = pick(1, 60);
  FullyConnected op;
  Layer layer;
  const ArrayConfig& array = config.array;
  const ElementFormat ifmap = operand_format(array.activation_bits, array.rows);
  const ElementFormat weight = weight_format(array, false);
  layer.inputs = {builder.input({rows, k}, static_cast<std::int32_t>(pick(-9, 9)), ifmap),
                  builder.weights({n, k}, weight)};
  op.has_bias = pick(0, 1) != 0;
  if (op.has_bias) {
    layer.inputs.push_back(builder.bias(n));
  }
  op.requant = builder.requantizer(config, n, k);
  layer.output =
      builder.output({rows, n}, op.requant, operand_format(array.activation_bits, array.cols));
  layer.mapping.tile_oc = pin(n, config.array.cols);
  layer.mapping.tile_ic = pin(k, fold_products(array, ifmap, weight));
  layer.op = std::move(op);
  return builder.finish(std::move(layer));
}

LayerCase random_matmul(const AcceleratorConfig& config) {
  Builder builder;
  const std::int64_t m = pick(1, 40);
  const std::int64_t k = pick(1, 60);
  const std::int64_t n = pick(1, 60);
  const bool computed = pick(0, 1) != 0;  // b, as an activation of another layer would be
  const auto a_zero_point = static_cast<std::int32_t>(computed ? 0 : pick(-9, 9));
  MatMul op;
  Layer layer;
  const ArrayConfig& array = config.array;
  layer.inputs.push_back(
      builder.input({m, k}, a_zero_point, operand_format(array.activation_bits, array.rows)));
  const ElementFormat b = operand_format(array.weight_bits, array.cols);
  layer.inputs.push_back(computed ? builder.input({k, n}, 0, b) : builder.weights({k, n}, b));
  op.requant = builder.requantizer(config, n, k);
  layer.output =
      builder.output({m, n}, op.requant, operand_format(array.activation_bits, array.cols));
  layer.op = std::move(op);
  return builder.finish(std::move(layer));
}

LayerCase random_pool() {
  Builder builder;
  std::int64_t in_h = 0;
  std::int64_t in_w = 0;
  const Window window = random_window(in_h, in_w, false);
  const std::int64_t batch = pick(1, 2);
  const std::int64_t channels = pick(1, 40);
  const auto zero_point = static_cast<std::int32_t>(pick(-9, 9));
  const auto clamp_min = static_cast<std::int32_t>(pick(0, 1) != 0 ? zero_point : -128);
  Layer layer;
  layer.inputs = {builder.input({batch, in_h, in_w, channels}, zero_point)};
  const Shape shape = output_shape(window, batch, in_h, in_w, channels);
  layer.output = builder.activation(shape, zero_point);
  layer.mapping.tile_oh = pin(shape[1], 1);
  layer.mapping.tile_ow = pin(shape[2], 1);
  if (pick(0, 1) != 0) {
    layer.op = MaxPool{window, clamp_min, 127};
  } else {
    layer.op = AveragePool{window, clamp_min, 127};
  }
  return builder.finish(std::move(layer));
}

LayerCase random_add(const AcceleratorConfig& config) {
  Builder builder;
  const Shape shape{1, pick(1, 9), pick(1, 9), pick(1, 40)};
  Add op;
  for (std::size_t i = 0; i < 2; ++i) {
    op.input_zero_point[i] = static_cast<std::int32_t>(pick(-9, 9));
  }
  Layer layer;
  layer.inputs = {builder.input(shape, op.input_zero_point[0]),
                  builder.input(shape, op.input_zero_point[1])};
  op.output.mode = config.requant.mode;
  op.output.variant = config.requant.variant;
  op.output.rounding = config.requant.rounding == Rounding::Stochastic ? Rounding::NearestEven
                                                                       : config.requant.rounding;
  op.output.zero_point = static_cast<std::int32_t>(pick(-9, 9));
  if (op.output.mode == RequantMode::ShiftOnly) {
    op.input = {QuantizedMultiplier{0, static_cast<std::int32_t>(pick(0, 4))},
                QuantizedMultiplier{0, static_cast<std::int32_t>(pick(0, 4))}};
    op.output.exponent = {static_cast<std::int32_t>(-pick(0, 5))};
  } else if (op.output.mode == RequantMode::FloatScale) {
    op.input_scale = {static_cast<float>(pick(1, 3000)) / 1024,
                      static_cast<float>(pick(1, 3000)) / 1021};
    op.output.scale = {pick(0, 1) != 0 ? 1.0F : static_cast<float>(pick(1, 3000)) / 1019};
  } else {
    op.input = {QuantizedMultiplier{1 << 30, 0}, QuantizedMultiplier{1 << 30, 0}};
    op.input[static_cast<std::size_t>(pick(0, 1))] =
        quantize_multiplier(static_cast<double>(pick(1, 500)) / 1000);
    op.output.multiplier = {static_cast<std::int32_t>((1 << 30) + pick(0, (1 << 30) - 1))};
    op.output.exponent = {static_cast<std::int32_t>(-18 - pick(0, 3))};
  }
  layer.output = builder.activation(shape, op.output.zero_point);
  layer.op = std::move(op);
  return builder.finish(std::move(layer));
}

namespace {

void vary_requantizer(Requantizer& requant, bool shift_only, std::uint32_t multiplier_bits) {
  // Of so many bits as the hardware has, the largest.
  const auto largest =
      static_cast<std::int32_t>(0x7FFFFFFFU >> (32 - multiplier_bits) << (32 - multiplier_bits));
  if (pick(0, 3) == 0) {  // far from what brings sums back to 8 bits
    for (std::int32_t& exponent : requant.exponent) {
      exponent = static_cast<std::int32_t>(pick(-31, 12));
    }
  }
  if (pick(0, 3) == 0) {
    for (std::int32_t& multiplier : requant.multiplier) {
      const bool zero = !shift_only && pick(0, 3) == 0;
      multiplier = zero ? 0 : pick(0, 1) != 0 ? largest : 1 << 30;
    }
  }
  if (pick(0, 3) == 0) {
    for (float& scale : requant.scale) {  // ties, zeros, and everything saturated
      scale = std::ldexp(static_cast<float>(pick(0, 3)), static_cast<int>(pick(-20, 29)));
    }
  }
  requant.zero_point = static_cast<std::int32_t>(pick(-128, 127));
  requant.clamp_min = static_cast<std::int32_t>(pick(0, 2) == 0 ? pick(-128, 127) : -128);
  requant.clamp_max =
      static_cast<std::int32_t>(pick(0, 2) == 0 ? pick(requant.clamp_min, 127) : 127);
}

}  // namespace

void vary_constants(const AcceleratorConfig& config, Network& network) {
  const bool shift_only = config.requant.mode == RequantMode::ShiftOnly;
  Layer& layer = network.layers.front();
  Requantizer* requant = nullptr;
  if (auto* conv = std::get_if<Conv2d>(&layer.op)) {
    requant = &conv->requant;
  } else if (auto* connected = std::get_if<FullyConnected>(&layer.op)) {
    requant = &connected->requant;
  } else if (auto* product = std::get_if<MatMul>(&layer.op)) {
    requant = &product->requant;
  }
  if (requant == nullptr) {
    return;
  }
  vary_requantizer(*requant, shift_only, config.requant.multiplier_bits);
  const ElementFormat ofmap = network.tensor(layer.output).format;
  requant->zero_point = Builder::within(requant->zero_point, ofmap);
  requant->clamp_min = Builder::within(requant->clamp_min, ofmap);
  requant->clamp_max = Builder::within(requant->clamp_max, ofmap);
  network.tensors[layer.output].zero_point = requant->zero_point;
  if (network.tensor(layer.inputs[1]).data) {  // computed weights do with zero points of 0 only
    Tensor& ifmap = network.tensors[layer.inputs[0]];
    ifmap.zero_point = Builder::within(static_cast<std::int32_t>(pick(-128, 127)), ifmap.format);
  }
  if (layer.inputs.size() > 2 && pick(0, 3) == 0) {  // sums that wrap
    for (std::int32_t& bias : *network.tensors[layer.inputs[2]].data) {
      bias = static_cast<std::int32_t>(static_cast<std::uint32_t>(bias) * 0x9E3779B9U);
    }
  }
}

LayerCase random_scaled_add() {
  Builder builder;
  const Shape shape{1, pick(1, 9), pick(1, 9), pick(1, 40)};
  Layer layer;
  std::array<float, 3> scale{};
  for (float& s : scale) {
    s = static_cast<float>(pick(1, 1000)) / 1024;
  }
  Add op;
  for (std::size_t i = 0; i < 2; ++i) {
    op.input_zero_point[i] = static_cast<std::int32_t>(pick(-128, 127));
    layer.inputs.push_back(builder.input(shape, op.input_zero_point[i]));
    builder.tensor(layer.inputs[i]).scale = {scale[i]};
  }
  op.output.zero_point = static_cast<std::int32_t>(pick(-128, 127));
  RC_PRE(set_add_multipliers(op, scale[0], scale[1], scale[2], 8));
  layer.output = builder.activation(shape, op.output.zero_point);
  builder.tensor(layer.output).scale = {scale[2]};
  layer.op = std::move(op);
  return builder.finish(std::move(layer));
}

}  // namespace systole::test

#include "tests/support/random_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/workload/geometry.hpp"
#include "tests/support/small_networks.hpp"

namespace systole::test {
namespace {

constexpr std::int64_t kMostChannels = 20;

Shape output_shape(const Window& w, const Shape& in, std::int64_t channels) {
  const OutputSize size = output_size(w, in[1], in[2]);
  return {in[0], size.h.value(), size.w.value(), channels};
}

class RandomNetwork {
 public:
  RandomNetwork(const AcceleratorConfig& config, const Choose& choose)
      : config_{config}, choose_{choose} {}

  Network build() {
    const std::int64_t batch = choose_(1, 3) == 3 ? 2 : 1;
    last_ = builder_.input({batch, choose_(3, 9), choose_(3, 9), choose_(1, 12)}, zero_point());
    const std::int64_t layers = choose_(2, 6);
    for (std::int64_t i = 0; i < layers; ++i) {
      name_ = fmt::format("l{}", i);
      add_layer();
    }
    Network network = builder_.network();
    network.name = "random";
    if (one_in(4) && network.layers.front().output != network.outputs.front()) {
      network.outputs.push_back(network.layers.front().output);  // read by others, too
    }
    return network;
  }

 private:
  bool one_in(std::int64_t count) { return choose_(1, count) == count; }
  std::int32_t zero_point() { return one_in(2) ? static_cast<std::int32_t>(choose_(-9, 9)) : 0; }
  const Tensor& last() { return builder_.tensor(last_); }

  void finish(LayerOp op, const std::vector<TensorId>& inputs, TensorId output) {
    read_.push_back(last_);
    builder_.layer(name_, std::move(op), inputs, output);
    last_ = output;
  }

  void add_layer() {
    const bool image = last().shape.size() == 4;
    if (last().format != ElementFormat{}) {  // narrow: for the array, or sums of the host
      if (one_in(6)) {
        add_sum(tensor_like_last());
      } else {
        image && !one_in(4) ? add_conv(false) : add_product();
      }
    } else if (const TensorId other = tensor_like_last(); one_in(other == last_ ? 4 : 2)) {
      add_sum(other);
    } else if (!image) {
      add_product();
    } else {
      add_of_image();
    }
  }

  void add_of_image() {
    const std::int64_t kind = choose_(0, 11);
    if (kind < 3) {
      add_conv(false);
    } else if (kind < 5) {
      add_conv(true);
    } else if (kind < 9) {
      add_pool();
    } else if (kind < 10) {
      add_branches();
    } else {
      add_product();
    }
  }

  /// One that a layer has read already; the last if there is none.
  TensorId tensor_like_last() {
    const auto alike = [&](TensorId id) {
      return id != last_ && builder_.tensor(id).shape == last().shape &&
             builder_.tensor(id).format == last().format;
    };
    const auto found = std::find_if(read_.begin(), read_.end(), alike);
    return found == read_.end() ? last_ : *found;
  }

  /// A width whose blocks of `lanes` elements are whole bytes.
  ElementFormat narrow(std::uint32_t most_bits, std::uint32_t lanes) {
    auto bits = static_cast<std::uint32_t>(choose_(1, most_bits));
    while (lanes * bits % 8 != 0) {
      ++bits;
    }
    ElementFormat format;
    format.bits = static_cast<std::uint8_t>(bits);
    format.is_signed = one_in(2);
    return format;
  }

  TensorId weights(const Shape& shape) {
    const ArrayConfig& array = config_.array;
    const std::uint32_t most = std::min(array.weight_bits, 8U);
    ElementFormat format;
    if (most < 8 || one_in(4)) {
      format = narrow(most, array.cols);
    }
    const TensorId id = builder_.constant(shape, static_cast<std::int32_t>(format.min()),
                                          static_cast<std::int32_t>(format.max()));
    builder_.tensor(id).format = format;
    return id;
  }

  /// A product's ofmap, and the constants that bring its sums to it.
  TensorId requantized(const Shape& shape, Requantizer& requant) {
    ElementFormat format;
    if (one_in(6)) {  // both as an ofmap and as the next ifmap whole bytes
      format = narrow(8, config_.array.rows % 8 == 0 ? config_.array.cols : 1);
    }
    const auto within = [&](std::int32_t value) {
      return std::clamp(value, static_cast<std::int32_t>(format.min()),
                        static_cast<std::int32_t>(format.max()));
    };
    requant = one_scale(-8, within(zero_point()));
    requant.clamp_min = within(-128);
    requant.clamp_max = within(127);
    if (one_in(2)) {  // constants of every channel
      const auto channels = static_cast<std::size_t>(shape.back());
      requant.multiplier.assign(channels, 1 << 30);
      requant.exponent.assign(channels, -8);
      requant.exponent.back() = -9;
    }
    const TensorId id = builder_.activation(shape, requant.zero_point);
    builder_.tensor(id).format = format;
    return id;
  }

  bool add_bias(std::vector<TensorId>& inputs, std::int64_t channels) {
    if (one_in(2)) {
      inputs.push_back(builder_.constant({channels}, -5000, 5000));
      builder_.tensor(inputs.back()).format.bits = 32;
    }
    return inputs.size() > 2;
  }

  /// A window that leaves at least one output pixel.
  Window window(bool dilated) {
    const Shape& in = last().shape;
    Window w;
    w.kernel_h = choose_(1, std::min<std::int64_t>(3, in[1]));
    w.kernel_w = choose_(1, std::min<std::int64_t>(3, in[2]));
    w.stride_h = choose_(1, 2);
    w.stride_w = choose_(1, 2);
    w.pad_top = choose_(0, w.kernel_h - 1);
    w.pad_bottom = choose_(0, w.kernel_h - 1);
    w.pad_left = choose_(0, w.kernel_w - 1);
    w.pad_right = choose_(0, w.kernel_w - 1);
    if (dilated && one_in(4)) {
      w.dilation_h = (w.kernel_h - 1) * 2 < in[1] ? 2 : 1;
      w.dilation_w = (w.kernel_w - 1) * 2 < in[2] ? 2 : 1;
    }
    return w;
  }

  void add_conv(bool depthwise) {
    const std::int64_t channels = last().shape[3];
    Conv2d op;
    op.window = window(true);
    std::int64_t out_channels = one_in(3) ? channels : choose_(1, kMostChannels);
    if (depthwise) {
      op.groups = out_channels = channels;
    } else if (const std::int64_t groups = choose_(2, 5); channels % groups == 0 && one_in(2)) {
      op.groups = groups;
      out_channels = groups * choose_(1, 3);
    }
    std::vector<TensorId> inputs{last_, weights({out_channels, op.window.kernel_h,
                                                 op.window.kernel_w, channels / op.groups})};
    op.has_bias = add_bias(inputs, out_channels);
    const TensorId out =
        requantized(output_shape(op.window, last().shape, out_channels), op.requant);
    finish(std::move(op), inputs, out);
  }

  /// A fully connected layer, of all the image's elements or of each pixel's; or a matrix product.
  void add_product() {
    const Shape shape = last().shape;
    if (shape.size() == 4 && one_in(2)) {
      const TensorId flat =
          builder_.activation({shape[0], shape[1] * shape[2] * shape[3]}, last().zero_point);
      builder_.tensor(flat).format = last().format;
      const std::string name = std::exchange(name_, name_ + "_flat");
      finish(Reshape{}, {last_}, flat);
      name_ = name;
    }
    const std::int64_t depth = last().shape.back();
    const std::int64_t rows = last().elements() / depth;
    const std::int64_t columns = choose_(1, kMostChannels);
    if (last().shape.size() == 2 && one_in(2)) {
      MatMul op;
      const bool sums_fit =
          last().zero_point == 0 || bias_bits(config_) == config_.array.accumulator_bits;
      const bool computed = sums_fit && config_.array.weight_bits >= 8 && one_in(2);
      const TensorId b = computed ? builder_.input({depth, columns}) : weights({depth, columns});
      const TensorId out = requantized({rows, columns}, op.requant);
      finish(std::move(op), {last_, b}, out);
      return;
    }
    FullyConnected op;
    std::vector<TensorId> inputs{last_, weights({columns, depth})};
    op.has_bias = add_bias(inputs, columns);
    const TensorId out = requantized({rows, columns}, op.requant);
    finish(std::move(op), inputs, out);
  }

  void add_pool() {
    Window w = window(false);
    if (one_in(4)) {  // global
      w = Window{};
      w.kernel_h = last().shape[1];
      w.kernel_w = last().shape[2];
    }
    const Shape shape = output_shape(w, last().shape, last().shape[3]);
    const TensorId out = builder_.activation(shape, last().zero_point);
    if (one_in(2)) {
      finish(AveragePool{w}, {last_}, out);
    } else {
      finish(MaxPool{w}, {last_}, out);
    }
  }

  void add_sum(TensorId other) {
    Add op;
    op.input = {QuantizedMultiplier{1 << 30, 0}, QuantizedMultiplier{1 << 30, 0}};
    op.input_zero_point = {last().zero_point, builder_.tensor(other).zero_point};
    const std::int32_t zero = zero_point();
    op.output = one_scale(-18, zero);
    const TensorId out = builder_.activation(last().shape, zero);  // of int8, of whatever operands
    finish(std::move(op), {last_, other}, out);
  }

  /// Two layers of the same ifmap, put together: the concatenation is done in place where it can
  /// be.
  void add_branches() {
    const TensorId in = last_;
    const Shape shape = last().shape;
    std::vector<TensorId> branches;
    const std::int32_t zero = zero_point();
    Shape together = shape;
    together[3] = 0;
    const std::string name = name_;
    for (const std::int64_t kernel : {std::int64_t{1}, std::int64_t{3}}) {
      Conv2d op;
      op.window.kernel_h = op.window.kernel_w = kernel;
      op.window.pad_top = op.window.pad_left = op.window.pad_bottom = op.window.pad_right =
          kernel / 2;
      const std::int64_t channels = choose_(1, 12);
      together[3] += channels;
      branches.push_back(builder_.activation({shape[0], shape[1], shape[2], channels}, zero));
      op.requant = one_scale(-8, zero);
      name_ = fmt::format("{}_{}", name, kernel);
      last_ = in;
      finish(std::move(op), {in, weights({channels, kernel, kernel, shape[3]})}, branches.back());
    }
    name_ = name;
    finish(Concat{3}, branches, builder_.activation(together, zero));
    if (one_in(3)) {  // a branch that somebody else reads, too
      last_ = branches[1];
    }
  }

  const AcceleratorConfig& config_;
  const Choose& choose_;
  NetworkBuilder builder_;
  std::string name_;
  TensorId last_ = 0;
  std::vector<TensorId> read_;
};

}  // namespace

Network random_network(const AcceleratorConfig& config, const Choose& choose) {
  return RandomNetwork{config, choose}.build();
}

}  // namespace systole::test

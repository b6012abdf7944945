#include "tests/support/layer_chains.hpp"

#include <utility>

namespace systole::test {

ChainBuilder::ChainBuilder(Shape input) {
  network_.name = "small";
  last_ = add_tensor("input", input);
  network_.inputs = {last_};
}

ChainBuilder& ChainBuilder::fully_connected(const std::string& name, std::int64_t channels,
                                            bool per_channel) {
  const Shape& in = network_.tensor(last_).shape;
  const Shape out{in[0], channels};
  FullyConnected op;
  op.requant = requantizer(channels, per_channel);
  Layer layer;
  layer.inputs = {last_, constant(name + ".weights", {channels, in.back()})};
  layer.op = std::move(op);
  finish(name, std::move(layer), out);
  return *this;
}

ChainBuilder& ChainBuilder::conv(const std::string& name, std::int64_t channels) {
  const Shape in = network_.tensor(last_).shape;
  Conv2d op;
  op.window.kernel_h = 3;
  op.window.kernel_w = 3;
  op.has_bias = true;
  op.requant = requantizer(channels, true);
  Layer layer;
  layer.inputs = {last_, constant(name + ".weights", {channels, 3, 3, in[3]}),
                  constant(name + ".bias", {channels})};
  network_.tensors[layer.inputs[2]].format.bits = 32;
  layer.op = std::move(op);
  finish(name, std::move(layer), {in[0], in[1] - 2, in[2] - 2, channels});
  return *this;
}

Network ChainBuilder::build() const {
  Network network = network_;
  network.outputs = {last_};
  return network;
}

TensorId ChainBuilder::add_tensor(const std::string& name, const Shape& shape) {
  Tensor tensor;
  tensor.name = name;
  tensor.shape = shape;
  network_.tensors.push_back(std::move(tensor));
  return network_.tensors.size() - 1;
}

TensorId ChainBuilder::constant(const std::string& name, const Shape& shape) {
  const TensorId id = add_tensor(name, shape);
  TensorData data(static_cast<std::size_t>(element_count(shape)));
  for (std::int32_t& value : data) {
    state_ = state_ * 1664525U + 1013904223U;  // Numerical Recipes' generator
    value = static_cast<std::int32_t>(state_ >> 24) - 128;
  }
  network_.tensors[id].data = std::move(data);
  return id;
}

void ChainBuilder::finish(const std::string& name, Layer layer, const Shape& output) {
  layer.name = name;
  layer.output = last_ = add_tensor(name, output);
  network_.layers.push_back(std::move(layer));
}

Requantizer ChainBuilder::requantizer(std::int64_t channels, bool per_channel) {
  Requantizer requant;
  const auto entries = static_cast<std::size_t>(per_channel ? channels : 1);
  for (std::size_t i = 0; i < entries; ++i) {
    requant.multiplier.push_back(1'300'000'000 + static_cast<std::int32_t>(i) * 10'000'000);
    requant.exponent.push_back(-8);
  }
  return requant;
}

AcceleratorConfig small_machine() {
  AcceleratorConfig config;
  config.name = "small";
  config.array.rows = 4;
  config.array.cols = 4;
  config.scratchpad.activation = {8, 2};
  config.accumulators = {2, 2};
  config.requant.lanes = 4;
  config.vector.lanes = 4;
  config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml";
  return config;
}

}  // namespace systole::test

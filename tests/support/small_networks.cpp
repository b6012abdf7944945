#include "tests/support/small_networks.hpp"

namespace systole::test {

TensorId NetworkBuilder::activation(const Shape& shape, std::int32_t zero_point) {
  Tensor tensor;
  tensor.name = "t" + std::to_string(network_.tensors.size());
  tensor.shape = shape;
  tensor.zero_point = zero_point;
  network_.tensors.push_back(tensor);
  return network_.tensors.size() - 1;
}

TensorId NetworkBuilder::input(const Shape& shape, std::int32_t zero_point) {
  const TensorId id = activation(shape, zero_point);
  network_.inputs.push_back(id);
  return id;
}

TensorId NetworkBuilder::constant(const Shape& shape, std::int32_t low, std::int32_t high) {
  const TensorId id = activation(shape);
  TensorData data(static_cast<std::size_t>(element_count(shape)));
  for (std::int32_t& value : data) {
    state_ = state_ * 1664525 + 1013904223;  // Numerical Recipes' generator
    value =
        low + static_cast<std::int32_t>((state_ >> 8) % static_cast<std::uint32_t>(high - low + 1));
  }
  network_.tensors[id].data = std::move(data);
  return id;
}

Layer& NetworkBuilder::layer(const std::string& name, LayerOp op,
                             const std::vector<TensorId>& inputs, TensorId output) {
  Layer layer;
  layer.name = name;
  layer.op = std::move(op);
  layer.inputs = inputs;
  layer.output = output;
  network_.outputs = {output};
  network_.layers.push_back(std::move(layer));
  return network_.layers.back();
}

Requantizer one_scale(std::int32_t exponent, std::int32_t zero_point) {
  Requantizer requant;
  requant.multiplier = {1 << 30};
  requant.exponent = {exponent};
  requant.zero_point = zero_point;
  return requant;
}

Network conv_network(const Shape& in, std::int64_t kernel, std::int64_t out_channels,
                     PinnedMapping mapping) {
  NetworkBuilder builder;
  const TensorId ifmap = builder.input(in);
  const TensorId weight = builder.constant({out_channels, kernel, kernel, in.at(3)});
  const TensorId ofmap = builder.activation({in[0], in[1], in[2], out_channels});
  Conv2d op;
  op.window.kernel_h = op.window.kernel_w = kernel;
  op.window.pad_top = op.window.pad_left = (kernel - 1) / 2;
  op.window.pad_bottom = op.window.pad_right = kernel / 2;
  op.requant = one_scale();
  builder.layer("conv1", op, {ifmap, weight}, ofmap).mapping = mapping;
  return builder.network();
}

}  // namespace systole::test

#include "tests/support/float_networks.hpp"

#include "sim/quantize/integer_format.hpp"

namespace systole::quantize {
std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(static_cast<float>(2 * uniform_draw(seed, i) - 1));
  }
  return values;
}

FloatConv2d random_conv(std::int64_t out, std::int64_t kernel, std::int64_t in,
                        std::uint64_t seed) {
  FloatConv2d conv;
  conv.window.kernel_h = conv.window.kernel_w = kernel;
  conv.weight.shape = {out, kernel, kernel, in};
  conv.weight.data = noise(static_cast<std::size_t>(element_count(conv.weight.shape)), seed);
  conv.bias = noise(static_cast<std::size_t>(out), seed + 1);
  return conv;
}

FloatBatchNorm random_norm(std::size_t channels, std::uint64_t seed) {
  FloatBatchNorm norm;
  norm.gamma = noise(channels, seed);
  norm.beta = noise(channels, seed + 1);
  norm.mean = noise(channels, seed + 2);
  for (const float v : noise(channels, seed + 3)) {
    norm.variance.push_back(v + 1.5F);
  }
  return norm;
}

FloatNetwork network_of_everything() {
  FloatNetwork network;
  network.name = "everything";
  const ValueId image = network.add_input("image", {1, 6, 6, 2});
  const ValueId conv = network.add_layer("/a/Conv", random_conv(4, 3, 2, 1), {image});
  const ValueId norm = network.add_layer("/a/Norm", random_norm(4, 10), {conv});
  const ValueId relu = network.add_layer("/a/Relu", FloatClip{0.0F}, {norm});
  const ValueId norm2 = network.add_layer("/b/Norm", random_norm(4, 20), {relu});
  const ValueId relu2 = network.add_layer("/b/Relu", FloatClip{0.0F, 0.75F}, {norm2});
  network.add_layer("/nobody/Conv", random_conv(4, 1, 4, 30), {relu2});
  const ValueId sum = network.add_layer("/c/Add", FloatAdd{}, {norm2, relu2});
  FloatAveragePool pool;
  pool.counts_padding = true;
  pool.window.kernel_h = pool.window.kernel_w = 3;
  pool.window.pad_top = pool.window.pad_left = 1;
  pool.window.stride_h = pool.window.stride_w = 2;
  const ValueId pooled = network.add_layer("/d/Pool", pool, {sum});
  const Shape shape = network.value(pooled).shape;
  const ValueId flat =
      network.add_layer("/d/Flatten", FloatReshape{{1, element_count(shape)}}, {pooled});
  const ValueId limited = network.add_layer("/d/Clip", FloatClip{-0.5F, 0.5F}, {flat});
  FloatFullyConnected fc;
  fc.weight.shape = {5, element_count(shape)};
  fc.weight.data = noise(static_cast<std::size_t>(element_count(fc.weight.shape)), 40);
  const ValueId product = network.add_layer("/e/Gemm", fc, {limited});
  network.outputs = {network.add_layer("/e/Norm", random_norm(5, 50), {product})};
  return network;
}

}  // namespace systole::quantize

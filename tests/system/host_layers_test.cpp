// Layers that the machine has for most tensors and not for all: the host does those exactly, on
// what the machine left in DRAM, and the machine goes on with what the host wrote.
#include <gtest/gtest.h>

#include <string>

#include "sim/run/simulation.hpp"
#include "tests/support/engine_equality.hpp"
#include "tests/support/machine_laws.hpp"
#include "tests/support/sim_test.hpp"
#include "tests/support/small_networks.hpp"

namespace systole::test {
namespace {

AcceleratorConfig machine_of_16_bits() {
  AcceleratorConfig config;
  config.name = "wide";
  config.array.activation_bits = config.array.weight_bits = 16;
  config.compiler.fusion = Fusion::Keep;  // the host must find its operands in DRAM all the same
  config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml";
  return config;
}

/// Runs the network on both engines, each output checked.
SimulationOutcome run_on_both(const Network& network) {
  const AcceleratorConfig config = machine_of_16_bits();
  SimulationOptions options;
  SimulationOutcome run = simulate(config, network, {}, options);
  EXPECT_EQ(broken_laws(config, network, run), "");
  options.engine = EngineKind::Fast;
  EXPECT_EQ(differences(run, simulate(config, network, {}, options)), "");
  return run;
}

void expect_where(const SimulationOutcome& run, const std::string& layer, Place where,
                  std::uint64_t host_reads, std::uint64_t host_writes) {
  for (const LayerResult& result : run.result.layers) {
    if (result.name == layer) {
      EXPECT_EQ(result.where, where) << layer;
      EXPECT_EQ(result.events[Event::HostReadBytes], host_reads) << layer;
      EXPECT_EQ(result.events[Event::HostWriteBytes], host_writes) << layer;
      return;
    }
  }
  ADD_FAILURE() << "no layer " << layer;
}

Requantizer limited_to(const ElementFormat& format, std::int32_t exponent) {
  Requantizer requant = one_scale(exponent);
  requant.clamp_min = static_cast<std::int32_t>(format.min());
  requant.clamp_max = static_cast<std::int32_t>(format.max());
  return requant;
}

Add sum_of(const ElementFormat& format) {
  Add op;
  op.input = {QuantizedMultiplier{1 << 30, 0}, QuantizedMultiplier{1 << 30, 0}};
  op.output = limited_to(format, -18);
  return op;
}

/// All activations and weights have the same bits.
class NarrowNetwork {
 public:
  explicit NarrowNetwork(std::uint32_t bits) { format_.bits = static_cast<std::uint8_t>(bits); }

  TensorId input(const Shape& shape) { return with_format(builder_.input(shape)); }
  TensorId add(const std::string& name, LayerOp op, const std::vector<TensorId>& inputs,
               const Shape& shape) {
    const TensorId out = with_format(builder_.activation(shape));
    builder_.layer(name, std::move(op), inputs, out);
    return out;
  }
  TensorId conv(const std::string& name, TensorId in, std::int64_t channels) {
    Shape shape = builder_.tensor(in).shape;
    Conv2d op;
    op.window.kernel_h = op.window.kernel_w = 3;
    op.window.pad_top = op.window.pad_bottom = op.window.pad_left = op.window.pad_right = 1;
    op.requant = limited_to(format_, -static_cast<std::int32_t>(format_.bits));
    const TensorId weight = constant({channels, 3, 3, shape.back()});
    shape.back() = channels;
    return add(name, op, {in, weight}, shape);
  }
  TensorId fully_connected(const std::string& name, TensorId in, std::int64_t channels) {
    FullyConnected op;
    op.requant = limited_to(format_, -static_cast<std::int32_t>(format_.bits));
    const Shape& shape = builder_.tensor(in).shape;
    const TensorId weight = constant({channels, shape[1]});
    return add(name, op, {in, weight}, {shape[0], channels});
  }
  const ElementFormat& format() const { return format_; }
  const Network& network() const { return builder_.network(); }

 private:
  TensorId constant(const Shape& shape) {
    return with_format(builder_.constant(shape, static_cast<std::int32_t>(format_.min()),
                                         static_cast<std::int32_t>(format_.max())));
  }
  TensorId with_format(TensorId id) {
    builder_.tensor(id).format = format_;
    return id;
  }

  NetworkBuilder builder_;
  ElementFormat format_;
};

class OddRows : private FreshKernel, public ::testing::TestWithParam<std::uint32_t> {};

// Sums, pools, reshapes and transposes between layers of the array.
TEST_P(OddRows, OfPackedElementsAreTheHosts) {
  const std::uint32_t bits = GetParam();
  NarrowNetwork builder{bits};
  const TensorId in = builder.input({1, 1, 4, 5});
  const TensorId image = builder.add("image", Reshape{}, {in}, {1, 4, 5, 1});
  const TensorId left = builder.conv("left", image, 5);
  const TensorId right = builder.conv("right", left, 5);
  const TensorId sum = builder.add("sum", sum_of(builder.format()), {left, right}, {1, 4, 5, 5});
  MaxPool pool;
  pool.window.kernel_h = pool.window.kernel_w = 2;
  pool.clamp_min = static_cast<std::int32_t>(builder.format().min());
  pool.clamp_max = static_cast<std::int32_t>(builder.format().max());
  const TensorId pooled = builder.add("pool", pool, {sum}, {1, 3, 4, 5});
  const TensorId turned = builder.add("turn", Transpose{{0, 3, 1, 2}}, {pooled}, {1, 5, 3, 4});
  const TensorId flat = builder.add("flat", Reshape{}, {turned}, {1, 60});
  builder.fully_connected("classes", flat, 7);

  const SimulationOutcome run = run_on_both(builder.network());
  const auto row = [&](std::uint64_t elements) { return (elements * bits + 7) / 8; };
  expect_where(run, "image", Place::Host, 4 * row(5), 20 * row(1));
  expect_where(run, "sum", Place::Host, 2 * 20 * row(5), 20 * row(5));
  expect_where(run, "pool", Place::Vector, 0, 0);
  // Rows that are whole bytes on both sides stay where they are.
  const bool renames = 4 * bits % 8 == 0 && 60 * bits % 8 == 0;
  expect_where(run, "flat", Place::Host, renames ? 0 : 15 * row(4), renames ? 0 : row(60));
}

INSTANTIATE_TEST_SUITE_P(Bits, OddRows, ::testing::Values(1U, 3U, 4U, 5U, 7U, 9U, 12U, 15U));

class HostLayers : private FreshKernel, public ::testing::Test {};

TEST_F(HostLayers, AreThePoolsWhoseWindowsHaveGaps) {
  NetworkBuilder builder;
  const Shape image{1, 6, 7, 5};
  Conv2d conv;
  conv.requant = one_scale(-8);
  const TensorId in = builder.input(image);
  const TensorId first = builder.activation(image);
  builder.layer("conv", conv, {in, builder.constant({5, 1, 1, 5})}, first);
  MaxPool alike;  // a kernel of one row does not reach as far as its dilation
  alike.window.kernel_w = 2;
  alike.window.dilation_h = 9;
  const TensorId second = builder.activation({1, 6, 6, 5});
  builder.layer("alike", alike, {first}, second);
  MaxPool max;
  max.window.kernel_h = max.window.kernel_w = max.window.dilation_h = 2;
  max.window.pad_top = 1;
  const TensorId third = builder.activation({1, 5, 5, 5});
  builder.layer("max", max, {second}, third);
  AveragePool average;
  average.window.kernel_w = average.window.dilation_w = 3;
  average.window.pad_left = average.window.pad_right = 2;
  const TensorId fourth = builder.activation({1, 5, 3, 5});
  builder.layer("average", average, {third}, fourth);
  builder.layer("last", conv, {fourth, builder.constant({5, 1, 1, 5})},
                builder.activation({1, 5, 3, 5}));

  const SimulationOutcome run = run_on_both(builder.network());
  expect_where(run, "alike", Place::Vector, 0, 0);
  expect_where(run, "max", Place::Host, 180, 125);
  expect_where(run, "average", Place::Host, 125, 75);
}

// int8 and int8 into uint8, and a uint8 and an int8 into int8, between layers of the array.
TEST_F(HostLayers, AreTheSumsOfSeveralFormats) {
  NetworkBuilder builder;
  const Shape image{1, 4, 4, 8};
  Conv2d conv;
  conv.requant = one_scale(-8);
  const TensorId in = builder.input(image);
  const auto array_layer = [&](const std::string& name, TensorId from) {
    const TensorId out = builder.activation(image);
    builder.layer(name, conv, {from, builder.constant({8, 1, 1, 8})}, out);
    return out;
  };
  const TensorId left = array_layer("left", in);
  const TensorId right = array_layer("right", left);
  ElementFormat of_uint8;
  of_uint8.is_signed = false;
  const TensorId sum = builder.activation(image);
  builder.tensor(sum).format = of_uint8;
  builder.layer("uint8", sum_of(of_uint8), {left, right}, sum);
  const TensorId mixed = builder.activation(image);
  builder.layer("int8", sum_of(ElementFormat{}), {sum, right}, mixed);
  const TensorId alike = builder.activation(image);
  builder.layer("alike", sum_of(ElementFormat{}), {mixed, right}, alike);
  array_layer("last", alike);

  const SimulationOutcome run = run_on_both(builder.network());
  expect_where(run, "uint8", Place::Host, 256, 128);
  expect_where(run, "int8", Place::Host, 256, 128);
  expect_where(run, "alike", Place::Vector, 0, 0);
}

}  // namespace
}  // namespace systole::test

// Layers for a unit that only shifts, against a search over all shifts that knows nothing of how
// the legalization finds its own.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "sim/legalize/legalize.hpp"
#include "sim/network/refusal.hpp"
#include "tests/support/product_network.hpp"

namespace systole {
namespace {

constexpr std::size_t kProducts = 4;

/// One output channel: what it was, and the accelerator's limits.
struct Case {
  std::vector<std::int32_t> weights;
  std::optional<std::int32_t> bias;
  QuantizedMultiplier multiplier;
  std::int32_t zero_point = 0;
  bool is_signed = true, is_matmul = false;
  AcceleratorConfig config;

  double real() const { return real_multiplier(multiplier); }
  std::int32_t ifmap_min() const { return is_signed ? -128 : 0; }
  std::int32_t ifmap_max() const { return is_signed ? 127 : 255; }
};

/// The integers of a channel with 2^exponent for a multiplier.
struct Channel {
  std::vector<std::int32_t> weights;
  std::int64_t bias = 0;
  std::int32_t exponent = 0;
};

std::int64_t most(std::uint32_t bits) { return (std::int64_t{1} << (bits - 1)) - 1; }

bool fits(std::int64_t value, std::uint32_t bits) {
  return value >= -most(bits) - 1 && value <= most(bits);
}

bool saturates(const Case& of) { return of.config.array.overflow == Overflow::Saturate; }

std::uint32_t start_bits(const Case& of) {
  const std::uint32_t given = of.config.accumulators.bias_bits;
  return given == 0 ? of.config.array.accumulator_bits : given;
}

bool starts_fit(const Case& of, const Channel& channel) {
  std::int64_t start = channel.bias;
  if (saturates(of) || start_bits(of) < of.config.array.accumulator_bits) {
    for (const std::int32_t weight : channel.weights) {
      start -= std::int64_t{of.zero_point} * weight;
    }
  }
  return fits(start, start_bits(of)) && fits(channel.bias, 32);
}

// Every choice of products, each with its least or largest activation: as what the accumulator or a
// column of PEs may hold on the way where sums saturate, all of them where sums wrap.
bool sums_fit(const Case& of, const Channel& channel) {
  const std::uint32_t bits = of.config.array.accumulator_bits;
  std::int64_t start = channel.bias;
  for (const std::int32_t weight : channel.weights) {
    start -= std::int64_t{of.zero_point} * weight;
  }
  for (std::uint32_t extremes = 0; extremes < 1U << kProducts; ++extremes) {
    for (std::uint32_t chosen = 0; chosen < 1U << kProducts; ++chosen) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < kProducts; ++i) {
        const bool largest = (extremes >> i & 1U) != 0;
        const std::int64_t activation = largest ? of.ifmap_max() : of.ifmap_min();
        sum += (chosen >> i & 1U) != 0 ? activation * channel.weights[i] : 0;
      }
      const bool all = chosen == (1U << kProducts) - 1;
      if ((saturates(of) && !fits(sum, bits)) ||
          ((saturates(of) || all) && !fits(start + sum, bits))) {
        return false;
      }
    }
  }
  return true;
}

Channel with_exponent(const Case& of, std::int32_t exponent) {
  Channel channel;
  channel.exponent = exponent;
  const double factor = std::ldexp(of.real(), -exponent);
  for (const std::int32_t weight : of.weights) {
    channel.weights.push_back(
        static_cast<std::int32_t>(std::clamp(std::nearbyint(weight * factor), -128.0, 127.0)));
  }
  channel.bias = static_cast<std::int64_t>(std::nearbyint(of.bias.value_or(0) * factor));
  return channel;
}

struct Cost {
  double signal = 0, noise = 0;
};

Cost cost(const Case& of, const Channel& channel) {
  Cost cost;
  for (std::size_t i = 0; i < kProducts; ++i) {
    const double wanted = of.real() * of.weights[i];
    const double off = wanted - std::ldexp(channel.weights[i], channel.exponent);
    cost.signal += wanted * wanted;
    cost.noise += off * off;
  }
  return cost;
}

class Cases {
 public:
  explicit Cases(unsigned seed) : rng_{seed} {}

  Case next() {
    Case of;
    const std::int32_t weight_max = pick({1, 3, 20, 127});
    for (std::size_t i = 0; i < kProducts; ++i) {
      of.weights.push_back(between(-weight_max, weight_max));
    }
    of.is_matmul = pick({0, 0, 1}) == 1;
    if (!of.is_matmul && pick({0, 1}) == 1) {
      of.bias = between(-1000, 1000);
    }
    of.multiplier = {
        pick({0, 0, 1}) == 1 ? (1 << 30) + between(0, 600) : between(1 << 30, 2147483647),
        between(-8, 1)};
    of.is_signed = pick({0, 1}) == 1;
    of.zero_point =
        pick({0, of.ifmap_min(), of.ifmap_max(), between(of.ifmap_min(), of.ifmap_max())});
    of.config.requant.mode = RequantMode::ShiftOnly;
    of.config.array.accumulator_bits = static_cast<std::uint32_t>(pick({16, 20, 32}));
    of.config.array.overflow = pick({0, 1}) == 1 ? Overflow::Saturate : Overflow::Wrap;
    of.config.accumulators.bias_bits = static_cast<std::uint32_t>(pick({0, 0, 12, 16}));
    return of;
  }

 private:
  std::int32_t between(std::int32_t low, std::int32_t high) {
    return std::uniform_int_distribution<std::int32_t>{low, high}(rng_);
  }
  std::int32_t pick(const std::vector<std::int32_t>& values) {
    return values[static_cast<std::size_t>(
        between(0, static_cast<std::int32_t>(values.size()) - 1))];
  }

  std::mt19937 rng_;
};

Network network_of(const Case& of) {
  Network network;
  network.inputs = {add_tensor(network, {1, kProducts})};
  network.tensors[0].zero_point = of.zero_point;
  network.tensors[0].format.is_signed = of.is_signed;
  Requantizer requant;
  requant.variant = RequantVariant::Single;
  requant.multiplier = {of.multiplier.multiplier};
  requant.exponent = {of.multiplier.exponent};
  Layer layer;
  layer.name = "product";
  layer.inputs = {0, add_tensor(network, of.is_matmul ? Shape{kProducts, 1} : Shape{1, kProducts})};
  network.tensors[1].data = of.weights;
  if (of.is_matmul) {
    layer.op = MatMul{requant};
  } else {
    layer.op = FullyConnected{of.bias.has_value(), requant};
  }
  if (of.bias) {
    layer.inputs.push_back(add_tensor(network, {1}));
    network.tensors.back().data = TensorData{*of.bias};
    network.tensors.back().format.bits = 32;
  }
  layer.output = add_tensor(network, {1, 1});
  network.outputs = {layer.output};
  network.layers.push_back(std::move(layer));
  return network;
}

Channel channel_of(const Network& network) {
  const Layer& layer = network.layers[0];
  Channel channel;
  channel.weights = *network.tensor(layer.inputs[1]).data;
  if (layer.inputs.size() > 2) {
    channel.bias = network.tensor(layer.inputs[2]).data->at(0);
  }
  const auto* product = std::get_if<MatMul>(&layer.op);
  const Requantizer& requant =
      product != nullptr ? product->requant : std::get<FullyConnected>(layer.op).requant;
  channel.exponent = requant.exponent.at(0);
  return channel;
}

// The least noise of exponents from the one that covers the multiplier on, as long as they fit.
double least_noise(const Case& of, std::int32_t covering) {
  double least = std::numeric_limits<double>::infinity();
  for (std::int32_t exponent = covering; exponent >= covering - 15; --exponent) {
    const Channel channel = with_exponent(of, exponent);
    if (exponent < covering && (!starts_fit(of, channel) || !sums_fit(of, channel))) {
      break;
    }
    least = std::min(least, cost(of, channel).noise);
  }
  return least;
}

std::string text(const Case& of, const Channel& channel) {
  std::string out = "weights";
  for (std::size_t i = 0; i < kProducts; ++i) {
    out += " " + std::to_string(of.weights[i]) + "->" + std::to_string(channel.weights[i]);
  }
  return out + ", bias " + std::to_string(of.bias.value_or(0)) + "->" +
         std::to_string(channel.bias) + ", " + std::to_string(of.real()) + "->2^" +
         std::to_string(channel.exponent) + ", zero point " + std::to_string(of.zero_point) +
         (of.is_signed ? "" : " unsigned") + (saturates(of) ? " saturating" : " wrapping") +
         (of.is_matmul ? " matmul" : "") + ", bits " +
         std::to_string(of.config.array.accumulator_bits) + " " + std::to_string(start_bits(of));
}

TEST(ShiftOnlyProperty, AChannelIsAsNearToItsMultiplierAsItsIntegersAndTheSumsAllow) {
  Cases cases{1};
  int fitting = 0;
  for (int i = 0; i < 20000; ++i) {
    const Case of = cases.next();
    const auto covering =
        static_cast<std::int32_t>(std::ceil(std::log2(of.real()) - 1.0 / (1 << 20)));
    const Channel coarsest = with_exponent(of, covering);
    if (!starts_fit(of, coarsest)) {
      continue;  // clipped, or weights that give up bits: legalize_folding_test.cpp
    }
    ++fitting;
    const Legalized legal = legalize(network_of(of), of.config);
    const Channel channel = channel_of(legal.network);
    SCOPED_TRACE(text(of, channel));
    EXPECT_TRUE(starts_fit(of, channel));
    EXPECT_TRUE(channel.exponent == covering || sums_fit(of, channel));
    const double wanted = least_noise(of, covering);
    EXPECT_LE(cost(of, channel).noise, wanted * (1 + 1e-9));
    if (testing::Test::HasFailure()) {
      return;
    }
  }
  EXPECT_GT(fitting, 10000);
}

TEST(ShiftOnlyProperty, TheReportTellsEveryChangeOfAMultiplierAndItsCost) {
  Cases cases{2};
  for (int i = 0; i < 20000; ++i) {
    const Case of = cases.next();
    Legalized legal;
    try {
      legal = legalize(network_of(of), of.config);
    } catch (const Refusal&) {
      continue;  // a product without bias whose start does not fit
    }
    const Channel channel = channel_of(legal.network);
    SCOPED_TRACE(text(of, channel));
    const Cost cost = systole::cost(of, channel);
    if (cost.noise > 0) {
      ASSERT_FALSE(legal.notes.empty());
      ASSERT_TRUE(legal.notes[0].sqnr_db);
      ASSERT_NEAR(*legal.notes[0].sqnr_db, 10 * std::log10(cost.signal / cost.noise), 1e-6);
    }
    if (channel.weights != of.weights || channel.bias != of.bias.value_or(0)) {
      ASSERT_FALSE(legal.notes.empty());
    }
  }
}

}  // namespace
}  // namespace systole

// Tables of the TensorFlow Lite front end, and roots, recomputed with gemmlowp's own functions on
// integers of the kernels' widths.
#include <fixedpoint/fixedpoint.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>

#include "models/golden/fixed_point.hpp"
#include "sim/tflite/tflite.hpp"
#include "tests/support/tflite_models.hpp"

namespace systole::test {
namespace {

using namespace tflite::file;

struct Numbers {
  TensorType type;
  float in_scale;
  std::int64_t in_zero;
  float out_scale;
  std::int64_t out_zero;
};

TensorData table_of(BuiltinOperator op, const Numbers& n) {
  TfliteModel m;
  const std::int32_t in = m.tensor(n.type, {1, 4}, {n.in_scale}, n.in_zero);
  const std::int32_t out = m.tensor(n.type, {1, 4}, {n.out_scale}, n.out_zero);
  m.node(static_cast<std::int32_t>(op), {in}, {out});
  m.set_ends({in}, {out});
  const std::string path = write_bytes("table.tflite", m.bytes());
  const Network network = load_tflite(path);
  std::filesystem::remove(path);
  return std::get<Lookup>(network.layers.at(0).op).table;
}

struct Multiplier16 {
  std::int16_t multiplier = 0;
  int exponent = 0;
};

Multiplier16 multiplier_16(float real) {
  constexpr std::int32_t kHalf = 1 << 15;
  const QuantizedMultiplier q = quantize_multiplier(static_cast<double>(real));
  const bool largest = q.multiplier >= std::numeric_limits<std::int32_t>::max() - kHalf;
  return {static_cast<std::int16_t>(largest ? 32767 : (q.multiplier + kHalf) >> 16), q.exponent};
}

std::int16_t shifted(std::int16_t value, int bits) {
  return static_cast<std::int16_t>(
      std::clamp<std::int64_t>(std::int64_t{value} * (std::int64_t{1} << bits), -32768, 32767));
}

std::int32_t hard_swish(std::int64_t centred, Multiplier16 to_output, Multiplier16 to_gate) {
  using gemmlowp::RoundingDivideByPOT;
  using gemmlowp::SaturatingRoundingDoublingHighMul;
  const auto fine = static_cast<std::int16_t>(centred * 128);
  const std::int16_t unshifted = SaturatingRoundingDoublingHighMul(fine, to_output.multiplier);
  std::int16_t gate = to_gate.exponent > 0 ? shifted(fine, to_gate.exponent - 1) : fine;
  gate = SaturatingRoundingDoublingHighMul(gate, to_gate.multiplier);
  gate = to_gate.exponent > 0   ? shifted(gate, 1)
         : to_gate.exponent < 0 ? RoundingDivideByPOT(gate, -to_gate.exponent)
                                : gate;
  gate = static_cast<std::int16_t>((gate + (1 << 15)) >> 1);
  const auto product = static_cast<std::int16_t>(gate * unshifted / (1 << 15));
  return RoundingDivideByPOT(product, -to_output.exponent);
}

TEST(TfliteAgainstGemmlowp, HardSwishIsThatOf16BitIntegers) {
  std::mt19937 rng{1};
  std::uniform_real_distribution<float> exponent{-9, 3};
  for (int round = 0; round < 200; ++round) {
    const bool is_signed = round % 2 == 0;
    const std::int32_t least = is_signed ? -128 : 0;
    const float in_scale = std::exp2(exponent(rng));
    Numbers n{is_signed ? TensorType::INT8 : TensorType::UINT8, in_scale,
              least + static_cast<std::int64_t>(rng() % 256),
              in_scale * (0.02F + static_cast<float>(rng() % 100) / 50),
              least + static_cast<std::int64_t>(rng() % 256)};
    const float fine_scale = (1.0F / 128.0F) * in_scale;
    const Multiplier16 to_output = multiplier_16(fine_scale / n.out_scale);
    const Multiplier16 to_gate = multiplier_16(fine_scale / (3.0F / 32768.0F));
    const TensorData table = table_of(BuiltinOperator::HARD_SWISH, n);
    for (std::int32_t i = 0; i < 256; ++i) {
      const std::int64_t value = hard_swish(least + i - n.in_zero, to_output, to_gate) + n.out_zero;
      ASSERT_EQ(table[static_cast<std::size_t>(i)],
                std::clamp<std::int64_t>(value, least, least + 255))
          << "round " << round << ", " << least + i << " x " << in_scale;
    }
  }
}

TEST(TfliteAgainstGemmlowp, TanhIsThatOfFixedPoint) {
  using Q4 = gemmlowp::FixedPoint<std::int32_t, 4>;
  for (const float scale : {0.0003F, 0.004F, 0.03F, 0.1F, 0.7F}) {
    const QuantizedMultiplier input = quantize_multiplier(static_cast<double>(scale) * (1 << 27));
    const auto radius = static_cast<std::int64_t>(std::ldexp(15.0, 27 - input.exponent));
    const TensorData table =
        table_of(BuiltinOperator::TANH, {TensorType::INT8, scale, -11, 1.0F / 128, 0});
    for (std::int32_t q = -128; q <= 127; ++q) {
      const std::int32_t centred = q + 11;
      std::int32_t expected = centred < 0 ? -128 : 127;
      if (std::abs(centred) < radius) {
        const auto raised = static_cast<std::int32_t>(static_cast<std::uint32_t>(centred)
                                                      << std::max(input.exponent, 0));
        const std::int32_t raw = gemmlowp::RoundingDivideByPOT(
            gemmlowp::SaturatingRoundingDoublingHighMul(raised, input.multiplier),
            std::max(-input.exponent, 0));
        expected = std::clamp(
            gemmlowp::RoundingDivideByPOT(gemmlowp::tanh(Q4::FromRaw(raw)).raw(), 24), -128, 127);
      }
      ASSERT_EQ(table[static_cast<std::size_t>(q + 128)], expected) << q << " x " << scale;
    }
  }
}

// Five steps of Newton-Raphson with three integer bits, from 1.
TEST(TfliteAgainstGemmlowp, InverseSquareRootsAreThoseOfFixedPoint) {
  using Q3 = gemmlowp::FixedPoint<std::int32_t, 3>;
  using Q0 = gemmlowp::FixedPoint<std::int32_t, 0>;
  std::mt19937 rng{2};
  for (int i = 0; i < 20000; ++i) {
    const auto value = static_cast<std::int32_t>((rng() >> 1U) >> (rng() % 29)) + 2;
    if (value < 2) {
      continue;  // 2^31 and more
    }
    std::int32_t scaled = value;
    int right_shift = 11;
    while (scaled >= 1 << 29) {
      scaled /= 4;
      ++right_shift;
    }
    while (scaled < 1 << 27) {
      scaled <<= 2;
      --right_shift;
    }
    const Q3 half_input = gemmlowp::SaturatingRoundingMultiplyByPOT<-1>(Q3::FromRaw(scaled >> 1));
    const Q3 three_halves = Q3::FromRaw((1 << 28) + (1 << 27));
    Q3 x = Q3::One();
    for (int step = 0; step < 5; ++step) {
      const Q3 cube = gemmlowp::Rescale<3>(x * x * x);
      x = gemmlowp::Rescale<3>(three_halves * x - half_input * cube);
    }
    x = x * Q0::FromRaw(1518500250);
    const QuantizedMultiplier root = golden::inverse_square_root(value);
    const int left = std::max(-right_shift, 0);
    ASSERT_EQ(root.multiplier,
              static_cast<std::int32_t>(static_cast<std::uint32_t>(x.raw()) << left))
        << value;
    ASSERT_EQ(root.exponent, -std::max(right_shift, 0)) << value;
  }
}

}  // namespace
}  // namespace systole::test

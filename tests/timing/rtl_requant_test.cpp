#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iostream>
#include <limits>
#include <random>

#include "models/rtl/verilated_requant.hpp"

namespace systole {
namespace {

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
constexpr std::array kRoundings = {Rounding::NearestEven, Rounding::NearestAway, Rounding::HalfUp,
                                   Rounding::Floor, Rounding::TowardZero};

/// Every arithmetic of the unit.
std::vector<Requantizer> arithmetics() {
  std::vector<Requantizer> all;
  Requantizer registers;
  all.push_back(registers);  // tflite has one rounding
  for (const Rounding rounding : kRoundings) {
    registers.rounding = rounding;
    registers.mode = RequantMode::MultiplierShift;
    registers.variant = RequantVariant::Single;
    all.push_back(registers);
    registers.mode = RequantMode::ShiftOnly;
    all.push_back(registers);
  }
  return all;
}

/// Feeds a unit a row a cycle, now and then none, and holds every row that leaves against
/// requantize(), in its cycle.
class Bench {
 public:
  explicit Bench(RtlRequantUnit& unit) : unit_{unit} {}

  void configure(const Requantizer& registers) {
    drain();
    registers_ = registers;
    unit_.configure(registers);
  }

  void feed(const RtlRequantLane& lane) {
    row_.push_back(lane);
    if (row_.size() == unit_.lanes()) {
      if (cycle_ % 7 == 3) {
        step(nullptr);
      }
      step(&row_);
      row_.clear();
    }
  }

  void drain() {
    while (!row_.empty()) {
      feed(row_.back());
    }
    for (std::uint32_t i = 0; i <= unit_.latency(); ++i) {
      step(nullptr);
    }
    EXPECT_TRUE(inside_.empty());
  }

  std::uint64_t values_held() const { return values_held_; }

 private:
  struct Inside {
    std::uint64_t due = 0;
    std::vector<RtlRequantLane> input;
  };

  void step(const std::vector<RtlRequantLane>* input) {
    if (input != nullptr) {
      inside_.push_back({cycle_ + unit_.latency(), *input});
    }
    PsumRow got;
    const bool leaves = unit_.step(input, got);
    const bool due = !inside_.empty() && inside_.front().due == cycle_;
    ASSERT_EQ(leaves, due) << "cycle " << cycle_;
    if (due) {
      hold(inside_.front().input, got);
      inside_.pop_front();
    }
    ++cycle_;
  }

  void hold(const std::vector<RtlRequantLane>& input, const PsumRow& got) {
    for (std::size_t i = 0; i < input.size(); ++i) {
      const RtlRequantLane& lane = input[i];
      ASSERT_EQ(got[i], requantize(lane.psum, lane.entry, registers_))
          << "psum " << lane.psum << " multiplier " << lane.entry.multiplier << " exponent "
          << lane.entry.exponent << " mode " << static_cast<int>(registers_.mode) << " variant "
          << static_cast<int>(registers_.variant) << " rounding "
          << static_cast<int>(registers_.rounding);
      ++values_held_;
    }
  }

  RtlRequantUnit& unit_;
  Requantizer registers_;
  std::vector<RtlRequantLane> row_;
  std::deque<Inside> inside_;
  std::uint64_t cycle_ = 0;
  std::uint64_t values_held_ = 0;
};

/// Holds `feed(bench, registers)` for every unit and arithmetic, with the widest clamp.
template <typename Feed>
void for_all_units(Feed feed) {
  const auto units = make_verilated_requant_units();
  if (units.empty()) {
    GTEST_SKIP() << "built without Verilator";
  }
  std::uint64_t values = 0;
  for (const auto& unit : units) {
    SCOPED_TRACE(testing::Message() << "latency " << unit->latency());
    Bench bench{*unit};
    for (Requantizer registers : arithmetics()) {
      registers.clamp_min = -65536;
      registers.clamp_max = 65535;
      bench.configure(registers);
      feed(bench, registers);
      bench.drain();
      if (testing::Test::HasFatalFailure()) {
        return;
      }
    }
    values += bench.values_held();
  }
  std::cout << "held " << values << " values of " << units.size() << " units\n";
}

TEST(VerilatedRequantUnit, EqualsRequantizeOnRandomValuesWithItsLatencyExact) {
  std::mt19937 rng{20261121};
  std::uniform_int_distribution<std::int32_t> any{kMin, kMax};
  std::uniform_int_distribution<std::int32_t> multiplier{1 << 30, kMax};
  std::uniform_int_distribution<std::int32_t> exponent{-31, 30};
  for_all_units([&](Bench& bench, const Requantizer&) {
    for (int i = 0; i < 20'000; ++i) {
      const std::int32_t shift = exponent(rng);
      // Mostly psums that end inside the clamp.
      const std::int32_t psum = any(rng) >> (i % 4 == 0 ? 0 : std::max(0, 16 + shift) % 31);
      bench.feed({psum, {i % 16 == 0 ? any(rng) : multiplier(rng), shift}});
    }
  });
}

TEST(VerilatedRequantUnit, EqualsRequantizeOnTiesAndTheirNeighbours) {
  for_all_units([](Bench& bench, const Requantizer& registers) {
    // Of the products that this arithmetic shifts right, those that end halfway.
    const bool single = registers.mode == RequantMode::MultiplierShift &&
                        registers.variant == RequantVariant::Single;
    for (std::int32_t shift = 0; shift <= 30; ++shift) {
      const std::int32_t half = shift == 0 ? 0 : 1 << (shift - 1);
      for (std::int32_t quotient = -3; quotient <= 3; ++quotient) {
        for (std::int32_t offset = -2; offset <= 2; ++offset) {
          const std::int64_t wide = std::int64_t{quotient} * (1LL << shift) + half + offset;
          const auto psum = static_cast<std::int32_t>(wide);
          bench.feed({psum, {kMax, -shift}});
          bench.feed({psum, {1 << 30, single ? 1 - shift : -shift}});
          if (wide >= kMin / 2 && wide <= kMax / 2) {
            bench.feed({psum * 2, {1 << 30, -shift}});
          }
          bench.feed({psum, {(1 << 30) + 1, -shift}});
        }
      }
    }
  });
}

TEST(VerilatedRequantUnit, EqualsRequantizeAtTheExtremes) {
  const std::array extremes = {kMin, kMin + 1, -(1 << 30), -2,       -1,  0,
                               1,    2,        1 << 30,    kMax - 1, kMax};
  for_all_units([&](Bench& bench, const Requantizer&) {
    for (const std::int32_t psum : extremes) {
      for (const std::int32_t multiplier : extremes) {
        for (std::int32_t exponent = -31; exponent <= 30; ++exponent) {
          bench.feed({psum, {multiplier, exponent}});
        }
      }
    }
  });
}

TEST(VerilatedRequantUnit, AddsTheZeroPointAfterScalingAndClampsLast) {
  struct Output {
    std::int32_t zero_point, clamp_min, clamp_max;
  };
  const std::array<Output, 9> outputs = {{{0, -128, 127},
                                          {-128, -128, 127},
                                          {127, -128, 127},
                                          {-5, -5, 20},
                                          {255, 0, 255},
                                          {0, 0, 0},
                                          {-32768, -32768, 32767},
                                          {65535, 0, 65535},
                                          {32767, -32768, 32767}}};
  std::mt19937 rng{20261122};
  for_all_units([&](Bench& bench, Requantizer registers) {
    for (const Output& output : outputs) {
      registers.zero_point = output.zero_point;
      registers.clamp_min = output.clamp_min;
      registers.clamp_max = output.clamp_max;
      bench.configure(registers);
      for (std::int32_t edge : {output.clamp_min, output.clamp_max}) {
        for (std::int32_t offset = -3; offset <= 3; ++offset) {
          bench.feed({(edge - output.zero_point + offset) * 2, {1 << 30, 0}});
          bench.feed({edge - output.zero_point + offset, {1 << 30, 0}});
        }
      }
      for (const std::int32_t psum : {kMin, kMax}) {
        bench.feed({psum, {kMax, 0}});
        bench.feed({psum, {kMax, static_cast<std::int32_t>(rng() % 8)}});
      }
    }
  });
}

TEST(VerilatedRequantUnit, AResetUnitHoldsNothing) {
  for (const auto& unit : make_verilated_requant_units()) {
    unit->configure({});
    PsumRow ofmap;
    for (std::uint32_t i = 0; i <= unit->latency(); ++i) {
      EXPECT_FALSE(unit->step(nullptr, ofmap));
    }
  }
}

}  // namespace
}  // namespace systole

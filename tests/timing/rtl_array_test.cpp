#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <string>

#include "models/rtl/verilated_array.hpp"
#include "sim/network/refusal.hpp"
#include "tests/support/array_bench.hpp"

namespace systole {
namespace {

using test::array_of;
using test::ArrayBench;

ArrayConfig config_of(const RtlArraySize& size) {
  ArrayConfig config = array_of(size.rows, size.cols);
  config.activation_bits = size.operand_bits;
  config.weight_bits = size.operand_bits;
  return config;
}

/// Calls `check(config, seed)` for every size in this build.
template <typename Check>
void for_all_sizes(std::uint32_t seeds, Check check) {
  if (verilated_array_sizes().empty()) {
    GTEST_SKIP() << "built without Verilator";
  }
  for (const RtlArraySize& size : verilated_array_sizes()) {
    for (std::uint32_t seed = 0; seed < seeds && !testing::Test::HasFailure(); ++seed) {
      SCOPED_TRACE(testing::Message() << size.rows << " x " << size.cols << " PEs of "
                                      << size.operand_bits << " bits, seed " << seed);
      check(config_of(size), seed);
    }
  }
}

/// Anything that the socket allows, in step: vectors with and without a swap, weight rows in any
/// order, often over ones that were never used, bubbles, and long pauses.
class Lockstep {
 public:
  Lockstep(const ArrayConfig& config, std::uint32_t seed)
      : config_{config},
        model_{make_weight_stationary_array(config)},
        rtl_{make_verilated_array(config)},
        rng_{seed} {}

  void run(int cycles) {
    for (int cycle = 0; cycle < cycles && !testing::Test::HasFailure(); ++cycle) {
      if (cycle % 64 == 0) {
        vectors_in_8_ = rng_() % 9;
        weights_in_8_ = rng_() % 9;
      }
      step(random_input(), cycle);
    }
    for (int cycle = cycles; !model_->idle() && !testing::Test::HasFailure(); ++cycle) {
      step({}, cycle);
    }
  }

  std::uint64_t rows_held() const { return rows_held_; }

 private:
  ArrayInput random_input() {
    ArrayInput input;
    if (rng_() % 8 < vectors_in_8_) {
      input.ifmap = &random_row(ifmap_, config_.rows, config_.activation_bits);
    }
    input.swap = rng_() % 6 == 0;  // means nothing without a vector
    if (rng_() % 8 < weights_in_8_) {
      input.weights = &random_row(weights_, config_.cols, config_.weight_bits);
      input.weight_row = static_cast<std::uint32_t>(rng_() % config_.rows);
    }
    return input;
  }

  const OperandRow& random_row(OperandRow& row, std::uint32_t lanes, std::uint32_t bits) {
    const std::int32_t least = -(1 << (bits - 1));
    row.resize(lanes);
    for (std::int16_t& x : row) {
      const auto r = static_cast<std::int32_t>(rng_() % (1U << bits));
      x = static_cast<std::int16_t>(rng_() % 8 == 0 ? least : least + r);
    }
    return row;
  }

  void step(const ArrayInput& input, int cycle) {
    PsumRow expected;
    PsumRow got;
    const bool leaves = model_->step(input, expected);
    ASSERT_EQ(rtl_->step(input, got), leaves) << "cycle " << cycle;
    ASSERT_EQ(got, expected) << "cycle " << cycle;
    ASSERT_EQ(rtl_->idle(), model_->idle()) << "cycle " << cycle;
    rows_held_ += leaves ? 1U : 0U;
  }

  const ArrayConfig config_;
  std::unique_ptr<PeArray> model_;
  std::unique_ptr<PeArray> rtl_;
  std::mt19937 rng_;
  std::uint64_t vectors_in_8_ = 0;
  std::uint64_t weights_in_8_ = 0;
  OperandRow ifmap_;
  OperandRow weights_;
  std::uint64_t rows_held_ = 0;
};

TEST(VerilatedArray, EveryRowLeavesWithItsProductRowsPlusColsMinusTwoCyclesLater) {
  int rows = 0;
  for_all_sizes(40, [&](const ArrayConfig& config, std::uint32_t seed) {
    ArrayBench bench{config, make_verilated_array(config), seed};
    bench.run(20);
    rows += bench.rows_checked();
  });
  std::cout << "held " << rows << " rows against their products\n";
}

TEST(VerilatedArray, GivesTheRowsOfTheSystemcArrayInTheSameCycles) {
  std::uint64_t rows = 0;
  std::uint64_t arrays = 0;
  for_all_sizes(30, [&](const ArrayConfig& config, std::uint32_t seed) {
    Lockstep pair{config, seed};
    pair.run(1500);
    rows += pair.rows_held();
    ++arrays;
  });
  std::cout << "held " << rows << " rows of " << arrays << " random streams\n";
}

TEST(VerilatedArray, PsumsWrapModuloTwoToThe32) {
  for (const RtlArraySize& size : verilated_array_sizes()) {
    if (size.rows == 4 && size.cols == 1 && size.operand_bits == 16) {
      test::expect_wrap(*make_verilated_array(config_of(size)));
      return;
    }
  }
  GTEST_SKIP() << "no 4x1x16 in this build";
}

TEST(VerilatedArray, NarrowOperandsFitInWiderRegisters) {
  if (verilated_array_sizes().empty()) {
    GTEST_SKIP() << "built without Verilator";
  }
  const RtlArraySize size = verilated_array_sizes().front();
  ArrayConfig config = config_of(size);
  config.weight_bits = 4;
  EXPECT_NE(make_verilated_array(config), nullptr);
}

std::string refusal_of(const ArrayConfig& config) {
  try {
    make_verilated_array(config);
  } catch (const Refusal& error) {
    return error.what();
  }
  return "";
}

TEST(VerilatedArray, AnotherSizeIsRefusedWithTheSizesThatAreThere) {
  if (verilated_array_sizes().empty()) {
    GTEST_SKIP() << "built without Verilator";
  }
  const std::string text = refusal_of(array_of(7, 9));
  EXPECT_NE(text.find("no Verilated array of 7x9x8"), std::string::npos) << text;
  EXPECT_NE(text.find("-DSYSTOLE_RTL_SIZES=\"7x9x8\""), std::string::npos) << text;
}

TEST(VerilatedArray, AnotherDataflowIsRefused) {
  ArrayConfig config = array_of(4, 4);
  config.dataflow = Dataflow::OutputStationary;
  EXPECT_NE(refusal_of(config), "");
}

}  // namespace
}  // namespace systole

#include "models/array/switching_activity.hpp"

#include <gtest/gtest.h>

#include <bitset>
#include <deque>
#include <optional>
#include <vector>

#include "sim/network/splitmix64.hpp"

namespace systole {
namespace {

ArrayConfig array(Dataflow dataflow) {
  ArrayConfig config;
  config.rows = 5;
  config.cols = 3;
  config.dataflow = dataflow;
  config.activation_bits = 7;
  config.weight_bits = 4;
  config.accumulator_bits = 12;
  return config;
}

std::uint64_t toggled(std::int64_t& reg, std::int64_t value, std::uint32_t bits) {
  std::uint64_t count = 0;
  for (std::uint32_t bit = 0; bit < bits; ++bit) {
    count += ((reg >> bit) & 1) != ((value >> bit) & 1) ? 1U : 0U;
  }
  reg = value;
  return count;
}

std::int64_t wrapped(std::int64_t value, std::uint32_t bits) {
  const std::int64_t modulus = std::int64_t{1} << bits;
  const std::int64_t low = ((value % modulus) + modulus) % modulus;
  return low >= modulus / 2 ? low - modulus : low;
}

class Numbers {
 public:
  std::int16_t operand(std::uint32_t bits) {
    const auto half = std::int64_t{1} << (bits - 1);
    return static_cast<std::int16_t>(
        static_cast<std::int64_t>(next() % (2U * static_cast<std::uint64_t>(half))) - half);
  }
  std::uint64_t next() { return splitmix64(++seed_); }
  OperandRow row(std::size_t lanes, std::uint32_t bits) {
    OperandRow row(lanes);
    for (std::int16_t& lane : row) {
      lane = operand(bits);
    }
    return row;
  }

 private:
  std::uint64_t seed_ = 7;
};

/// A value that moves through PEs, and the cycle's place in a fold.
struct Token {
  std::int64_t value = 0;
  bool swap = false;
  bool first = false;
};
using Wire = std::optional<Token>;

/// PEs one by one and cycle by cycle, with the skew of operands: nothing in common with
/// SwitchingActivity but the registers.
class PeGrid {
 public:
  explicit PeGrid(const ArrayConfig& config)
      : config_{config}, pes_(config.rows, std::vector<Pe>(config.cols)) {}

  std::uint64_t left = 0, top = 0, psum = 0, multiplier = 0;

  /// Weight or input stationary: `vector` enters skewed, `stationary` is in the shadow registers at
  /// once.
  void load(const std::vector<OperandRow>& stationary, std::uint32_t bits) {
    for (std::size_t entered = 0; entered < config_.rows; ++entered) {
      for (std::size_t r = entered + 1; r-- > 0;) {
        for (std::size_t c = 0; c < config_.cols; ++c) {
          const std::int64_t value =
              r == 0 ? stationary[config_.rows - 1 - entered][c] : pes_[r - 1][c].shadow;
          top += toggled(pes_[r][c].shadow, value, bits);
        }
      }
    }
  }

  void stream(const std::vector<OperandRow>& vectors, std::uint32_t stream_bits,
              std::uint32_t stationary_bits) {
    const std::size_t cycles = vectors.size() + config_.rows + config_.cols;
    std::vector<std::vector<Wire>> moving(config_.rows, std::vector<Wire>(config_.cols));
    std::vector<std::vector<Wire>> falling = moving;
    for (std::size_t cycle = 0; cycle < cycles; ++cycle) {
      auto next_moving = moving;
      auto next_falling = falling;
      for (std::size_t r = 0; r < config_.rows; ++r) {
        for (std::size_t c = 0; c < config_.cols; ++c) {
          Wire in;
          if (c > 0) {
            in = moving[r][c - 1];
          } else if (cycle >= r && cycle - r < vectors.size()) {
            in = Token{vectors[cycle - r][r], cycle == r, false};
          }
          next_moving[r][c] = in;
          next_falling[r][c] = std::nullopt;
          if (!in) {
            continue;
          }
          Pe& pe = pes_[r][c];
          if (in->swap) {
            top += toggled(pe.active, pe.shadow, stationary_bits);
          }
          const std::uint64_t moved = toggled(pe.operand, in->value, stream_bits);
          left += moved;
          multiplier += pe.active == 0 ? 0 : moved;
          const std::int64_t above = r == 0 ? 0 : falling[r - 1][c].value().value;
          const std::int64_t sum = wrapped(above + pe.active * in->value, config_.accumulator_bits);
          psum += toggled(pe.psum, sum, config_.accumulator_bits);
          next_falling[r][c] = Token{sum, false, false};
        }
      }
      moving = next_moving;
      falling = next_falling;
    }
  }

  void multiply(const std::vector<OperandRow>& ifmaps, const std::vector<OperandRow>& weights) {
    for (std::size_t k = 0; k < ifmaps.size(); ++k) {  // each PE sees them in this order
      for (std::size_t r = 0; r < config_.rows; ++r) {
        for (std::size_t c = 0; c < config_.cols; ++c) {
          Pe& pe = pes_[r][c];
          const std::uint64_t beside = toggled(pe.operand, ifmaps[k][r], config_.activation_bits);
          const std::uint64_t down = toggled(pe.weight, weights[k][c], config_.weight_bits);
          left += beside;
          top += down;
          multiplier += (weights[k][c] == 0 ? 0 : beside) + (ifmaps[k][r] == 0 ? 0 : down);
          const std::int64_t sum =
              (k == 0 ? 0 : pe.psum) + std::int64_t{ifmaps[k][r]} * weights[k][c];
          psum +=
              toggled(pe.psum, wrapped(sum, config_.accumulator_bits), config_.accumulator_bits);
        }
      }
    }
  }

  /// Sums out of the array, the last array row first.
  std::uint64_t drain() {
    std::uint64_t count = 0;
    for (std::size_t c = 0; c < config_.cols; ++c) {
      std::deque<std::int64_t> column;
      for (std::size_t r = 0; r < config_.rows; ++r) {
        count += toggled(pes_[r][c].shadow, pes_[r][c].psum, config_.accumulator_bits);
        column.push_back(pes_[r][c].psum);
      }
      while (column.size() > 1) {
        column.pop_back();
        for (std::size_t i = column.size(); i-- > 0;) {
          const std::size_t to = config_.rows - column.size() + i;
          count += toggled(pes_[to][c].shadow, column[i], config_.accumulator_bits);
        }
      }
    }
    return count;
  }

 private:
  struct Pe {
    std::int64_t operand = 0, weight = 0, shadow = 0, active = 0, psum = 0;
  };
  const ArrayConfig config_;
  std::vector<std::vector<Pe>> pes_;
};

class StationarySwitching : public ::testing::TestWithParam<Dataflow> {};

TEST_P(StationarySwitching, IsThatOfPesSimulatedOneByOne) {
  const ArrayConfig config = array(GetParam());
  const bool weights_stay = GetParam() == Dataflow::WeightStationary;
  const std::uint32_t stay_bits = weights_stay ? config.weight_bits : config.activation_bits;
  const std::uint32_t move_bits = weights_stay ? config.activation_bits : config.weight_bits;
  Numbers numbers;
  SwitchingActivity activity{config};
  PeGrid pes{config};
  EventCounts events;
  for (int fold = 0; fold < 4; ++fold) {
    std::vector<OperandRow> stationary, vectors;
    for (std::uint32_t r = 0; r < config.rows; ++r) {
      stationary.push_back(numbers.row(config.cols, stay_bits));
    }
    for (int i = 0; i < 6; ++i) {
      vectors.push_back(numbers.row(config.rows, move_bits));
    }
    pes.load(stationary, stay_bits);
    pes.stream(vectors, move_bits, stay_bits);
    for (std::uint32_t r = config.rows; r-- > 0;) {
      ArrayInput input;
      input.weights = &stationary[r];
      input.weight_row = r;
      activity.enter(input, events);
    }
    for (const OperandRow& vector : vectors) {
      ArrayInput input;
      input.ifmap = &vector;
      input.swap = &vector == &vectors.front();
      activity.enter(input, events);
    }
  }
  const Event moving = weights_stay ? Event::IfmapToggles : Event::WeightToggles;
  const Event staying = weights_stay ? Event::WeightToggles : Event::IfmapToggles;
  EXPECT_EQ(events[moving], pes.left);
  EXPECT_EQ(events[staying], pes.top);
  EXPECT_EQ(events[Event::PsumToggles], pes.psum);
  EXPECT_EQ(events[Event::MultiplierToggles], pes.multiplier);
  EXPECT_EQ(events[Event::DrainToggles], 0U);
  EXPECT_GT(pes.psum, 0U);
}

INSTANTIATE_TEST_SUITE_P(Dataflows, StationarySwitching,
                         ::testing::Values(Dataflow::WeightStationary, Dataflow::InputStationary));

TEST(OutputStationarySwitching, IsThatOfPesSimulatedOneByOne) {
  const ArrayConfig config = array(Dataflow::OutputStationary);
  Numbers numbers;
  SwitchingActivity activity{config};
  PeGrid pes{config};
  EventCounts events;
  std::uint64_t drained = 0;
  for (std::size_t products : {7U, 1U, 4U}) {
    std::vector<OperandRow> ifmaps, weights;
    for (std::size_t k = 0; k < products; ++k) {
      ifmaps.push_back(numbers.row(config.rows, config.activation_bits));
      weights.push_back(numbers.row(config.cols, config.weight_bits));
      ArrayInput input;
      input.ifmap = &ifmaps.back();
      input.weights = &weights.back();
      input.last = k + 1 == products;
      activity.enter(input, events);
    }
    pes.multiply(ifmaps, weights);
    drained += pes.drain();
  }
  EXPECT_EQ(events[Event::IfmapToggles], pes.left);
  EXPECT_EQ(events[Event::WeightToggles], pes.top);
  EXPECT_EQ(events[Event::PsumToggles], pes.psum);
  EXPECT_EQ(events[Event::MultiplierToggles], pes.multiplier);
  EXPECT_EQ(events[Event::DrainToggles], drained);
}

TEST(Switching, ValuesThatStayToggleNothingAndALayerBeginsWithZeros) {
  const ArrayConfig config = array(Dataflow::WeightStationary);
  SwitchingActivity activity{config};
  const OperandRow ones(config.rows, std::int16_t{1});
  ArrayInput input;
  input.ifmap = &ones;
  EventCounts events;
  activity.enter(input, events);
  EXPECT_EQ(events[Event::IfmapToggles], std::uint64_t{config.rows} * config.cols);
  activity.enter(input, events);
  EXPECT_EQ(events[Event::IfmapToggles], std::uint64_t{config.rows} * config.cols);
  LayerRegisters registers;
  registers.ifmap.bits = static_cast<std::uint8_t>(config.activation_bits);
  registers.weight.bits = static_cast<std::uint8_t>(config.weight_bits);
  activity.begin_layer(registers);
  activity.enter(input, events);
  EXPECT_EQ(events[Event::IfmapToggles], 2 * std::uint64_t{config.rows} * config.cols);
  EXPECT_EQ(events[Event::PsumToggles], 0U) << "all weights are zero";
}

TEST(Switching, OfNarrowOperandsTheirOwnBitsToggle) {
  const ArrayConfig config = array(Dataflow::WeightStationary);
  SwitchingActivity activity{config};
  LayerRegisters registers;
  registers.ifmap.bits = registers.weight.bits = 2;
  activity.begin_layer(registers);
  const OperandRow negative(config.rows, std::int16_t{-1});
  ArrayInput input;
  input.ifmap = &negative;
  EventCounts events;
  activity.enter(input, events);
  EXPECT_EQ(events[Event::IfmapToggles], std::uint64_t{2} * config.rows * config.cols);
}

/// Composable PEs of `products` products beside as many arrays of fixed PEs, each with one of them.
class ComposableSwitching : public ::testing::TestWithParam<Dataflow> {
 protected:
  static constexpr std::uint32_t kProducts = 4;

  OperandRow random_row(std::uint32_t pes) {
    return numbers_.row(std::size_t{pes} * kProducts, config_.weight_bits);
  }
  /// Of one product: lanes lie by PE, weights by product.
  static OperandRow lanes_of(const OperandRow& lanes, std::uint32_t product) {
    OperandRow of_one;
    for (std::size_t i = product; i < lanes.size(); i += kProducts) {
      of_one.push_back(lanes[i]);
    }
    return of_one;
  }
  OperandRow weights_of(const OperandRow& weights, std::uint32_t product) const {
    const auto first = weights.begin() + std::ptrdiff_t{product} * config_.cols;
    return {first, first + config_.cols};
  }
  void enter(const OperandRow* lanes, const OperandRow* weights, std::uint32_t row, bool flag) {
    ArrayInput input;
    input.ifmap = lanes;
    input.weights = weights;
    input.weight_row = row;
    input.swap = input.last = flag;
    composable_.enter(input, all_);
    for (std::uint32_t p = 0; p < kProducts; ++p) {
      const OperandRow some_lanes = lanes == nullptr ? OperandRow{} : lanes_of(*lanes, p);
      const OperandRow some_weights = weights == nullptr ? OperandRow{} : weights_of(*weights, p);
      input.ifmap = lanes == nullptr ? nullptr : &some_lanes;
      input.weights = weights == nullptr ? nullptr : &some_weights;
      fixed_[p].enter(input, each_);
    }
  }

  const ArrayConfig config_ = [] {
    ArrayConfig config = array(GetParam());
    config.pe = PeKind::Composable;
    config.activation_bits = config.weight_bits = 4;
    return config;
  }();
  const LayerRegisters registers_ = [this] {
    LayerRegisters registers;
    registers.ifmap.bits = registers.weight.bits = static_cast<std::uint8_t>(config_.weight_bits);
    registers.products_per_pe = kProducts;
    return registers;
  }();
  Numbers numbers_;
  SwitchingActivity composable_{config_};
  std::vector<SwitchingActivity> fixed_{kProducts, SwitchingActivity{config_}};
  EventCounts all_, each_;
};

TEST_P(ComposableSwitching, OperandsToggleAsInAsManyFixedPes) {
  composable_.begin_layer(registers_);
  for (int fold = 0; fold < 3; ++fold) {
    for (std::uint32_t r = config_.rows; r-- > 0;) {
      const OperandRow lanes = random_row(config_.rows);
      const OperandRow weights = random_row(config_.cols);
      if (GetParam() == Dataflow::OutputStationary) {
        enter(&lanes, &weights, 0, r == 0);
      } else {
        enter(nullptr, &weights, r, false);
      }
    }
    for (int i = 0; i < 5 && GetParam() != Dataflow::OutputStationary; ++i) {
      const OperandRow lanes = random_row(config_.rows);
      enter(&lanes, nullptr, 0, i == 0);
    }
  }
  EXPECT_GT(all_[Event::MultiplierToggles], 0U);
  for (const Event event : {Event::IfmapToggles, Event::WeightToggles, Event::MultiplierToggles}) {
    EXPECT_EQ(all_[event], each_[event]) << static_cast<int>(event);
  }
}

// Two vectors of ones past weights of one: a PE writes 4 to its psum where a fixed one writes 1.
TEST_P(ComposableSwitching, APeWritesOnePsumForAllItsProducts) {
  composable_.begin_layer(registers_);
  const OperandRow lanes(std::size_t{config_.rows} * kProducts, std::int16_t{1});
  const OperandRow weights(std::size_t{config_.cols} * kProducts, std::int16_t{1});
  const std::uint64_t pes = std::uint64_t{config_.rows} * config_.cols;
  if (GetParam() == Dataflow::OutputStationary) {
    enter(&lanes, &weights, 0, false);  // 0 to 4
    EXPECT_EQ(all_[Event::PsumToggles], pes);
    enter(&lanes, &weights, 0, false);  // 4 to 8
    EXPECT_EQ(all_[Event::PsumToggles], 3 * pes);
    return;
  }
  for (std::uint32_t r = config_.rows; r-- > 0;) {
    enter(nullptr, &weights, r, false);
  }
  enter(&lanes, nullptr, 0, true);  // 4, 8, 12, 16 and 20 down each column
  EXPECT_EQ(all_[Event::PsumToggles], (1 + 1 + 2 + 1 + 2) * std::uint64_t{config_.cols});
  enter(&lanes, nullptr, 0, false);
  EXPECT_EQ(all_[Event::PsumToggles], 7 * std::uint64_t{config_.cols}) << "the same sums again";
}

INSTANTIATE_TEST_SUITE_P(Dataflows, ComposableSwitching,
                         ::testing::Values(Dataflow::WeightStationary, Dataflow::InputStationary,
                                           Dataflow::OutputStationary));

}  // namespace
}  // namespace systole

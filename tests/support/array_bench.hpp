#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "models/array/pe_array.hpp"

namespace systole::test {

inline ArrayConfig array_of(std::uint32_t rows, std::uint32_t cols) {
  ArrayConfig config;
  config.rows = rows;
  config.cols = cols;
  return config;
}

/// Drives an array with folds and bubbles and holds every row that leaves against a plain product.
class ArrayBench {
 public:
  ArrayBench(const ArrayConfig& config, std::unique_ptr<PeArray> array, std::uint32_t seed)
      : config_{config}, array_{std::move(array)}, rng_{seed} {}

  /// Weights of a fold enter under the vectors of the fold before it, as overlap `full` has it.
  void run(int folds, std::uint32_t products_per_pe = 1) {
    at_once_ = products_per_pe;
    Fold next = random_fold();
    shift_in(next, nullptr);
    for (int i = 0; i < folds; ++i) {
      const Fold current = next;
      next = random_fold();
      shift_in(next, &current);
    }
    for (std::uint32_t i = 0; i < config_.rows + config_.cols; ++i) {
      step({});
    }
    EXPECT_TRUE(expected_.empty());
    EXPECT_TRUE(array_->idle());
  }

  int rows_checked() const { return rows_checked_; }

 private:
  struct Fold {
    std::vector<OperandRow> weights;  // [row][col]
    std::vector<OperandRow> vectors;  // [i][row]
  };
  struct Leaving {
    std::uint64_t cycle;
    PsumRow psums;
  };

  std::int16_t operand() {
    const auto r = static_cast<std::uint32_t>(rng_());
    return static_cast<std::int16_t>(r % 5 == 0 ? -128 : static_cast<int>(r / 8 % 256) - 128);
  }

  Fold random_fold() {
    Fold fold;
    fold.weights.assign(config_.rows, OperandRow(std::size_t{config_.cols} * at_once_));
    fold.vectors.assign(1 + rng_() % 9, OperandRow(std::size_t{config_.rows} * at_once_));
    for (auto* operands : {&fold.weights, &fold.vectors}) {
      for (OperandRow& row : *operands) {
        for (std::int16_t& x : row) {
          x = operand();
        }
      }
    }
    return fold;
  }

  /// The vectors of `current` and the weights of `next`, side by side, with bubbles in both.
  void shift_in(const Fold& next, const Fold* current) {
    std::size_t vector = 0;
    std::uint32_t weight_row = 0;
    const std::size_t vectors = current == nullptr ? 0 : current->vectors.size();
    while (vector < vectors || weight_row < config_.rows) {
      ArrayInput input;
      input.products_per_pe = at_once_;
      if (vector < vectors && rng_() % 4 != 0) {
        input.ifmap = &current->vectors[vector];
        input.swap = vector == 0;
        expect_product(*current, vector);
        ++vector;
      }
      const bool swapped = current == nullptr || vector > 0;
      if (swapped && weight_row < config_.rows && rng_() % 4 != 0) {
        input.weight_row = config_.rows - 1 - weight_row;
        input.weights = &next.weights[input.weight_row];
        ++weight_row;
      }
      step(input);
    }
  }

  void expect_product(const Fold& fold, std::size_t vector) {
    PsumRow row(config_.cols);
    for (std::uint32_t c = 0; c < config_.cols; ++c) {
      for (std::uint32_t k = 0; k < config_.rows * at_once_; ++k) {
        row[c] +=
            fold.weights[k / at_once_][k % at_once_ * config_.cols + c] * fold.vectors[vector][k];
      }
    }
    expected_.push_back({cycle_ + config_.rows + config_.cols - 2, row});
  }

  void step(const ArrayInput& input) {
    PsumRow psums;
    const bool leaves = array_->step(input, psums);
    const bool due = !expected_.empty() && expected_.front().cycle == cycle_;
    EXPECT_EQ(leaves, due) << "cycle " << cycle_;
    if (leaves && due) {
      EXPECT_EQ(psums, expected_.front().psums) << "cycle " << cycle_;
      expected_.pop_front();
      ++rows_checked_;
    }
    ++cycle_;
  }

  std::uint32_t at_once_ = 1;  // products of a PE and cycle
  const ArrayConfig config_;
  std::unique_ptr<PeArray> array_;
  std::minstd_rand rng_;
  std::uint64_t cycle_ = 0;
  std::deque<Leaving> expected_;
  int rows_checked_ = 0;
};

/// 4 * 2^30 is 0: psums of four 16-bit products of -32768 and -32768. `array` is 4 x 1.
inline void expect_wrap(PeArray& array) {
  const OperandRow weight(1, -32768);
  const OperandRow vector(4, -32768);
  PsumRow psums;
  for (std::uint32_t r = 4; r-- > 0;) {
    array.step({nullptr, false, &weight, r}, psums);
  }
  bool left = array.step({&vector, true, nullptr, 0}, psums);
  for (int i = 0; i < 8 && !left; ++i) {
    left = array.step({}, psums);
  }
  ASSERT_TRUE(left);
  EXPECT_EQ(psums[0], 0);
}

}  // namespace systole::test

#include <cstddef>
#include <deque>
#include <vector>

#include "models/array/pe_array.hpp"
#include "sim/storage/psum.hpp"

namespace systole {
namespace {

/// Weight-stationary PEs (input stationary, with the operands' parts exchanged) that each multiply
/// several narrow operands a cycle and add all of the products to the psum that passes, in one
/// addition.
///
/// PE (r, c) works in cycle x on the vector that entered in cycle x - r - c, and takes weights that
/// entered for its row in cycle x - r - c into its shadow registers after that.
class ComposableArray final : public PeArray {
 public:
  explicit ComposableArray(const ArrayConfig& config)
      : format_{config.accumulator_bits, config.overflow},
        rows_{config.rows},
        cols_{config.cols},
        most_{products_per_pe(config, 1, 1)},
        active_(rows_ * cols_ * most_),
        shadow_(rows_ * cols_ * most_) {}

  bool step(const ArrayInput& input, PsumRow& psums) override {
    if (!vectors_.empty() && has_left(vectors_.front())) {
      vectors_.pop_front();
    }
    if (input.ifmap != nullptr || input.weights != nullptr) {
      at_once_ = input.products_per_pe;
    }
    if (input.ifmap != nullptr) {
      vectors_.push_back({cycle_, input.swap, *input.ifmap, PsumRow(cols_)});
    }
    promote_weights();
    move_weights(input);
    for (Vector& vector : vectors_) {
      multiply(vector);
    }
    const bool leaves = !vectors_.empty() && cycle_ - vectors_.front().entered == rows_ + cols_ - 2;
    if (leaves) {
      psums = vectors_.front().psums;
    }
    ++cycle_;
    return leaves;
  }

  std::uint64_t overflows() const override { return overflows_; }
  bool idle() const override {
    return weights_on_the_way_.empty() && (vectors_.empty() || has_left(vectors_.back()));
  }

  std::optional<PeRegisters> look(std::uint32_t row, std::uint32_t col) const override {
    PeRegisters pe;
    for (const Vector& vector : vectors_) {
      if (vector.entered + row + col + 1 == cycle_) {  // step() has gone on to the next
        pe.working = true;
        pe.stationary = active_[registers_of(row, col)];
        pe.from_left = vector.lanes[row * at_once_];
        pe.psum = vector.psums[col];
      }
    }
    return pe;
  }

 private:
  struct Vector {
    std::size_t entered = 0;
    bool swap = false;
    OperandRow lanes;
    PsumRow psums;
  };
  struct WeightRow {
    std::size_t entered = 0;
    std::size_t row = 0;
    OperandRow weights;
  };

  bool has_left(const Vector& vector) const { return cycle_ - vector.entered > rows_ + cols_ - 2; }

  std::size_t registers_of(std::size_t row, std::size_t col) const {
    return (row * cols_ + col) * most_;
  }

  /// Calls `body` with row and column of the PEs that what entered `age` cycles ago reaches now.
  template <typename Body>
  void for_each_reached(std::size_t age, Body body) const {
    for (std::size_t r = age < cols_ ? 0 : age - cols_ + 1; r < rows_ && r <= age; ++r) {
      body(r, age - r);
    }
  }

  /// The first vector of a fold turns the weights of each PE that it reaches.
  void promote_weights() {
    for (const Vector& vector : vectors_) {
      if (!vector.swap) {
        continue;
      }
      for_each_reached(cycle_ - vector.entered, [this](std::size_t r, std::size_t c) {
        for (std::size_t p = 0; p < most_; ++p) {
          active_[registers_of(r, c) + p] = shadow_[registers_of(r, c) + p];
        }
      });
    }
  }

  /// A weight row steps down one array row a cycle, skewed by one cycle a column.
  void move_weights(const ArrayInput& input) {
    if (input.weights != nullptr) {
      weights_on_the_way_.push_back({cycle_, input.weight_row, *input.weights});
    }
    std::deque<WeightRow> moving;
    for (WeightRow& row : weights_on_the_way_) {
      const std::size_t age = cycle_ - row.entered;
      if (age >= row.row && age - row.row < cols_) {
        const std::size_t c = age - row.row;
        for (std::size_t p = 0; p < at_once_; ++p) {
          shadow_[registers_of(row.row, c) + p] = row.weights[p * cols_ + c];
        }
      }
      if (age + 1 < row.row + cols_) {
        moving.push_back(std::move(row));
      }
    }
    weights_on_the_way_ = std::move(moving);
  }

  void multiply(Vector& vector) {
    for_each_reached(cycle_ - vector.entered, [&](std::size_t r, std::size_t c) {
      const std::int16_t* weights = active_.data() + registers_of(r, c);
      const std::int16_t* lanes = vector.lanes.data() + r * at_once_;
      std::int64_t sum = 0;
      for (std::size_t p = 0; p < at_once_; ++p) {
        sum += std::int64_t{weights[p]} * lanes[p];
      }
      vector.psums[c] = add_psum(vector.psums[c], sum, format_, overflows_);
    });
  }

  const PsumFormat format_;
  const std::size_t rows_;
  const std::size_t cols_;
  const std::size_t most_;  // products of a PE and cycle
  std::size_t at_once_ = 1;
  std::size_t cycle_ = 0;
  std::uint64_t overflows_ = 0;
  std::vector<std::int16_t> active_;  // [row][col][product] weights that multiply
  std::vector<std::int16_t> shadow_;  // the same of the next fold
  std::deque<Vector> vectors_;        // inside, oldest first
  std::deque<WeightRow> weights_on_the_way_;
};

}  // namespace

std::unique_ptr<PeArray> make_composable_array(const ArrayConfig& config) {
  if (config.dataflow == Dataflow::OutputStationary) {
    return make_composable_output_stationary_array(config);
  }
  return std::make_unique<ComposableArray>(config);
}

}  // namespace systole

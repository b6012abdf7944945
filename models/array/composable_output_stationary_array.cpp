#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "models/array/pe_array.hpp"
#include "sim/storage/psum.hpp"

namespace systole {
namespace {

/// Output-stationary PEs that each multiply several narrow operands of a pixel with those of a
/// channel a cycle and add all of the products to the psum that stays, in one addition.
///
/// PE (r, c) works in cycle x on the operands that entered in cycle x - r - c.
class ComposableOutputStationaryArray final : public PeArray {
 public:
  explicit ComposableOutputStationaryArray(const ArrayConfig& config)
      : format_{config.accumulator_bits, config.overflow},
        rows_{config.rows},
        cols_{config.cols},
        psums_(rows_ * cols_) {}

  bool step(const ArrayInput& input, PsumRow& psums) override {
    if (!inside_.empty() && have_left(inside_.front())) {
      inside_.pop_front();
    }
    if (input.ifmap != nullptr) {
      inside_.push_back({cycle_, input.last, input.products_per_pe, *input.ifmap, *input.weights});
      if (input.last) {
        draining_.push_back({cycle_, std::vector<std::int64_t>(psums_.size())});
      }
    }
    for (const Operands& operands : inside_) {
      multiply(operands);
    }
    const bool leaves = drain(psums);
    ++cycle_;
    return leaves;
  }

  std::uint64_t overflows() const override { return overflows_; }
  bool idle() const override {
    return draining_.empty() && (inside_.empty() || have_left(inside_.back()));
  }

  std::optional<PeRegisters> look(std::uint32_t row, std::uint32_t col) const override {
    PeRegisters pe;
    pe.psum = psums_[row * cols_ + col];
    for (const Operands& operands : inside_) {
      if (operands.entered + row + col + 1 != cycle_) {  // step() has gone on to the next
        continue;
      }
      pe.working = true;
      pe.from_left = operands.lanes[row * operands.at_once];
      pe.from_top = operands.weights[col];
      for (const Draining& fold : draining_) {
        if (fold.last == operands.entered) {
          pe.psum = fold.psums[row * cols_ + col];  // it has just gone to the shadow register
        }
      }
    }
    return pe;
  }

 private:
  struct Operands {
    std::size_t entered = 0;
    bool last = false;  // of the fold
    std::size_t at_once = 1;
    OperandRow lanes;
    OperandRow weights;
  };
  /// A fold whose last operands entered in `last`: its sums as they become complete.
  struct Draining {
    std::size_t last = 0;
    std::vector<std::int64_t> psums;
  };

  /// They have met in the last PE.
  bool have_left(const Operands& operands) const {
    return cycle_ - operands.entered > rows_ + cols_ - 2;
  }

  /// In the PEs that the operands reach now.
  void multiply(const Operands& operands) {
    const std::size_t age = cycle_ - operands.entered;
    for (std::size_t r = age < cols_ ? 0 : age - cols_ + 1; r < rows_ && r <= age; ++r) {
      const std::size_t c = age - r;
      const std::int16_t* const lanes = operands.lanes.data() + r * operands.at_once;
      std::int64_t sum = 0;
      for (std::size_t p = 0; p < operands.at_once; ++p) {
        sum += std::int64_t{lanes[p]} * operands.weights[p * cols_ + c];
      }
      std::int64_t& psum = psums_[r * cols_ + c];
      psum = add_psum(psum, sum, format_, overflows_);
      if (operands.last) {
        fold_that_entered_in(operands.entered).psums[r * cols_ + c] = std::exchange(psum, 0);
      }
    }
  }

  Draining& fold_that_entered_in(std::size_t cycle) {
    return *std::find_if(draining_.begin(), draining_.end(),
                         [cycle](const Draining& fold) { return fold.last == cycle; });
  }

  /// Rows leave at the bottom, the last one first, from the cycle after all sums are complete.
  bool drain(PsumRow& psums) {
    if (draining_.empty() || cycle_ < draining_.front().last + rows_ + cols_ - 1) {
      return false;
    }
    const Draining& fold = draining_.front();
    const std::size_t row = rows_ - 1 - (cycle_ - (fold.last + rows_ + cols_ - 1));
    const auto first = fold.psums.begin() + static_cast<std::ptrdiff_t>(row * cols_);
    psums.assign(first, first + static_cast<std::ptrdiff_t>(cols_));
    if (row == 0) {
      draining_.pop_front();
    }
    return true;
  }

  const PsumFormat format_;
  const std::size_t rows_;
  const std::size_t cols_;
  std::size_t cycle_ = 0;
  std::uint64_t overflows_ = 0;
  std::vector<std::int64_t> psums_;  // [row][col]
  std::deque<Operands> inside_;      // oldest first
  std::deque<Draining> draining_;    // the same
};

}  // namespace

std::unique_ptr<PeArray> make_composable_output_stationary_array(const ArrayConfig& config) {
  return std::make_unique<ComposableOutputStationaryArray>(config);
}

}  // namespace systole

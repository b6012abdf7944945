#include <algorithm>
#include <cstddef>
#include <vector>

#include "models/array/multiply_pairs.hpp"
#include "models/array/pe_array.hpp"
#include "sim/storage/ring.hpp"

namespace systole {
namespace {

using Pair = OperandPairOfRows;

/// The weight-stationary array retimed: the registers between the rows of a group of four are moved
/// to the group's lower edge, so that a sum meets a group in one cycle and rests for three. What
/// enters and leaves the array is the same in each cycle; a sum is loaded and stored a quarter
/// as often. For sums that cannot leave their format: then 32 bits, modulo 2^32, hold them.
///
/// Group g, column c works in cycle x on the vector that entered in x - 4g - c, whose four lanes
/// come as two pairs. Of each pair there is a history, newest first, in which the column is the
/// place; sum d starts in cycle d and is complete after the last group, no later than in the
/// array that is not retimed.
class RetimedWeightStationaryArray final : public PeArray {
 public:
  explicit RetimedWeightStationaryArray(const ArrayConfig& config)
      : multiply_{multiply_pairs_here().back()},
        rows_{config.rows},
        cols_{config.cols},
        groups_{(rows_ + kGroup - 1) / kGroup},
        pairs_{groups_ * kGroup / 2},
        delays_{groups_ * kGroup},
        span_{delays_ + cols_},
        newest_{cols_ - 1},
        entered_(delays_ * pairs_),
        history_(pairs_ * 2 * cols_),
        newest_vector_(span_, kNone),
        sums_(delays_ * cols_),
        active_(pairs_ * cols_),
        shadow_(pairs_ * cols_),
        weights_(span_ * cols_),
        leaving_(span_ * cols_) {}

  bool step(const ArrayInput& input, PsumRow& psums) override {
    take_vector(input);
    promote_weights();
    move_weights(input);
    multiply();
    collect();
    const bool leaves = leave(psums);
    ++cycle_;
    delay_ = delay_ + 1 == delays_ ? 0 : delay_ + 1;
    place_ = place_ + 1 == span_ ? 0 : place_ + 1;
    newest_ = newest_ == 0 ? cols_ - 1 : newest_ - 1;
    return leaves;
  }

  std::uint64_t overflows() const override { return 0; }
  bool idle() const override { return weights_on_the_way_.empty() && !vectors_on_the_way(); }

 private:
  using Time = std::int64_t;
  static constexpr Time kNone = -(Time{1} << 62);
  static constexpr std::size_t kGroup = 4;  // array rows that a sum meets in one cycle

  struct WeightRow {
    Time at_column_0 = 0;
    std::size_t row = 0;
    std::size_t place = 0;  // in weights_
  };

  bool vectors_on_the_way() const {
    return last_vector_ != kNone && cycle_ <= last_vector_ + static_cast<Time>(rows_ + cols_) - 2;
  }

  /// Index of an earlier cycle in a ring of `length`.
  static std::size_t before(std::size_t place, std::size_t cycles, std::size_t length) {
    return place >= cycles ? place - cycles : place + length - cycles;
  }

  void take_vector(const ArrayInput& input) {
    Pair* const lanes = entered_.data() + delay_ * pairs_;
    if (input.ifmap == nullptr) {
      std::fill_n(lanes, pairs_, Pair{});
    } else {
      const OperandRow& ifmap = *input.ifmap;
      for (std::size_t pair = 0; pair < rows_ / 2; ++pair) {
        lanes[pair] = {ifmap[2 * pair], ifmap[2 * pair + 1]};
      }
      if (rows_ % 2 != 0) {
        lanes[rows_ / 2] = {ifmap[rows_ - 1], 0};
      }
      last_vector_ = cycle_;
      if (input.swap) {
        swaps_.push_back(cycle_);
      }
    }
    newest_vector_[place_] = last_vector_;
    std::fill_n(sums_.data() + delay_ * cols_, cols_, 0U);
    move_vectors();
  }

  /// To column 0 of each group. Every entry of a history stands twice so that no window wraps.
  void move_vectors() {
    std::size_t at = delay_;
    for (std::size_t pair = 0; pair < pairs_; pair += 2) {
      const Pair* const lanes = entered_.data() + at * pairs_ + pair;
      Pair* const upper = history_.data() + pair * 2 * cols_ + newest_;
      Pair* const lower = upper + 2 * cols_;
      upper[0] = upper[cols_] = lanes[0];
      lower[0] = lower[cols_] = lanes[1];
      at = before(at, kGroup, delays_);
    }
  }

  /// The first vector of a fold turns the weights of each PE that it reaches.
  void promote_weights() {
    for (const Time swap : swaps_) {
      Time column = cycle_ - swap;
      for (std::size_t pair = 0; pair < pairs_ && column >= 0; pair += 2, column -= Time{kGroup}) {
        if (column < static_cast<Time>(cols_)) {
          const std::size_t pe = pair * cols_ + static_cast<std::size_t>(column);
          active_[pe] = shadow_[pe];
          active_[pe + cols_] = shadow_[pe + cols_];
        }
      }
    }
    if (!swaps_.empty() && cycle_ - swaps_.front() >= static_cast<Time>(span_)) {
      swaps_.pop_front();
    }
  }

  /// A weight row steps down one group at a time, skewed by one cycle a column, and stays in the
  /// shadow registers of its own row.
  void move_weights(const ArrayInput& input) {
    if (input.weights != nullptr) {
      const std::size_t row = input.weight_row;
      std::copy(input.weights->begin(), input.weights->end(), weights_.data() + place_ * cols_);
      weights_on_the_way_.push_back(
          {cycle_ + static_cast<Time>(row / kGroup * kGroup), row, place_ * cols_});
    }
    for (const WeightRow& row : weights_on_the_way_) {
      const Time column = cycle_ - row.at_column_0;
      if (column >= 0 && column < static_cast<Time>(cols_)) {
        const auto c = static_cast<std::size_t>(column);
        Pair& pe = shadow_[row.row / 2 * cols_ + c];
        (row.row % 2 == 0 ? pe.upper : pe.lower) = weights_[row.place + c];
      }
    }
    // In the array itself a row goes on to its own row, below the group's first.
    const auto settled = [this](const WeightRow& row) {
      return cycle_ - row.at_column_0 - static_cast<Time>(row.row % kGroup) >=
             static_cast<Time>(cols_) - 1;
    };
    while (!weights_on_the_way_.empty() && settled(weights_on_the_way_.front())) {
      weights_on_the_way_.pop_front();
    }
  }

  void multiply() {
    Time newest = cycle_;  // the vector at column 0 of the group
    std::size_t at = place_;
    std::size_t sum = delay_;
    for (std::size_t pair = 0; pair < pairs_ && newest >= 0; pair += 2, newest -= Time{kGroup}) {
      const Time last_seen = newest_vector_[at];
      if (last_seen != kNone && newest - last_seen < static_cast<Time>(cols_)) {
        const Pair* const weights = active_.data() + pair * cols_;
        const Pair* const ifmap = history_.data() + pair * 2 * cols_ + newest_;
        multiply_(sums_.data() + sum * cols_, weights, ifmap, weights + cols_, ifmap + 2 * cols_,
                  cols_);
      }
      at = before(at, kGroup, span_);
      sum = before(sum, kGroup, delays_);
    }
  }

  /// The sum that has met the last group: each column belongs to another vector.
  void collect() {
    const std::size_t age = delays_ - kGroup;
    const std::uint32_t* const sums = sums_.data() + before(delay_, age, delays_) * cols_;
    std::size_t vector = before(place_, age, span_);
    for (std::size_t c = 0; c < cols_; ++c) {
      leaving_[vector * cols_ + c] = sums[c];
      vector = before(vector, 1, span_);
    }
  }

  /// Columns leave one cycle apart; a row is complete with its last column.
  bool leave(PsumRow& psums) {
    const Time complete = cycle_ - static_cast<Time>(rows_ + cols_) + 2;
    const std::size_t at = before(place_, rows_ + cols_ - 2, span_);
    if (complete < 0 || newest_vector_[at] != complete) {
      return false;
    }
    const std::uint32_t* const row = leaving_.data() + at * cols_;
    psums.resize(cols_);
    for (std::size_t c = 0; c < cols_; ++c) {
      psums[c] = static_cast<std::int32_t>(row[c]);
    }
    return true;
  }

  const MultiplyPairs multiply_;
  const std::size_t rows_;
  const std::size_t cols_;
  const std::size_t groups_;
  const std::size_t pairs_;   // of array rows; those beyond the last row hold zeros
  const std::size_t delays_;  // cycles that a vector can be on its way to a group, or a sum
  const std::size_t span_;    // cycles that a vector is inside, and more
  Time cycle_ = 0;
  std::size_t newest_;     // place of this cycle in each history
  std::size_t delay_ = 0;  // the same modulo delays_
  std::size_t place_ = 0;  // and modulo span_
  Time last_vector_ = kNone;
  std::vector<Pair> entered_;           // [cycle][pair] vectors on their way to the groups
  std::vector<Pair> history_;           // [pair][2 * cols] at the group
  std::vector<Time> newest_vector_;     // [cycle]: last cycle up to then with a vector
  std::vector<std::uint32_t> sums_;     // [cycle of its start][col]
  std::vector<Pair> active_;            // [pair][col] weights that multiply
  std::vector<Pair> shadow_;            // [pair][col] weights of the next fold
  Ring<Time> swaps_;                    // folds whose first vector is on its way
  std::vector<std::int16_t> weights_;   // [cycle][col] rows that entered
  Ring<WeightRow> weights_on_the_way_;  // oldest first
  std::vector<std::uint32_t> leaving_;  // [vector][col] columns that wait for the last one
};

}  // namespace

std::unique_ptr<PeArray> make_retimed_weight_stationary_array(const ArrayConfig& config) {
  return std::make_unique<RetimedWeightStationaryArray>(config);
}

}  // namespace systole

#include <algorithm>
#include <cstddef>
#include <deque>
#include <vector>

#include "models/array/pe_array.hpp"
#include "sim/storage/psum.hpp"

namespace systole {
namespace {

/// The registers of all PEs, laid out so that one cycle is `rows` runs over contiguous memory.
///
/// PE (r, c) works in cycle x on the vector that entered in cycle x - r - c. So the
/// ifmap registers of array row r hold, from left to right, lane r of the vectors that
/// entered in x - r, x - r - 1, ...: a window into the history of lane r, newest first, that moves
/// by one each cycle. The psum registers of row r in cycle x become those of row r + 1 in
/// x + 1: they are a slot that stays in place and meets one array row after the other;
/// slot d starts at row 0 in cycle d and is complete after row `rows` - 1.
class WeightStationaryArray final : public PeArray {
 public:
  explicit WeightStationaryArray(const ArrayConfig& config)
      : format_{config.accumulator_bits, config.overflow},
        rows_{config.rows},
        cols_{config.cols},
        span_{rows_ + cols_},
        history_(rows_ * 2 * span_),
        newest_vector_(span_, kNone),
        slots_(rows_ * cols_),
        active_(rows_ * cols_),
        shadow_(rows_ * cols_),
        leaving_(cols_, PsumRow(cols_)) {}

  bool step(const ArrayInput& input, PsumRow& psums) override {
    take_vector(input);
    promote_weights();
    move_weights(input);
    multiply();
    const bool leaves = collect(psums);
    ++cycle_;
    return leaves;
  }

  std::uint64_t overflows() const override { return overflows_; }

  std::optional<PeRegisters> look(std::uint32_t row, std::uint32_t col) const override {
    const Time now = cycle_ - 1;  // step() has gone on to the next
    const Time here = now - static_cast<Time>(row);
    const Time entered = here - static_cast<Time>(col);
    PeRegisters pe;
    pe.stationary = active_[row * cols_ + col];
    if (entered >= 0 && newest_vector_[place(entered)] == entered) {
      pe.working = true;
      pe.from_left = history_[std::size_t{row} * 2 * span_ + place(here) + col];
      pe.psum = slots_[static_cast<std::size_t>(slot(here)) + col];
    }
    return pe;
  }
  bool idle() const override { return weights_on_the_way_.empty() && !vectors_on_the_way(); }

 private:
  using Time = std::int64_t;
  static constexpr Time kNone = -(Time{1} << 62);

  struct WeightRow {
    Time entered = 0;
    std::size_t row = 0;
    std::vector<std::int16_t> weights;
  };

  bool vectors_on_the_way() const {
    return last_vector_ != kNone && cycle_ <= last_vector_ + static_cast<Time>(rows_ + cols_) - 2;
  }

  // Place of a cycle in a lane's history: later cycles lie further left, so that a window reads
  // newest first; every entry stands twice so that no window wraps.
  std::size_t place(Time cycle) const {
    return span_ - 1 - static_cast<std::size_t>(cycle % static_cast<Time>(span_));
  }

  void take_vector(const ArrayInput& input) {
    const std::size_t at = place(cycle_);
    for (std::size_t r = 0; r < rows_; ++r) {
      const std::int16_t value = input.ifmap != nullptr ? (*input.ifmap)[r] : std::int16_t{0};
      std::int16_t* lane = history_.data() + r * 2 * span_;
      lane[at] = value;
      lane[at + span_] = value;
    }
    if (input.ifmap != nullptr) {
      last_vector_ = cycle_;
      if (input.swap) {
        swaps_.push_back(cycle_);
      }
    }
    newest_vector_[at] = last_vector_;
    std::fill_n(slots_.begin() + slot(cycle_), cols_, std::int64_t{0});
  }

  /// The first vector of a fold turns the weights of each PE that it reaches.
  void promote_weights() {
    for (const Time swap : swaps_) {
      const Time diagonal = cycle_ - swap;  // r + c of the PEs that it reaches now
      const Time first = std::max<Time>(0, diagonal - static_cast<Time>(cols_) + 1);
      const Time last = std::min<Time>(static_cast<Time>(rows_) - 1, diagonal);
      for (Time r = first; r <= last; ++r) {
        const auto pe = static_cast<std::size_t>(r * static_cast<Time>(cols_) + diagonal - r);
        active_[pe] = shadow_[pe];
      }
    }
    if (!swaps_.empty() && cycle_ - swaps_.front() >= static_cast<Time>(rows_ + cols_) - 2) {
      swaps_.pop_front();
    }
  }

  /// A weight row steps down one array row a cycle, skewed by one cycle a column, and
  /// stays in the shadow registers of its own row.
  void move_weights(const ArrayInput& input) {
    if (input.weights != nullptr) {
      weights_on_the_way_.push_back(
          {cycle_, input.weight_row, {input.weights->begin(), input.weights->end()}});
    }
    for (const WeightRow& row : weights_on_the_way_) {
      const Time c = cycle_ - row.entered - static_cast<Time>(row.row);
      if (c >= 0 && c < static_cast<Time>(cols_)) {
        const auto column = static_cast<std::size_t>(c);
        shadow_[row.row * cols_ + column] = row.weights[column];
      }
    }
    const auto settled = [this](const WeightRow& row) {
      return cycle_ - row.entered - static_cast<Time>(row.row) >= static_cast<Time>(cols_) - 1;
    };
    weights_on_the_way_.erase(
        std::remove_if(weights_on_the_way_.begin(), weights_on_the_way_.end(), settled),
        weights_on_the_way_.end());
  }

  void multiply() {
    for (std::size_t r = 0; r < rows_; ++r) {
      const Time newest = cycle_ - static_cast<Time>(r);  // the vector at column 0 of this row
      if (newest < 0) {
        break;
      }
      const Time last_seen = newest_vector_[place(newest)];
      if (last_seen == kNone || newest - last_seen >= static_cast<Time>(cols_)) {
        continue;  // no vector in this row
      }
      const auto first = static_cast<std::size_t>(newest - last_seen);
      const std::int16_t* ifmap = history_.data() + r * 2 * span_ + place(newest);
      const std::int16_t* weights = active_.data() + r * cols_;
      std::int64_t* psums = slots_.data() + slot(newest);
      for (std::size_t c = first; c < cols_; ++c) {
        psums[c] = add_psum(psums[c], std::int64_t{weights[c]} * ifmap[c], format_, overflows_);
      }
    }
  }

  /// Columns leave one cycle apart; a row is complete with its last column.
  bool collect(PsumRow& psums) {
    const Time done =
        cycle_ - static_cast<Time>(rows_) + 1;  // slot that has met its last array row
    if (done < 0) {
      return false;
    }
    const std::int64_t* values = slots_.data() + slot(done);
    for (std::size_t c = 0; c < cols_ && static_cast<Time>(c) <= done; ++c) {
      const Time vector = done - static_cast<Time>(c);
      leaving_[static_cast<std::size_t>(vector) % cols_][c] = values[c];
    }
    const Time complete = done - static_cast<Time>(cols_) + 1;
    if (complete < 0 || newest_vector_[place(complete)] != complete) {
      return false;
    }
    psums = leaving_[static_cast<std::size_t>(complete) % cols_];
    return true;
  }

  std::ptrdiff_t slot(Time start) const {
    return static_cast<std::ptrdiff_t>(static_cast<std::size_t>(start) % rows_ * cols_);
  }

  const PsumFormat format_;
  std::uint64_t overflows_ = 0;
  const std::size_t rows_;
  const std::size_t cols_;
  const std::size_t span_;  // cycles of history that a PE can still see
  Time cycle_ = 0;
  Time last_vector_ = kNone;
  std::vector<std::int16_t> history_;  // [lane][2 * span_]
  std::vector<Time> newest_vector_;    // [place]: last cycle up to then in which a vector entered
  std::vector<std::int64_t> slots_;    // [slot][col] psum registers
  std::vector<std::int16_t> active_;   // [row][col] weights that multiply
  std::vector<std::int16_t> shadow_;   // [row][col] weights of the next fold
  std::deque<Time> swaps_;             // folds whose first vector is on its way
  std::vector<WeightRow> weights_on_the_way_;
  std::vector<PsumRow> leaving_;  // [vector][col] columns that wait for the last one
};

}  // namespace

std::unique_ptr<PeArray> make_watched_weight_stationary_array(const ArrayConfig& config) {
  return std::make_unique<WeightStationaryArray>(config);
}

std::unique_ptr<PeArray> make_weight_stationary_array(const ArrayConfig& config) {
  const PsumFormat format{config.accumulator_bits, config.overflow};
  const bool fits = format.bits <= 32 && !products_may_overflow(config.rows, config.activation_bits,
                                                                config.weight_bits, format);
  return fits ? make_retimed_weight_stationary_array(config)
              : make_watched_weight_stationary_array(config);
}

}  // namespace systole

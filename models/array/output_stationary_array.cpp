#include <algorithm>
#include <cstddef>
#include <deque>
#include <vector>

#include "models/array/pe_array.hpp"
#include "sim/storage/psum.hpp"

// Wider vectors where the processor has them, chosen when the program starts; integers are exact on
// all. Chosen before the sanitizers are there, which that would need.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SYSTOLE_VECTOR_CLONES \
  __attribute__((target_clones("default", "avx2", "arch=skylake-avx512")))
#else
#define SYSTOLE_VECTOR_CLONES
#endif

namespace systole {
namespace {

/// psums[i] += weights[i] * ifmap[i], modulo 2^32; whether a sum did not fit into 32 bits.
SYSTOLE_VECTOR_CLONES
bool add_products(std::int32_t* psums, const std::int16_t* weights, const std::int16_t* ifmap,
                  std::size_t count) {
  std::uint32_t beyond = 0;  // its sign bit: two addends of one sign gave a sum of the other
  for (std::size_t i = 0; i < count; ++i) {
    const auto psum = static_cast<std::uint32_t>(psums[i]);
    const auto product = static_cast<std::uint32_t>(std::int32_t{weights[i]} * ifmap[i]);
    const std::uint32_t sum = psum + product;
    beyond |= (sum ^ psum) & (sum ^ product);
    psums[i] = static_cast<std::int32_t>(sum);
  }
  return beyond >> 31U != 0;
}

/// Sums of 32 bits, whose rare overflows are found afterwards.
class Sums32 {
 public:
  using Psum = std::int32_t;

  explicit Sums32(PsumFormat format) : format_{format} {}

  void multiply_accumulate(Psum* psums, const std::int16_t* weights, const std::int16_t* ifmap,
                           std::size_t count) {
    if (!add_products(psums, weights, ifmap, count)) {
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t product = std::int32_t{weights[i]} * ifmap[i];
      const auto before = static_cast<std::int32_t>(static_cast<std::uint32_t>(psums[i]) -
                                                    static_cast<std::uint32_t>(product));
      psums[i] = static_cast<std::int32_t>(add_psum(before, product, format_, overflows_));
    }
  }
  std::uint64_t overflows() const { return overflows_; }

 private:
  const PsumFormat format_;
  std::uint64_t overflows_ = 0;
};

/// Sums of any width.
class SumsOfAnyWidth {
 public:
  using Psum = std::int64_t;

  explicit SumsOfAnyWidth(PsumFormat format) : format_{format} {}

  void multiply_accumulate(Psum* psums, const std::int16_t* weights, const std::int16_t* ifmap,
                           std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      psums[i] = add_psum(psums[i], std::int64_t{weights[i]} * ifmap[i], format_, overflows_);
    }
  }
  std::uint64_t overflows() const { return overflows_; }

 private:
  const PsumFormat format_;
  std::uint64_t overflows_ = 0;
};

/// The registers of all PEs, laid out so that one cycle is `rows` runs over contiguous memory.
///
/// PE (r, c) works in cycle x on the operands that entered in cycle x - r - c. As in the
/// weight-stationary array, the ifmap registers of row r are a window into the history of its lane.
/// The weight registers of row r in cycle x become those of row r + 1 in x + 1: a staggered row,
/// weights of column c from cycle y - c, that meets row r in cycle y + r.
template <typename Sums>
class OutputStationaryArray final : public PeArray {
 public:
  explicit OutputStationaryArray(const ArrayConfig& config)
      : sums_{{config.accumulator_bits, config.overflow}},
        rows_{config.rows},
        cols_{config.cols},
        span_{rows_ + cols_},
        history_(rows_ * 2 * span_),
        newest_(span_, kNone),
        weights_(cols_ * cols_),
        staggered_(rows_ * cols_),
        psums_(rows_ * cols_) {}

  bool step(const ArrayInput& input, PsumRow& psums) override {
    take(input);
    multiply();
    complete();
    const bool leaves = drain(psums);
    ++cycle_;
    return leaves;
  }

  bool idle() const override {
    return draining_.empty() &&
           (last_entered_ == kNone || cycle_ > last_entered_ + static_cast<Time>(span_) - 2);
  }

  std::uint64_t overflows() const override { return sums_.overflows(); }

  std::optional<PeRegisters> look(std::uint32_t row, std::uint32_t col) const override {
    const Time now = cycle_ - 1;  // step() has gone on to the next
    const Time here = now - static_cast<Time>(row);
    const Time entered = here - static_cast<Time>(col);
    PeRegisters pe;
    pe.psum = psums_[row * cols_ + col];
    if (entered < 0 || newest_[place(entered)] != entered) {
      return pe;
    }
    pe.working = true;
    pe.from_left = history_[std::size_t{row} * 2 * span_ + place(here) + col];
    pe.from_top = staggered_[staggered_at(here) + col];
    for (const Draining& fold : draining_) {
      if (fold.last == entered) {
        pe.psum = fold.psums[row * cols_ + col];  // it has just gone to the shadow register
      }
    }
    return pe;
  }

 private:
  using Time = std::int64_t;
  using Psum = typename Sums::Psum;
  static constexpr Time kNone = -(Time{1} << 62);

  /// A fold whose last product entered in `last`: its sums as they become complete.
  struct Draining {
    Time last = 0;
    std::vector<Psum> psums;
  };

  std::size_t place(Time cycle) const {
    return span_ - 1 - static_cast<std::size_t>(cycle % static_cast<Time>(span_));
  }
  std::size_t staggered_at(Time cycle) const {
    return static_cast<std::size_t>(cycle) % rows_ * cols_;
  }
  std::int16_t* weights_at(Time cycle) {
    return weights_.data() + static_cast<std::size_t>(cycle) % cols_ * cols_;
  }

  void take(const ArrayInput& input) {
    const std::size_t at = place(cycle_);
    for (std::size_t r = 0; r < rows_; ++r) {
      const std::int16_t value = input.ifmap != nullptr ? (*input.ifmap)[r] : std::int16_t{0};
      std::int16_t* lane = history_.data() + r * 2 * span_;
      lane[at] = value;
      lane[at + span_] = value;
    }
    std::int16_t* row = weights_at(cycle_);
    for (std::size_t c = 0; c < cols_; ++c) {
      row[c] = input.weights != nullptr ? (*input.weights)[c] : std::int16_t{0};
    }
    std::int16_t* const staggered = staggered_.data() + staggered_at(cycle_);
    std::size_t entered = static_cast<std::size_t>(cycle_) % cols_;  // in weights_
    for (std::size_t c = 0; c < cols_; ++c) {
      staggered[c] = weights_[entered * cols_ + c];
      entered = entered == 0 ? cols_ - 1 : entered - 1;
    }
    if (input.ifmap != nullptr) {
      last_entered_ = cycle_;
      if (input.last) {
        draining_.push_back({cycle_, std::vector<Psum>(rows_ * cols_)});
      }
    }
    newest_[at] = last_entered_;
  }

  void multiply() {
    for (std::size_t r = 0; r < rows_; ++r) {
      const Time newest = cycle_ - static_cast<Time>(r);
      if (newest < 0) {
        break;
      }
      const Time last_seen = newest_[place(newest)];
      if (last_seen == kNone || newest - last_seen >= static_cast<Time>(cols_)) {
        continue;  // no operands in this row
      }
      const auto first = static_cast<std::size_t>(newest - last_seen);
      const std::int16_t* ifmap = history_.data() + r * 2 * span_ + place(newest);
      const std::int16_t* weights = staggered_.data() + staggered_at(newest);
      sums_.multiply_accumulate(psums_.data() + r * cols_ + first, weights + first, ifmap + first,
                                cols_ - first);
    }
  }

  /// The last product of a fold leaves the sums of each PE that it reaches to the shadow registers.
  void complete() {
    for (Draining& fold : draining_) {
      const Time diagonal = cycle_ - fold.last;  // r + c of the PEs that it reaches now
      const Time first = std::max<Time>(0, diagonal - static_cast<Time>(cols_) + 1);
      const Time last = std::min<Time>(static_cast<Time>(rows_) - 1, diagonal);
      for (Time r = first; r <= last; ++r) {
        const auto pe = static_cast<std::size_t>(r * static_cast<Time>(cols_) + diagonal - r);
        fold.psums[pe] = psums_[pe];
        psums_[pe] = 0;
      }
    }
  }

  /// Rows leave at the bottom, the last one first, from the cycle after all sums are complete.
  bool drain(PsumRow& psums) {
    if (draining_.empty()) {
      return false;
    }
    const Draining& fold = draining_.front();
    const Time left = cycle_ - (fold.last + static_cast<Time>(span_) - 1);
    if (left < 0) {
      return false;
    }
    const std::size_t row = rows_ - 1 - static_cast<std::size_t>(left);
    psums.resize(cols_);
    for (std::size_t c = 0; c < cols_; ++c) {
      psums[c] = fold.psums[row * cols_ + c];
    }
    if (row == 0) {
      draining_.pop_front();
    }
    return true;
  }

  Sums sums_;
  const std::size_t rows_;
  const std::size_t cols_;
  const std::size_t span_;  // cycles of history that a PE can still see
  Time cycle_ = 0;
  Time last_entered_ = kNone;
  std::vector<std::int16_t> history_;    // [lane][2 * span_]
  std::vector<Time> newest_;             // [place]: last cycle up to then in which operands entered
  std::vector<std::int16_t> weights_;    // [cycle][col] as they entered
  std::vector<std::int16_t> staggered_;  // [cycle][col] as they meet the rows
  std::vector<Psum> psums_;              // [row][col]
  std::deque<Draining> draining_;
};

}  // namespace

std::unique_ptr<PeArray> make_output_stationary_array(const ArrayConfig& config) {
  if (config.accumulator_bits == 32) {
    return std::make_unique<OutputStationaryArray<Sums32>>(config);
  }
  return std::make_unique<OutputStationaryArray<SumsOfAnyWidth>>(config);
}

}  // namespace systole

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/requant/requantize.hpp"
#include "sim/network/requantizer.hpp"

namespace systole {

/// Rows of 32-bit accumulators, `pitch` apart.
struct AccumulatorRows {
  const std::int32_t* first = nullptr;
  std::size_t pitch = 0;
  std::size_t rows = 0;
};

/// Requantizes rows of 32-bit accumulators by the vector unit of this computer: what requantize()
/// gives, on every instruction set.
class RequantRows {
 public:
  /// Whether it can: sums of at most 32 bits, without stochastic rounding, and an ofmap of at most
  /// 16 bits.
  static bool takes(const Requantizer& unit);

  /// Throws std::logic_error unless takes(unit).
  explicit RequantRows(const Requantizer& unit);

  /// The constants of the columns to come: one for all, or one for each.
  void set_entries(const RequantEntry* entries, std::size_t count);

  /// The first `count` accumulators of each row, at most as many as there are entries if those are
  /// several. Reads and writes whole vectors: up to 15 beyond.
  void run(const AccumulatorRows& psums, std::size_t count, std::int32_t* elements,
           std::size_t pitch) const;

  /// The same, the low 8 bits of each element.
  void run(const AccumulatorRows& psums, std::size_t count, std::uint8_t* elements,
           std::size_t pitch) const;

  /// Constants as the kernels read them, one a column.
  struct Columns {
    std::vector<RequantEntry> entries;
    std::vector<std::int32_t> multiplier;
    std::vector<std::int32_t> left;   ///< shift of the accumulator
    std::vector<std::int32_t> right;  ///< shift of the product: rounds
    std::vector<float> scale;
    bool one_for_all = false;  ///< then entry 0, as often as a kernel reads
  };

  /// Of the layer.
  struct Unit {
    RequantMode mode = RequantMode::MultiplierShift;
    RequantVariant variant = RequantVariant::Tflite;
    Rounding rounding = Rounding::NearestEven;
    std::int32_t zero_point = 0;
    std::int32_t least = 0, most = 0;  ///< clamp, less the zero point
  };

 private:
  void set_entry(std::size_t column, const RequantEntry& entry);

  Unit unit_;
  Columns columns_;
};

}  // namespace systole

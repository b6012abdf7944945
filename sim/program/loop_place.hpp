#pragma once

#include <cstdint>

#include "sim/program/machine_shape.hpp"

namespace systole {

/// The halves of the local memories that a loop works in.
struct LoopPlace {
  std::uint32_t scratchpad_first = 0;  ///< inputs from here on
  std::uint32_t scratchpad_end = 0;    ///< weights up to here
  std::uint32_t accumulator_first = 0;
};

/// Loops alternate between the halves of the scratchpad, and those that store between the halves of
/// the accumulators.
class LoopPlaces {
 public:
  explicit LoopPlaces(const LoopShape& shape)
      : scratchpad_half_{shape.scratchpad_rows / 2},
        accumulator_half_{shape.accumulator_rows / 2} {}

  /// Of the next loop.
  LoopPlace next(bool stores) {
    const std::uint32_t first = upper_scratchpad_ ? scratchpad_half_ : 0;
    const LoopPlace place{first, first + scratchpad_half_,
                          upper_accumulators_ ? accumulator_half_ : 0};
    upper_scratchpad_ = !upper_scratchpad_;
    upper_accumulators_ = upper_accumulators_ != stores;
    return place;
  }

 private:
  std::uint32_t scratchpad_half_;
  std::uint32_t accumulator_half_;
  bool upper_scratchpad_ = false;
  bool upper_accumulators_ = false;
};

}  // namespace systole

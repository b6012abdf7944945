#pragma once

#include <cstdint>
#include <vector>

#include "models/vector/vector_unit_config.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// What the lanes of the vector unit hold while they run a DepthwiseCommand, and their arithmetic:
/// as a column of PEs does it, the psum starts at 0, a product for each tap is added to it, and the
/// last sum to the bias, each with the accumulators' width and overflow; then it is requantized.
class DepthwiseLanes {
 public:
  explicit DepthwiseLanes(const DepthwiseLanesConfig& config) : config_{config} {}

  void begin(const DepthwiseCommand& command, const LayerRegisters& registers);
  /// The next row of constants.
  void take_constants(const std::uint8_t* row);
  /// The next tap of a pixel, of which `first` is the first. Returns how many sums did not fit.
  std::uint64_t take_tap(const std::uint8_t* row, bool first);
  /// Of the pixel whose last tap was taken.
  std::int32_t result(std::uint32_t lane) const;

 private:
  const DepthwiseLanesConfig config_;
  DepthwiseCommand command_;
  LayerRegisters registers_;
  std::vector<std::uint8_t> constants_;  // rows, as they lie in the scratchpad
  std::vector<std::int64_t> psums_;
  std::uint32_t tap_ = 0;
};

}  // namespace systole

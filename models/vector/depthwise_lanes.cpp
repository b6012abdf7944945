#include "models/vector/depthwise_lanes.hpp"

#include "models/requant/requantize.hpp"
#include "sim/network/packing.hpp"

namespace systole {

void DepthwiseLanes::begin(const DepthwiseCommand& command, const LayerRegisters& registers) {
  command_ = command;
  registers_ = registers;
  constants_.clear();
  psums_.assign(command.elements, 0);
}

void DepthwiseLanes::take_constants(const std::uint8_t* row) {
  constants_.insert(constants_.end(), row, row + config_.row_bytes);
}

std::uint64_t DepthwiseLanes::take_tap(const std::uint8_t* row, bool first) {
  tap_ = first ? 0 : tap_ + 1;
  const std::uint8_t* const weights = constants_.data() + std::size_t{tap_} * config_.row_bytes;
  const std::uint8_t* const bias =
      constants_.data() + std::size_t{command_.taps()} * config_.row_bytes;
  const bool last = tap_ + 1 == command_.taps();
  std::uint64_t overflows = 0;
  for (std::uint32_t i = 0; i < command_.elements; ++i) {
    if (first) {
      psums_[i] = 0;
    }
    const std::int64_t product = std::int64_t{unpack_element(row, i, registers_.ifmap)} *
                                 unpack_element(weights, i, registers_.weight);
    psums_[i] = add_psum(psums_[i], product, config_.psums, overflows);
    if (last && command_.bias_rows > 0) {
      psums_[i] =
          add_psum(read_psum(bias, i, config_.bias_bits), psums_[i], config_.psums, overflows);
    }
  }
  return overflows;
}

std::int32_t DepthwiseLanes::result(std::uint32_t lane) const {
  const Requantizer& unit = registers_.requant;
  if (command_.table_rows == 0) {
    return requantize(psums_[lane], entry_of(unit, 0), unit);
  }
  const std::size_t first = std::size_t{command_.taps() + command_.bias_rows} * config_.row_bytes;
  const std::uint8_t* const entry =
      constants_.data() + first + std::size_t{lane} * config_.entry_bytes;
  return requantize(psums_[lane], decode_entry(entry, unit.mode, config_.multiplier_bits), unit);
}

}  // namespace systole

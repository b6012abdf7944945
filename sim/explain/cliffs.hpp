#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// A number of channels just past what so many folds hold: the last fold of each round is almost
/// empty. Cycles are those of the layer alone, as it is and with so many channels less.
struct Cliff {
  std::size_t layer = 0;
  std::string layer_name;
  std::string dimension;  ///< "input channels" or "output channels"
  std::string array_key;  ///< "array.rows" or "array.cols"
  std::int64_t channels = 0;
  std::int64_t surplus = 0;  ///< that a fold less would do without
  std::uint64_t cycles = 0, cycles_without = 0;

  std::uint64_t saved() const { return cycles - std::min(cycles, cycles_without); }
};

/// The folds that go with the surplus hold at most this part of the rows or columns, or a single
/// one.
constexpr std::int64_t kCliffPart = 8;

/// Where a layer that the array runs, cut as `mapping` says, stands past what folds hold; without
/// the cycles. A fold has array.rows products of a column, of composable PEs as many times that as
/// each multiplies, and array.cols output channels; an array that keeps sums or ifmaps has pixels
/// on one side, and the vector unit rows of array.rows channels.
std::vector<Cliff> find_cliffs(const AcceleratorConfig& config, const Network& network,
                               std::size_t index, const LayerMapping& mapping);

/// Runs the layer alone, on the fast engine, as it is and without the surplus.
void measure(Cliff& cliff, const AcceleratorConfig& config, const Network& network);

/// The layer as a network of its own with `surplus` fewer channels of `dimension`; shapes only.
Network with_fewer_channels(const Network& network, std::size_t layer, const std::string& dimension,
                            std::int64_t surplus);

}  // namespace systole

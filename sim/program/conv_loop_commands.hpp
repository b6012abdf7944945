#pragma once

#include <cstdint>
#include <vector>

#include "sim/program/command.hpp"
#include "sim/program/loop_place.hpp"

namespace systole {

/// The commands of a convolution loop in the order in which Gemmini's LoopConv generates them, by
/// generator. Each load generator begins by configuring the load unit; a store that pools stands
/// between two configurations.
struct ConvLoopCommands {
  std::vector<Command> bias, input, weights, execute, store;
};

/// Input pixels lie row by row, padding included, `array.rows` channels to a local row; weights
/// by blocks of `array.cols` output channels, kernel rows, columns and input channels; sums by
/// blocks of output channels, batches, rows and columns.
ConvLoopCommands conv_loop_commands(const ConvLoop& loop, const LoopPlace& place,
                                    const LoopShape& shape);

}  // namespace systole

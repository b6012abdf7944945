#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"
#include "sim/program/ifmap_parts.hpp"

namespace systole {

/// How many cycles a fold, a Preload and its Compute, feeds the array: the one place that knows.
///
/// Weight stationary: the load shifts `rows` weight rows in, the stream is one pixel a cycle.
///
/// Output stationary: the products of a fold come in parts, each in one scratchpad row of every
/// pixel. A transposer takes gather_rows of these rows a cycle and gives a product of all pixels a
/// cycle. The load reads the first part; the stream takes each part's products while it reads the
/// next part, as long as the longer of the two. With overlap `full` it takes `rows` cycles at
/// least, products last: so long the results before it need to leave.
///
/// Input stationary: the load reads the pixels, one a cycle, and beside them the first block of
/// weights, gather_rows rows a cycle, both into transposers; then `rows` rows of pixels shift in.
/// The stream takes each block's output channels, one a cycle, while it reads the next block, as
/// long as the longer of the two; and `cols` cycles a block at least, channels first: so long
/// the results of a block need to leave.
///
/// Composable PEs take `products_per_pe` products where these sentences say one, of one part.
struct FoldSteps {
  std::uint32_t load = 0;
  std::uint32_t stream = 0;
  std::uint32_t busy = 0;       ///< cycles from the first to the last operand that streams
  std::uint32_t load_from = 0;  ///< cycle of the stream from which on the next fold's load may go
};

FoldSteps fold_steps(const ArrayConfig& array, const PreloadCommand& preload,
                     const ComputeCommand& compute);

/// Cycles that a fold by itself is in the array, `streamed` operands following one another: rows of
/// a stationary operand, the operands, and rows + cols - 2 until the last PE has its last product;
/// output stationary, the drain instead of the stationary operand (SCALE-Sim leaves it out).
constexpr std::uint64_t lone_fold_cycles(const ArrayConfig& array, std::uint64_t streamed) {
  const bool extra = array.dataflow != Dataflow::OutputStationary || array.os_drain;
  return streamed + (extra ? array.rows : 0) + array.rows + array.cols - 2;
}

/// From the cycle in which an operand enters the array to that in which its psums have left it.
constexpr std::uint64_t cycles_through(const ArrayConfig& array) {
  return std::uint64_t{array.rows} + array.cols - 1 + array.extra_latency;
}

/// From the last operand of a step to its last results: the next step may need their places.
constexpr std::uint64_t cycles_to_leave(const ArrayConfig& array) {
  const bool drains = array.dataflow == Dataflow::OutputStationary &&
                      (array.os_drain || array.overlap == Overlap::Full);
  return cycles_through(array) + (drains ? array.rows : 0);
}

}  // namespace systole

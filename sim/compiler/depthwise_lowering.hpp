#pragma once

#include <cstdint>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/network/network.hpp"
#include "sim/program/command.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// How a depthwise convolution in the vector unit is cut: tiles of output pixels and of blocks of
/// array.rows channels, whose constants stay while the tiles of their pixels go by.
struct DepthwiseTiling {
  std::int64_t tile_oh = 1, tile_ow = 1, blocks = 1;
  std::int64_t slots = 1;           ///< copies of the tiles
  std::int64_t constant_slots = 1;  ///< and of the constants
  std::int64_t input_rows = 0, output_rows = 0;
  std::int64_t constant_rows = 0;  ///< of one block

  std::int64_t tile_rows() const { return input_rows + output_rows; }
  std::int64_t all_constant_rows() const { return constant_slots * blocks * constant_rows; }
};

struct DepthwiseAddresses {
  std::uint64_t ifmap = 0, constants = 0, ofmap = 0;
};

/// Scratchpad rows of the constants of one block, as DepthwiseCommand wants them.
struct ConstantRows {
  std::int64_t taps = 0, bias = 0, table = 0;
  std::int64_t all() const { return taps + bias + table; }
};
ConstantRows constant_rows(const ConvLayer& layer, const MachineLimits& machine);

/// First rows of the copies of the constants; the tiles lie behind them.
std::vector<std::int64_t> constant_bases(const MachineLimits& machine,
                                         const DepthwiseTiling& tiling);

/// Throws MappingError when nothing fits, or the pinned tile does not.
std::vector<DepthwiseTiling> choose_depthwise_tilings(const ConvLayer& layer,
                                                      const MachineLimits& machine,
                                                      const PinnedMapping& pinned);

/// The order in which a lane adds up the products of each channel.
std::vector<std::vector<FoldSpan>> accumulation_order(const ConvLayer& layer);

LayerMapping describe_mapping(const ConvLayer& layer, const MachineLimits& machine,
                              const DepthwiseTiling& tiling);

/// The constants in DRAM, block by block, row by row; appended at `at` if their values are known.
std::uint64_t constant_bytes(const ConvLayer& layer, const MachineLimits& machine);
void append_image(const Network& network, const ConvLayer& layer, const MachineLimits& machine,
                  std::uint64_t at, std::vector<DramSegment>& image);

/// `alignment`: as for lower_conv.
PackedCommands lower_depthwise(const ConvLayer& layer, const MachineLimits& machine,
                               const DepthwiseTiling& tiling, const DepthwiseAddresses& addresses,
                               std::uint64_t alignment);

}  // namespace systole

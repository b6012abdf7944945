#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/compiler/dram_pitches.hpp"
#include "sim/compiler/kept_tensor.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/network/network.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// A pooling layer over an NHWC image.
struct PoolLayer {
  std::int64_t batch = 1, in_h = 1, in_w = 1, out_h = 1, out_w = 1, channels = 1;
  Window window;
  bool average = false;
  std::int32_t clamp_min = 0, clamp_max = 0;
  TensorId ifmap = 0, ofmap = 0;
  ElementFormat format;
  /// Where the ifmap lies if it is in the scratchpad, and the ofmap if it is to stay there.
  std::optional<KeptTensor> kept_ifmap, kept_ofmap;
  std::uint64_t in_pitch = 0, out_pitch = 0;  ///< bytes from pixel to pixel

  bool stores_ofmap() const { return !kept_ofmap || kept_ofmap->in_dram; }
  std::uint64_t pixel_bytes() const;
};
std::optional<PoolLayer> as_pool(const Network& network, const Layer& layer,
                                 const DramPitches& pitches = {});

/// How it is cut: tile_oh x tile_ow output pixels of `blocks` blocks of array.rows channels.
struct PoolTiling {
  std::int64_t tile_oh = 1, tile_ow = 1, blocks = 1;
  std::int64_t slots = 1;  ///< copies of the input tile, and of the output tile
  std::int64_t input_rows = 0, output_rows = 0;  ///< scratchpad rows of one copy

  std::int64_t tile_rows() const { return input_rows + output_rows; }
};

/// Throws MappingError when no tile fits.
std::vector<PoolTiling> choose_pool_tilings(const PoolLayer& layer, const MachineLimits& machine,
                                            const PinnedMapping& pinned);
LayerMapping describe_mapping(const PoolLayer& layer, const MachineLimits& machine,
                              const PoolTiling& tiling);
/// `alignment`: as for lower_conv.
PackedCommands lower_pool(const PoolLayer& layer, const MachineLimits& machine,
                          const PoolTiling& tiling, std::uint64_t ifmap_address,
                          std::uint64_t ofmap_address, std::uint64_t alignment);

}  // namespace systole

#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_lowering.hpp"
#include "sim/compiler/loop_tiling.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// A layer for the hardware's loop unrollers, and what one loop takes at most.
struct LoopedLayer {
  std::variant<LoopedConv, LoopedMatmul> shape;  ///< with DRAM addresses of 0
  std::variant<ConvLoopTile, MatmulTile> tile;
};

/// The layer as loop instructions can say it: a convolution without groups or a depthwise one, its
/// two dimensions strided and dilated alike; a matrix product; of 8-bit operands and results, with
/// one pair of requantization constants or a table that holds all of them. None if it is another:
/// the host sends its commands. Throws MappingError where no loop fits, or the pinned one does not.
std::optional<LoopedLayer> as_loops(const Network& network, const Layer& layer,
                                    const ConvLayer& conv, const AcceleratorConfig& config);

/// Depthwise weights lie as loops want them: channel by channel, kernel rows, columns.
std::vector<std::uint8_t> depthwise_weight_bytes(const TensorData& weights);
/// Bytes of the weights with what loops read behind them: whole tiles of rows.
std::uint64_t looped_weight_bytes(const LoopedLayer& looped, const AcceleratorConfig& config);

LayerMapping describe_mapping(const ConvLayer& conv, const LoopedLayer& looped,
                              const AcceleratorConfig& config);

/// The commands before the loops, and the loops.
LayerProgram lower_loops(const ConvLayer& conv, const LoopedLayer& looped,
                         const ConvAddresses& addresses, const AcceleratorConfig& config);

}  // namespace systole

#pragma once

#include <cstdint>
#include <variant>

#include "sim/compiler/add_lowering.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_lowering.hpp"
#include "sim/compiler/conv_tiling.hpp"
#include "sim/compiler/depthwise_lowering.hpp"
#include "sim/compiler/fusion.hpp"
#include "sim/compiler/kept_add_lowering.hpp"
#include "sim/compiler/loop_lowering.hpp"
#include "sim/compiler/pool_lowering.hpp"
#include "sim/compiler/weight_image.hpp"

namespace systole {

/// A layer that the array runs, cut.
struct ConvPlan {
  ConvLayer layer;
  WeightImage image;
  ConvTiling tiling;
  std::uint32_t products_per_pe = 1;
};

/// A layer that the hardware's loop unrollers run.
struct LoopPlan {
  ConvLayer layer;
  LoopedLayer looped;
};

/// A depthwise convolution of the vector unit.
struct DepthwisePlan {
  ConvLayer layer;
  DepthwiseTiling tiling;
};

struct PoolPlan {
  PoolLayer layer;
  PoolTiling tiling;
};

struct AddPlan {
  AddTiling tiling;
};

struct KeptAddPlan {
  KeptAdd layer;
  KeptAddTiling tiling;
};

/// Nothing to run: a reshape, a layer of the host, or one that was refused.
using Cut =
    std::variant<std::monostate, ConvPlan, LoopPlan, DepthwisePlan, PoolPlan, AddPlan, KeptAddPlan>;

struct Plan {
  Cut cut;
  FreeRows rows;
  LayerMapping mapping;
};

/// The convolution of the array that a cut layer is; null: another layer.
const ConvLayer* array_layer(const Cut& cut);

/// What the machine's registers hold while the layer runs; `ofmap`: where it lies, of a
/// convolution.
LayerRegisters layer_registers(const Network& network, const Layer& layer, const Plan& plan,
                               std::uint64_t ofmap);

}  // namespace systole

#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"

namespace systole::test {

/// A network of one layer and values for its inputs. Shapes are drawn by rapidcheck, so that a
/// failure shrinks; values come from a seed that it draws.
struct LayerCase {
  Network network;
  std::vector<TensorData> inputs;
};

/// Small machines of odd sizes, memories down to 1 KiB, every requantization mode. To be called
/// inside a rapidcheck property, like all below.
AcceleratorConfig random_accelerator();

LayerCase random_conv(const AcceleratorConfig& config, bool grouped);
LayerCase random_fully_connected(const AcceleratorConfig& config);
LayerCase random_matmul(const AcceleratorConfig& config);
LayerCase random_pool();
LayerCase random_add(const AcceleratorConfig& config);

/// Zero points, clamps, multipliers, shifts and biases over their whole ranges.
void vary_constants(const AcceleratorConfig& config, Network& network);

/// A sum whose constants follow from the scales of its tensors.
LayerCase random_scaled_add();

}  // namespace systole::test

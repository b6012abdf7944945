#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sim/compiler/kept_tensor.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// What the layers read and write, reshapes seen through.
struct TensorUse {
  const Network& network;
  const AcceleratorConfig& config;
  const std::vector<bool>& run_time;    ///< by tensor: given or computed, not a constant
  const std::vector<TensorId>& origin;  ///< by tensor: the one whose bytes it names
};

/// The ofmap of a layer as it would stay in the scratchpad, not yet with a place; none if no layer
/// could read it there. Convolutions, products, pooling and sums can, where its channels are cut
/// into slices as they read them; whoever else reads it needs it in DRAM.
std::optional<KeptTensor> keepable(const TensorUse& use, std::size_t layer);

/// Scratchpad rows that are free of kept tensors.
struct FreeRows {
  std::int64_t first = 0, rows = 0;
};
/// The largest free part while `layer` runs, of `capacity` rows.
FreeRows free_rows(const std::vector<KeptTensor>& kept, std::size_t layer, std::int64_t capacity);

/// Where `tensor` leaves the layers of its life the most room beside the tensors that are kept
/// already; none if it does not fit.
std::optional<std::int64_t> place_beside(const KeptTensor& tensor,
                                         const std::vector<KeptTensor>& kept,
                                         std::int64_t capacity);

}  // namespace systole

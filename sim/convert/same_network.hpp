#pragma once

#include "sim/network/network.hpp"

namespace systole {

/// The same operator with the same constants. What a mode does not look at does not count, nor,
/// without constants, how they would be used.
bool same_operator(const LayerOp& a, const LayerOp& b);

bool same_mapping(const PinnedMapping& a, const PinnedMapping& b);

/// The same shape and numbers, whatever the name.
bool same_tensor(const Tensor& a, const Tensor& b);

/// Layers of two networks in step, read from and given to each other in the same way. Ids and names
/// of tensors do not count.
bool same_connections(const Network& a, const Network& b);

}  // namespace systole

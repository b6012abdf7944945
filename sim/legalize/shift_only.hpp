#pragma once

#include "sim/legalize/legalize.hpp"

namespace systole {

/// The network for a requantizer that only shifts.
///
/// Computed tensors get power-of-two scales that cover their range (moved_scales.hpp says which
/// must keep theirs), and keep their zero points: real 0 stays exact and the range stays inside the
/// format. What then is left of a layer's real multiplier over a power of two goes into its
/// constant weights and bias (folding.hpp), or into multipliers of the host (host_constants.hpp).
/// Sums, and products of two activations, take the nearest power of two if the scales leave a rest,
/// which can only happen where a scale is kept or not known.
Legalized make_shift_only(Network network, const AcceleratorConfig& config);

}  // namespace systole

#pragma once

#include "sim/legalize/legalize.hpp"

namespace systole {

/// The network for a requantizer that only shifts.
///
/// Each activation tensor but the network's inputs gets a power-of-two scale that covers
/// its range, and keeps its zero point: real 0 stays exact and the range stays inside the format.
/// Pools and reshapes hand their ifmap's scale on. What then is left of a layer's real multiplier
/// over a power of two goes into its constant weights and bias (folding.hpp). Sums, and
/// products of two activations, take the nearest power of two if the scales leave a rest, which
/// can only happen next to network inputs or where scales are not known.
Legalized make_shift_only(Network network, const AcceleratorConfig& config);

}  // namespace systole

#pragma once

#include "sim/config/accelerator_config.hpp"
#include "sim/energy/energy_model.hpp"
#include "sim/energy/energy_table.hpp"

// What one operation takes, beside those of energy_model.hpp: nothing where the table has no
// points.

namespace systole {

/// Straight lines between the published widths.
Energy linear_energy(const TableEntries& points, double bits);

/// Of an entry that is for a number of bits together, one of them.
Energy bit_energy(const TableEntries& single);

/// Width of a square multiplier with as many partial products as one of a x b bits.
double square_bits(double a_bits, double b_bits);

/// In the format that the table was asked for (priced_format): std::logic_error if it was not.
Energy float_multiply_energy(const AcceleratorConfig& config, const EnergyTable& table);
Energy float_add_energy(const EnergyTable& table);  ///< to a psum

}  // namespace systole

#pragma once

#include <optional>

#include "sim/config/accelerator_config.hpp"
#include "sim/energy/energy.hpp"
#include "sim/energy/energy_table.hpp"

// What one operation takes: nothing where the table has no points.

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

/// Bits that the shifter of a requantization lane takes: the high half after the doubling high
/// multiplication, the whole product, or the accumulator itself.
double requant_shift_bits(const AcceleratorConfig& config);

/// What the requantization unit takes for one value; nothing in place of what the table does not
/// know.
struct RequantCost {
  std::optional<Energy> multiply;  ///< 0 where it only shifts
  std::optional<Energy> shift;     ///< with rounding
  std::optional<Energy> add;       ///< of the zero point

  std::optional<Energy> total() const;
};
RequantCost requant_cost(const AcceleratorConfig& config, const EnergyTable& table);

/// One multiplication of a x b bits: the table's line, read at sqrt(a * b) bits, a square of as
/// many partial products.
Energy multiplier_energy(const EnergyTable& table, double a_bits, double b_bits);

/// One bit read from or written to a bank, in accesses of `access_bits`; never under the register
/// file, which is what a very small SRAM is.
Energy sram_read_energy(const EnergyTable& table, double bank_bytes, double access_bits);
Energy sram_write_energy(const EnergyTable& table, double bank_bytes, double access_bits);

}  // namespace systole

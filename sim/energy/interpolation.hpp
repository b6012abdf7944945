#pragma once

#include "sim/energy/energy_table.hpp"

namespace systole {

// Between and beyond published points; configs/energy/README.md says why these rules. Lists stand
// in growing width or capacity. An empty list is a std::logic_error: who calls knows what to do
// without one.

/// Straight lines between published widths; in proportion to the nearest point outside them.
Bounded linear_in_width(const TableEntries& points, double bits);

/// Straight lines in log(width), log(value), with the end's slope outside the points, where the
/// bounds are those of the nearest point in proportion; with one point, a power law of
/// `lone_exponent` through it.
Bounded log_log_in_width(const TableEntries& points, double bits, double lone_exponent);

/// The same over capacity, of values that do not depend on a width.
Bounded log_log_in_capacity(const TableEntries& points, double bytes, double lone_exponent);

/// One bit of an access of `access_bits` to a bank of `bytes`: at each published capacity linear in
/// the width of the access, between capacities straight lines in log-log (square root of the
/// capacity if there is one: a bit line grows with the side of the array).
Bounded sram_bit(const TableEntries& points, double bytes, double access_bits);

}  // namespace systole

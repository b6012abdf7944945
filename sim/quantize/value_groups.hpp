#pragma once

#include <vector>

#include "sim/quantize/float_network.hpp"

namespace systole::quantize {

/// A pool, a reshape, a transpose and a concat: their output has the format of their inputs.
bool keeps_format(const FloatOp& op);

/// The sets of values that have one format, those that layers join that keep it. By value, the
/// least value of its set.
std::vector<ValueId> format_groups(const FloatNetwork& network);

/// The sets of values of one width and sign: format groups, and what is added up with the sum.
std::vector<ValueId> type_groups(const FloatNetwork& network);

}  // namespace systole::quantize

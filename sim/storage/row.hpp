#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>

namespace systole {

/// Bytes of a scratchpad row, a burst or a part of one. Up to 64 of them need no allocation.
using ByteRow = boost::container::small_vector<std::uint8_t, 64>;

/// One operand for each lane of the array's edge: operands are at most 16 bits wide.
using OperandRow = boost::container::small_vector<std::int16_t, 32>;

/// One partial sum for each column of the array.
using PsumRow = boost::container::small_vector<std::int64_t, 16>;

}  // namespace systole

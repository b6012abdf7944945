#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/network/network.hpp"

namespace systole {

/// Where a layer's output first differs from the golden model.
struct Mismatch {
  std::uint64_t inference = 0;
  std::string layer;
  std::vector<std::int64_t> index;
  std::int64_t expected = 0, got = 0;
  std::uint64_t mismatches = 0;  ///< elements of the layer that differ
};

/// Nothing if the two are equal. Of `shape` both; says nothing of the layer and the inference.
std::optional<Mismatch> compare(const Shape& shape, const TensorData& expected,
                                const TensorData& got);

}  // namespace systole

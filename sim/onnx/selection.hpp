#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/onnx/pending.hpp"

namespace systole::onnx {

using Indices = std::vector<std::int64_t>;

constexpr std::int64_t kMostIndices = std::int64_t{1} << 20;  // of one axis
/// Throws NodeError unless there are from 1 to kMostIndices.
void expect_indices(std::int64_t count);

/// Elements of each axis, where its list is not empty.
Move gather_axes(const Shape& from, const std::vector<Indices>& indices);

/// count[i] elements of axis i, from begin[i] on.
Move slice_axes(const Indices& begin, const Indices& count);

/// Pads with elements of the tensor itself, by reflection ("reflect") or with the last ("edge").
Move mirrored(const Shape& from, const Indices& pads, const std::string& mode);

}  // namespace systole::onnx

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/network/network.hpp"

namespace systole {

/// A tensor that is a part of a concatenation's output: pixel by pixel, from byte `offset` of it.
struct ConcatPart {
  TensorId whole = 0;
  std::uint64_t offset = 0;
};

/// By tensor: those that their producers write straight into the concatenation's output, so that
/// the concatenation has nothing to do.
///
/// A concatenation of channels is done so if each of its inputs is written pixel by pixel (by a
/// convolution, a pool or the host), is an input of no other such one, and is read pixel by pixel
/// by whoever else reads it; and if each is a whole number of bytes a pixel.
std::vector<std::optional<ConcatPart>> concat_parts(const Network& network);

/// Whether `layer` is such a concatenation.
bool is_in_place(const Layer& layer, const std::vector<std::optional<ConcatPart>>& parts);

}  // namespace systole

#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <vector>

#include "sim/quantize/float_network.hpp"

namespace systole::quantize {

/// A value for many images at once: as many copies of its shape, one behind the other.
using Activations = std::vector<float>;

/// One layer for `images` images, by its definition; sums run in a fixed order in float32.
Activations run_float_layer(const FloatNetwork& network, const FloatLayer& layer,
                            const std::vector<const Activations*>& inputs, std::int64_t images);

/// A number that float32 cannot hold: "[IMAGE]: what it is, what was expected".
struct NotFinite final : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws NotFinite, naming the image, for the values that a layer gives `value`.
void require_finite(const Activations& values, const FloatValue& value, std::int64_t images);
/// The same for the real numbers of the integers nearest to them.
void require_finite_rounded(const Activations& values, const FloatValue& value,
                            std::int64_t images);

/// To the limits, where there are any.
void clip(Activations& values, const FloatClip& limits);

/// Runs the network for all images and shows each value to `see` once it is there, the inputs
/// first; a value is let go behind its last use, so that only what is alive takes memory.
/// `input` holds the images of the network's one input, `limits` what each layer's output is
/// clipped to (empty: nothing is).
void run_float(const FloatNetwork& network, const Activations& input, std::int64_t images,
               const std::function<void(ValueId, const Activations&)>& see,
               const std::vector<FloatClip>& limits = {});

/// The first output of the network for all images.
Activations run_float(const FloatNetwork& network, const Activations& input, std::int64_t images);

/// For each value the last layer that reads it; the count of layers for the network's outputs.
std::vector<std::size_t> last_uses(const FloatNetwork& network);

/// Images whose first largest output is their label.
std::int64_t count_right(const Activations& outputs, const std::vector<int>& labels);

}  // namespace systole::quantize

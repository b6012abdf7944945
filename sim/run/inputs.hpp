#pragma once

#include <cstdint>
#include <vector>

#include "sim/network/network.hpp"
#include "sim/workload/workload.hpp"

namespace systole {

/// How many times the network runs to see all images (its own batch at a time); 1 without images.
std::uint64_t inference_count(const Network& network, const LabelledInputs& inputs);

/// Of one inference: the batch of the first input, if that is images or `inputs` has values for it.
std::uint64_t images_of_inference(const Network& network, const LabelledInputs& inputs);

/// Values of network.inputs for one inference: the images' next batch, or pseudo-random values
/// (splitmix64 of the seed and the element's index) where there are none.
std::vector<TensorData> inference_inputs(const Network& network, const LabelledInputs& inputs,
                                         std::uint64_t inference);

/// Every tensor of one inference, as the golden model computes it. Throws Refusal for numbers for
/// which an operator is not defined.
std::vector<TensorData> golden_tensors(const Network& network, const LabelledInputs& inputs,
                                       std::uint64_t inference);

/// How many images of the inference have their label as the first largest element of what belongs
/// to them in `values`, the network's first output.
std::uint64_t count_correct(const Network& network, const TensorData& values,
                            const LabelledInputs& inputs, std::uint64_t inference);

}  // namespace systole

#include "sim/run/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "models/golden/golden.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/network/refusal.hpp"
#include "sim/network/splitmix64.hpp"
#include "sim/workload/random_data.hpp"

namespace systole {
namespace {

bool less(std::int32_t a, std::int32_t b, ElementFormat format) {
  if (!format.is_float) {
    return a < b;
  }
  float left = 0;
  float right = 0;
  std::memcpy(&left, &a, sizeof left);
  std::memcpy(&right, &b, sizeof right);
  return left < right;
}

}  // namespace

std::uint64_t inference_count(const Network& network, const LabelledInputs& inputs) {
  if (!inputs.images) {
    return 1;
  }
  const Tensor& input = network.tensor(network.inputs.at(0));
  const auto batch = static_cast<std::size_t>(input.elements());
  if (inputs.images->empty() || inputs.images->size() % batch != 0) {
    const std::int64_t count = inputs.count();
    throw Refusal{fmt::format(
        "{} {} not fill batches of {}, the first size of the input {}, expected a multiple "
        "of it (--images takes the first ones)",
        count, count == 1 ? "image does" : "images do", input.shape.at(0), quoted(input.name))};
  }
  return inputs.images->size() / batch;
}

std::uint64_t images_of_inference(const Network& network, const LabelledInputs& inputs) {
  if (network.inputs.empty()) {
    return 1;
  }
  const Shape& shape = network.tensor(network.inputs[0]).shape;
  constexpr std::size_t kNhwc = 4;
  const bool batched = shape.size() == kNhwc || (inputs.images && !shape.empty());
  return batched ? static_cast<std::uint64_t>(shape[0]) : 1;
}

std::vector<TensorData> inference_inputs(const Network& network, const LabelledInputs& inputs,
                                         std::uint64_t inference) {
  const std::uint64_t first_stream = inputs.seed == 0 ? 0 : splitmix64(inputs.seed);
  std::vector<TensorData> values;
  for (std::size_t i = 0; i < network.inputs.size(); ++i) {
    const Tensor& tensor = network.tensor(network.inputs[i]);
    if (i == 0 && inputs.images) {
      const auto first =
          inputs.images->begin() + static_cast<std::ptrdiff_t>(inference) * tensor.elements();
      values.emplace_back(first, first + tensor.elements());
    } else {
      values.push_back(random_values(tensor, first_stream + i));
    }
  }
  return values;
}

std::vector<TensorData> golden_tensors(const Network& network, const LabelledInputs& inputs,
                                       std::uint64_t inference) {
  return golden::run(network, inference_inputs(network, inputs, inference));
}

std::uint64_t count_correct(const Network& network, const TensorData& values,
                            const LabelledInputs& inputs, std::uint64_t inference) {
  if (inputs.labels.empty()) {
    return 0;
  }
  const ElementFormat format = network.tensor(network.outputs.at(0)).format;
  const auto batch = static_cast<std::size_t>(network.tensor(network.inputs.at(0)).shape[0]);
  const std::size_t classes = values.size() / batch;
  std::uint64_t correct = 0;
  for (std::size_t i = 0; i < batch; ++i) {
    const auto scores = values.begin() + static_cast<std::ptrdiff_t>(i * classes);
    const auto best =
        std::max_element(scores, scores + static_cast<std::ptrdiff_t>(classes),
                         [&](std::int32_t a, std::int32_t b) { return less(a, b, format); });
    const std::size_t image = inference * batch + i;
    correct += image < inputs.labels.size() && best - scores == inputs.labels[image] ? 1U : 0U;
  }
  return correct;
}

}  // namespace systole

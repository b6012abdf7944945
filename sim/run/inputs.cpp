#include "sim/run/inputs.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace systole {
namespace {

/// Steele, Lea and Flood 2014: a well-mixed value for each index, the same everywhere.
std::uint64_t splitmix64(std::uint64_t index) {
  std::uint64_t z = (index + 1) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

/// The upper 24 bits as a float in [0, 1), which holds them exactly.
float unit_interval(std::uint64_t random) {
  return std::ldexp(static_cast<float>(random >> 40U), -24);
}

std::int32_t bits_of(float real) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &real, sizeof bits);
  return bits;
}

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

TensorData pseudo_random(const Tensor& tensor, std::uint64_t stream) {
  TensorData data(static_cast<std::size_t>(tensor.elements()));
  if (tensor.format.is_float) {
    for (std::size_t i = 0; i < data.size(); ++i) {
      data[i] = bits_of(unit_interval(splitmix64((stream << 40U) + i)));
    }
    return data;
  }
  const auto span = static_cast<std::uint64_t>(tensor.format.max() - tensor.format.min()) + 1;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::uint64_t value = splitmix64((stream << 40U) + i) % span;
    data[i] = static_cast<std::int32_t>(tensor.format.min() + static_cast<std::int64_t>(value));
  }
  return data;
}

}  // namespace

std::uint64_t inference_count(const Network& network, const LabelledInputs& inputs) {
  if (!inputs.images) {
    return 1;
  }
  const auto batch = static_cast<std::size_t>(network.tensor(network.inputs.at(0)).elements());
  if (inputs.images->empty() || inputs.images->size() % batch != 0) {
    throw std::invalid_argument{"the inputs are not a whole number of the network's batches"};
  }
  return inputs.images->size() / batch;
}

std::vector<TensorData> inference_inputs(const Network& network, const LabelledInputs& inputs,
                                         std::uint64_t inference) {
  std::vector<TensorData> values;
  for (std::size_t i = 0; i < network.inputs.size(); ++i) {
    const Tensor& tensor = network.tensor(network.inputs[i]);
    if (i == 0 && inputs.images) {
      const auto first =
          inputs.images->begin() + static_cast<std::ptrdiff_t>(inference) * tensor.elements();
      values.emplace_back(first, first + tensor.elements());
    } else {
      values.push_back(pseudo_random(tensor, i));
    }
  }
  return values;
}

std::uint64_t count_correct(const Tensor& output, const TensorData& values,
                            const LabelledInputs& inputs, std::uint64_t inference) {
  if (inputs.labels.empty()) {
    return 0;
  }
  const auto classes = static_cast<std::size_t>(output.shape.back());
  const std::size_t batch = values.size() / classes;
  std::uint64_t correct = 0;
  for (std::size_t i = 0; i < batch; ++i) {
    const auto scores = values.begin() + static_cast<std::ptrdiff_t>(i * classes);
    const auto best =
        std::max_element(scores, scores + static_cast<std::ptrdiff_t>(classes),
                         [&](std::int32_t a, std::int32_t b) { return less(a, b, output.format); });
    const std::size_t image = inference * batch + i;
    correct += image < inputs.labels.size() && best - scores == inputs.labels[image] ? 1U : 0U;
  }
  return correct;
}

}  // namespace systole

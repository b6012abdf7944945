#include "sim/compiler/concat_places.hpp"

#include <algorithm>

#include "sim/network/packing.hpp"

namespace systole {
namespace {

/// Who writes and who reads each tensor.
struct Uses {
  explicit Uses(const Network& network)
      : producer(network.tensors.size()), readers(network.tensors.size()) {
    for (const Layer& layer : network.layers) {
      producer[layer.output] = &layer;
      for (const TensorId input : layer.inputs) {
        readers[input].push_back(&layer);
      }
    }
  }
  std::vector<const Layer*> producer;
  std::vector<std::vector<const Layer*>> readers;
};

bool goes_by_pixels(const Network& network, const Layer& layer) {
  return std::holds_alternative<Conv2d>(layer.op) || std::holds_alternative<MaxPool>(layer.op) ||
         std::holds_alternative<AveragePool>(layer.op) || runs_on_host(network, layer);
}

bool can_be_part(const Network& network, const Uses& uses, TensorId id) {
  const Tensor& tensor = network.tensor(id);
  const Layer* const producer = uses.producer[id];
  const bool whole_bytes =
      tensor.shape.size() == 4 &&
      static_cast<std::uint64_t>(tensor.shape.back()) * tensor.format.bits % 8 == 0;
  const bool given =
      std::find(network.inputs.begin(), network.inputs.end(), id) != network.inputs.end();
  const std::vector<const Layer*>& readers = uses.readers[id];
  return producer != nullptr && !given && whole_bytes && goes_by_pixels(network, *producer) &&
         std::all_of(readers.begin(), readers.end(), [&](const Layer* reader) {
           const bool as_ifmap = reader->inputs.front() == id || runs_on_host(network, *reader);
           return as_ifmap && goes_by_pixels(network, *reader) &&
                  std::count(reader->inputs.begin(), reader->inputs.end(), id) == 1;
         });
}

}  // namespace

std::vector<std::optional<ConcatPart>> concat_parts(const Network& network) {
  const Uses uses{network};
  std::vector<std::optional<ConcatPart>> parts(network.tensors.size());
  std::vector<bool> whole(network.tensors.size(), false);
  for (const Layer& layer : network.layers) {
    const auto* concat = std::get_if<Concat>(&layer.op);
    const Tensor& output = network.tensor(layer.output);
    const bool of_channels =
        concat != nullptr && output.shape.size() == 4 && concat->axis == 3 && !parts[layer.output];
    const bool fits =
        of_channels && std::all_of(layer.inputs.begin(), layer.inputs.end(), [&](TensorId input) {
          return !parts[input] && !whole[input] && can_be_part(network, uses, input);
        });
    if (!fits) {
      continue;
    }
    std::uint64_t offset = 0;
    for (const TensorId input : layer.inputs) {
      const Tensor& part = network.tensor(input);
      parts[input] = ConcatPart{layer.output, offset};
      offset += packed_bytes(static_cast<std::uint64_t>(part.shape.back()), part.format.bits);
    }
    whole[layer.output] = true;
  }
  return parts;
}

bool is_in_place(const Layer& layer, const std::vector<std::optional<ConcatPart>>& parts) {
  return std::holds_alternative<Concat>(layer.op) && parts.at(layer.inputs.at(0)) &&
         parts[layer.inputs[0]]->whole == layer.output;
}

}  // namespace systole

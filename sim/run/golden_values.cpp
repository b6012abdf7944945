#include "sim/run/golden_values.hpp"

#include "models/golden/golden.hpp"

namespace systole {

const TensorData& GoldenValues::compute(std::size_t layer) {
  const Layer& of = network_.layers[layer];
  std::vector<const TensorData*> operands;
  for (const TensorId id : of.inputs) {
    const Tensor& tensor = network_.tensor(id);
    operands.push_back(tensor.data ? &*tensor.data : &values_[id]);
  }
  values_[of.output] = golden::run_layer(network_, of, operands);
  return values_[of.output];
}

void GoldenValues::drop_read(std::size_t layer) {
  for (const TensorId id : network_.layers[layer].inputs) {
    if (last_readers_[id] == layer) {
      values_[id] = TensorData{};
    }
  }
}

}  // namespace systole

#include "sim/run/accuracy_count.hpp"

#include <vector>

#include "sim/run/inputs.hpp"

namespace systole {

void AccuracyCount::add(std::uint64_t inference, const Network& network, const TensorData& output) {
  accuracy_.images += static_cast<std::uint64_t>(network.tensor(network.inputs[0]).shape[0]);
  accuracy_.correct += count_correct(network, output, inputs_, inference);
  const std::vector<TensorData> values = golden_tensors(original_, inputs_, inference);
  accuracy_.correct_original +=
      count_correct(original_, values[original_.outputs.at(0)], inputs_, inference);
}

}  // namespace systole

#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "sim/network/network.hpp"

namespace systole {

/// Values of one inference, as the golden model computes them beside the machine, layer by layer.
/// The network outlives it.
class GoldenValues {
 public:
  explicit GoldenValues(const Network& network)
      : network_{network}, last_readers_{last_readers(network)}, values_(network.tensors.size()) {}

  void set(TensorId tensor, TensorData values) { values_[tensor] = std::move(values); }
  /// Computes the layer's output from values that were computed or set before.
  const TensorData& compute(std::size_t layer);
  /// Forgets inputs of the layer that no later one reads: all values of a large network would fill
  /// the memory.
  void drop_read(std::size_t layer);

 private:
  const Network& network_;
  const std::vector<std::size_t> last_readers_;  // by tensor
  std::vector<TensorData> values_;               // by tensor; none of constants
};

}  // namespace systole

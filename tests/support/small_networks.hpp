#pragma once

#include <cstdint>
#include <string>

#include "sim/network/network.hpp"

namespace systole::test {

/// Builds a network layer by layer, with fixed pseudo-random constants. Shapes are the caller's.
class NetworkBuilder {
 public:
  TensorId input(const Shape& shape, std::int32_t zero_point = 0);
  TensorId constant(const Shape& shape, std::int32_t low = -127, std::int32_t high = 127);
  /// A tensor that `layer` will write.
  TensorId activation(const Shape& shape, std::int32_t zero_point = 0);
  Tensor& tensor(TensorId id) { return network_.tensors.at(id); }

  /// Adds a layer that writes `output`, which becomes the network's only output.
  Layer& layer(const std::string& name, LayerOp op, const std::vector<TensorId>& inputs,
               TensorId output);
  const Network& network() const { return network_; }

 private:
  Network network_;
  std::uint32_t state_ = 1;
};

/// One pair of constants for all channels.
Requantizer one_scale(std::int32_t exponent = -10, std::int32_t zero_point = 0);

/// conv: `in` [1, h, w, c] with kernel k x k, stride 1, padded to the same size, no bias.
Network conv_network(const Shape& in, std::int64_t kernel, std::int64_t out_channels,
                     PinnedMapping mapping = {});

}  // namespace systole::test

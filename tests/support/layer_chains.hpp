#pragma once

#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"

namespace systole::test {

/// Builds small networks layer by layer; constants are pseudo-random and the same every time. Each
/// layer reads the output of the one before.
class ChainBuilder {
 public:
  explicit ChainBuilder(Shape input);

  ChainBuilder& fully_connected(const std::string& name, std::int64_t channels, bool per_channel);
  /// 3 x 3 kernels, no padding, a bias.
  ChainBuilder& conv(const std::string& name, std::int64_t channels);

  Network build() const;

 private:
  TensorId add_tensor(const std::string& name, const Shape& shape);
  TensorId constant(const std::string& name, const Shape& shape);
  void finish(const std::string& name, Layer layer, const Shape& output);
  static Requantizer requantizer(std::int64_t channels, bool per_channel);

  Network network_;
  TensorId last_ = 0;
  std::uint32_t state_ = 1;
};

/// 4 x 4 PEs and little else: some hundred cycles a layer.
AcceleratorConfig small_machine();

}  // namespace systole::test

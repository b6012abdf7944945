#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/network/network.hpp"

namespace systole {

/// Puts the constants of a trace into files; each gives the text that stands for it.
class ConstantWriter {
 public:
  virtual ~ConstantWriter() = default;
  /// Name of a file with the tensor's values.
  virtual std::string tensor(const std::string& stem, const Tensor& tensor) = 0;
  virtual std::string floats(const std::string& stem, const std::vector<float>& values) = 0;
  virtual std::string integers(const std::string& stem,
                               const std::vector<std::int32_t>& values) = 0;
};

}  // namespace systole

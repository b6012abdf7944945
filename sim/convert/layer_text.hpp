#pragma once

#include <functional>
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

/// `scale: ..., zero_point: ..., bits: ..., signed: ...`, those that are not the default.
std::string numbers_text(const Tensor& tensor);

/// The layer as one flow map. `name_of` gives the name under which a tensor is read; constants
/// of products are written with their layer. Throws ConvertError.
std::string layer_text(const Network& network, const Layer& layer,
                       const std::function<std::string(TensorId)>& name_of, ConstantWriter& files);

/// Operands that stand under `weights:` and `bias:` of their layer.
bool is_own_constant(const Network& network, const Layer& layer, std::size_t operand);

}  // namespace systole

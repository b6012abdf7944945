#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/convert/constant_writer.hpp"
#include "sim/convert/yaml_text.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// `scale: ..., zero_point: ..., bits: ..., signed: ...`, those that are not the default.
std::string numbers_text(const Tensor& tensor);

/// Operands that stand under `weights:` and `bias:` of their layer.
bool is_own_constant(const Network& network, const Layer& layer, std::size_t operand);

/// The keys of one layer's flow map, added one by one: those that operators have in common.
class LayerKeys {
 public:
  /// As layer_text.
  LayerKeys(const Network& network, const Layer& layer,
            const std::function<std::string(TensorId)>& name_of, ConstantWriter& files);

  void op(const char* name);  ///< with the inputs
  LayerKeys& add(const std::string& key, const std::string& value) {
    map_.add(key, value);
    return *this;
  }

  void window(const Window& w, bool with_kernel);
  /// As a file, or as shapes alone.
  void weights(std::int64_t out_channels);
  bool has_weight_file() const { return network_.tensor(layer_.inputs.at(1)).data.has_value(); }
  void bias(bool has_bias);

  void output();  ///< its numbers
  void clamp(std::int64_t least, std::int64_t most);
  /// Clamp, output and constants of an operator that scales. Throws ConvertError for what YAML
  /// cannot say, as the next one does.
  void scaling(const Requantizer& requant);
  void sum_scaling(const Add& sum);
  /// Output and constants of x and of alpha times x.
  void two_sides(QuantizedMultiplier identity, QuantizedMultiplier alpha);
  void fixed_input(QuantizedMultiplier input);
  /// After a reduction: axes of 1, where there are as many as before.
  void kept_axes();
  /// As a list, if there are at most `most_inline`, else as the name of a file.
  std::string constants(const char* what, const std::vector<float>& values,
                        std::size_t most_inline = 4);
  std::string constants(const char* what, const std::vector<std::int32_t>& values,
                        std::size_t most_inline = 4);
  void mapping();  ///< what of it is pinned

  std::string text() const { return map_.text(); }

 private:
  void add_multipliers(YamlMap& map, const std::vector<std::int32_t>& multiplier,
                       const std::vector<std::int32_t>& exponent);
  YamlMap requant_map(const Requantizer& requant);

  const Network& network_;
  const Layer& layer_;
  const Tensor& output_;
  ConstantWriter& files_;
  YamlMap map_;
  std::string inputs_;
};

}  // namespace systole

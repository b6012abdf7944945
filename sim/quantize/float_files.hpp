#pragma once

#include <string>
#include <vector>

#include "sim/config/reader.hpp"
#include "sim/quantize/float_network.hpp"

namespace systole::quantize {

/// The `.npy` files of floats that a network's YAML names. Errors go to the reader at the key;
/// what is given back after one is empty.
class FloatFiles {
 public:
  /// `network` is the path of the YAML file: other paths count from its folder.
  explicit FloatFiles(const std::string& network);

  std::string resolve(const std::string& file) const;

  FloatTensor tensor(ConfigReader& reader, const std::string& key) const;
  std::vector<float> vector(ConfigReader& reader, const std::string& key) const;
  /// Empty when the key is absent.
  std::vector<float> optional_vector(ConfigReader& reader, const std::string& key) const;

 private:
  std::string folder_;
};

/// Finite float32 numbers of a file of float32 or float64; throws NpyError.
FloatTensor read_float_npy(const std::string& path);

}  // namespace systole::quantize

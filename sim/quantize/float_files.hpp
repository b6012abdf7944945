#pragma once

#include <string>
#include <vector>

#include "sim/config/reader.hpp"
#include "sim/quantize/float_network.hpp"
#include "sim/quantize/float_trace.hpp"

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

/// [count, ...] of the network's input, without labels; throws NpyError.
FloatImages read_float_images(const FloatNetwork& network, const std::string& path);
/// Labels of images, each an element of the network's first output; throws NpyError.
std::vector<int> read_float_labels(const FloatNetwork& network, const std::string& path);
/// What is wrong with the number of labels, or nothing.
std::string label_count_error(const FloatImages& images);

}  // namespace systole::quantize

#pragma once

#include <set>
#include <string>
#include <vector>

#include "sim/network/network.hpp"

namespace systole {

/// Names of files after layers and tensors, which may be called anything ("model/conv1", "../x"):
/// letters, digits, '_', '-' and '.' of the name, '_' for each other byte, cut when long, and a
/// number behind it where the name was given before.
class FileNames {
 public:
  std::string next(const std::string& name, const std::string& extension);

 private:
  std::set<std::string> given_;
};

/// For each layer the name of a `.npy` file: the layer's own where that is one, whatever the others
/// are called.
std::vector<std::string> layer_files(const Network& network);

}  // namespace systole

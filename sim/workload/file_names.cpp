#include "sim/workload/file_names.hpp"

namespace systole {
namespace {

constexpr std::size_t kLongest = 200;  // file systems take 255 bytes, extension and number included

std::string stem_of(const std::string& name) {
  std::string stem;
  for (const char c : name.substr(0, kLongest)) {
    const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.';
    stem += safe ? c : '_';
  }
  return stem.empty() || stem[0] == '.' ? "_" + stem : stem;
}

}  // namespace

std::string FileNames::next(const std::string& name, const std::string& extension) {
  const std::string stem = stem_of(name);
  std::string file = stem + extension;
  for (std::size_t i = 2; !given_.insert(file).second; ++i) {
    file = stem + "_" + std::to_string(i) + extension;
  }
  return file;
}

std::vector<std::string> layer_files(const Network& network) {
  FileNames names;
  std::vector<std::string> files(network.layers.size());
  for (const bool unchanged : {true, false}) {
    for (std::size_t i = 0; i < files.size(); ++i) {
      const std::string& name = network.layers[i].name;
      if ((stem_of(name) == name) == unchanged) {
        files[i] = names.next(name, ".npy");
      }
    }
  }
  return files;
}

}  // namespace systole

#include "sim/workload/workload.hpp"

#include <filesystem>

#include "sim/config/reader.hpp"
#include "sim/tflite/tflite.hpp"
#include "sim/workload/network_builder.hpp"
#include "sim/workload/trace.hpp"

namespace systole {

bool is_tflite(const std::string& path) {
  return std::filesystem::path{path}.extension() == ".tflite";
}

Network load_workload(const std::string& path, const WorkloadOptions& options) {
  if (is_tflite(path)) {
    Network network = load_tflite(path);
    for (Tensor& tensor : network.tensors) {
      if (options.shapes_only) {
        tensor.data.reset();
      }
    }
    return network;
  }
  const ConfigFile file = ConfigFile::load(path);
  ConfigReader root = file.root();
  Trace trace = read_trace(root, ConstantFiles{path, options.shapes_only});
  Network network = NetworkBuilder{trace, options.shapes_only}.build(root);
  file.check();
  return network;
}

}  // namespace systole

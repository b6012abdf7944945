#include "sim/workload/workload.hpp"

#include "sim/config/reader.hpp"
#include "sim/workload/network_builder.hpp"
#include "sim/workload/trace.hpp"

namespace systole {

Network load_workload(const std::string& path, const WorkloadOptions& options) {
  const ConfigFile file = ConfigFile::load(path);
  ConfigReader root = file.root();
  Trace trace = read_trace(root, ConstantFiles{path, options.shapes_only});
  Network network = NetworkBuilder{trace, options.shapes_only}.build(root);
  file.check();
  return network;
}

}  // namespace systole

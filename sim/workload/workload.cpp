#include "sim/workload/workload.hpp"

#include <algorithm>
#include <utility>

#include "sim/config/extension.hpp"
#include "sim/config/reader.hpp"
#include "sim/onnx/onnx.hpp"
#include "sim/tflite/tflite.hpp"
#include "sim/workload/network_builder.hpp"
#include "sim/workload/trace.hpp"

namespace systole {

WorkloadFormat workload_format(const std::string& path) {
  return has_extension(path, ".tflite") ? WorkloadFormat::Tflite
         : has_extension(path, ".onnx") ? WorkloadFormat::Onnx
         : has_extension(path, ".csv")  ? WorkloadFormat::Topology
                                        : WorkloadFormat::Trace;
}

namespace {

/// But for what their zero point asks of them; see Tensor::range.
void forget_values(Tensor& tensor) {
  if (tensor.zero_point != 0 && tensor.data && !tensor.data->empty()) {
    tensor.range = range_of(*tensor.data);
  }
  tensor.data.reset();
}

}  // namespace

Network load_workload(const std::string& path, const WorkloadOptions& options) {
  const WorkloadFormat format = workload_format(path);
  if (options.topology && format != WorkloadFormat::Topology) {
    throw ConfigError{{path + ": --topology is for SCALE-Sim's topologies, *.csv"}};
  }
  if (format == WorkloadFormat::Topology) {
    Network network = load_topology(path, options.topology);
    if (!options.shapes_only) {
      throw ConfigError{{path +
                         ": a topology has no tensors: it can be timed (--no-data) or run on "
                         "made-up values (--random-data SEED)"}};
    }
    return network;
  }
  if (format == WorkloadFormat::Tflite || format == WorkloadFormat::Onnx) {
    Network network = format == WorkloadFormat::Tflite ? load_tflite(path) : load_onnx(path);
    if (options.shapes_only) {
      std::for_each(network.tensors.begin(), network.tensors.end(), forget_values);
    }
    return network;
  }
  const ConfigFile file = ConfigFile::load(path);
  ConfigReader root = file.root();
  if (tell_float_network(root)) {
    file.check();  // what else is wrong follows from that
  }
  const bool shapes_only = options.shapes_only || tell_shapes_alone(root);
  const ConstantFiles files{path, shapes_only};
  Trace trace = read_trace(root, files);
  Network network = NetworkBuilder{trace, shapes_only}.build(root);
  for (const auto& [key, name] : {std::pair{"images", trace.images}, {"labels", trace.labels}}) {
    if (!file.ok() && !shapes_only && !name.empty()) {  // else load_inputs opens it, if needed
      root.names_readable(key, files.resolve(name));
    }
  }
  file.check();
  return network;
}

}  // namespace systole

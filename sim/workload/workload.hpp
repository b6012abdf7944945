#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/config/error_log.hpp"
#include "sim/network/network.hpp"
#include "sim/scalesim/topology.hpp"

namespace systole {

struct WorkloadOptions {
  bool shapes_only = false;  ///< timing alone: tensors stay without data, files are not needed
  std::optional<TopologyKind> topology = {};  ///< of a *.csv whose header does not say
};

/// The front ends, told apart by the file's extension, in small letters or large ones.
enum class WorkloadFormat {
  Trace,     ///< our own YAML, workloads/README.md: any other extension
  Tflite,    ///< *.tflite, sim/tflite/tflite.hpp
  Onnx,      ///< *.onnx, sim/onnx/onnx.hpp
  Topology,  ///< *.csv, sim/scalesim/topology.hpp
};
WorkloadFormat workload_format(const std::string& path);

/// Reads a workload in any format. Throws ConfigError with all that
/// is wrong in the file, one "FILE:LINE:COLUMN: key.path: what" per line.
Network load_workload(const std::string& path, const WorkloadOptions& options = {});

/// Images for a network with one input, and what they show.
struct LabelledInputs {
  std::optional<TensorData> images;  ///< all, one behind the other; absent when not given
  Shape image_shape;                 ///< of one image: the input's shape without its first size
  std::vector<int> labels;           ///< one per image, or empty
  std::uint64_t seed = 0;            ///< of the pseudo-random values of inputs without images

  std::int64_t count() const;  ///< images
};

/// The inputs that the workload names (`images:`, `labels:`); other formats than YAML name none.
/// Throws ConfigError.
LabelledInputs load_inputs(const std::string& workload, const Network& network);

/// The images of a .npy file, first size = count: integers are taken as they are, floats
/// are quantized with the input's scale and zero point. `labels`, another one, has an integer for
/// each: the index of the right element of the first output. Throws ConfigError.
LabelledInputs load_images(const std::string& npy, const Network& network,
                           const std::optional<std::string>& labels = std::nullopt);

}  // namespace systole

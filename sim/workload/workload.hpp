#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/config/error_log.hpp"
#include "sim/network/network.hpp"

namespace systole {

struct WorkloadOptions {
  bool shapes_only = false;  ///< timing alone: tensors stay without data, files are not needed
};

/// Whether the workload is a TensorFlow Lite model, by its extension.
bool is_tflite(const std::string& path);

/// Reads a workload: *.tflite (sim/tflite/tflite.hpp), or else YAML (keys in
/// workloads/README.md). Throws ConfigError with all that
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

/// The inputs that the workload names (`images:`, `labels:`); a *.tflite names none. Throws
/// ConfigError.
LabelledInputs load_inputs(const std::string& workload, const Network& network);

/// The images of a .npy file, first size = count: integers are taken as they are, floats
/// are quantized with the input's scale and zero point. Throws ConfigError.
LabelledInputs load_images(const std::string& npy, const Network& network);

}  // namespace systole

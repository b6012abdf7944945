#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/error_log.hpp"
#include "sim/quantize/float_executor.hpp"
#include "sim/quantize/float_network.hpp"

namespace systole::quantize {

/// Reads a float network from YAML with `.npy` files beside it; keys: workloads/README.md. Throws
/// ConfigError with all that is wrong.
FloatNetwork load_float_trace(const std::string& path);

/// Images of a float network, and what they show.
struct FloatImages {
  Activations values;
  std::int64_t count = 0;
  std::vector<int> labels;  ///< one per image, or empty
};

/// Images as float32 or float64 `.npy`, the first size counting them, at most `limit`, the first
/// ones (0: all); `labels_file` may be empty. Throws ConfigError.
FloatImages load_float_images(const FloatNetwork& network, const std::string& images_file,
                              const std::string& labels_file, std::int64_t limit = 0);

/// The images and labels that the YAML file names (`images:`, `labels:`); none for others.
FloatImages load_float_test_images(const FloatNetwork& network, const std::string& path);

}  // namespace systole::quantize

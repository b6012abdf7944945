#pragma once

#include <string>

#include "sim/quantize/quantizer.hpp"

namespace systole::quantize {

/// Writes a quantized network as a workload (workloads/README.md): FOLDER/net.yaml and the `.npy`
/// files beside it. With images, these are the workload's inputs. The folder exists.
void write_trace(const QuantizedNetwork& network, const FloatImages& images,
                 const std::string& comment, const std::string& folder);

}  // namespace systole::quantize

#pragma once

#include <string>

#include "sim/network/network.hpp"
#include "sim/workload/workload.hpp"

namespace systole {

/// A network that our YAML cannot express; what() names the layer.
class ConvertError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Writes the network as YAML with `.npy` files beside it (workloads/README.md) into `folder`,
/// which exists; the YAML is NAME.yaml. Integer constants are written as they
/// are, so that reading the file gives the same network, tensor ids and names of constants apart;
/// this is checked. Tensors without values are left out.
/// Returns the YAML file's path. Throws ConvertError.
std::string write_trace(const Network& network, const LabelledInputs& inputs,
                        const std::string& folder);

}  // namespace systole

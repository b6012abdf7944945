#pragma once

#include "sim/compiler/compiler.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/engine/engine.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// The network's tensors as they lie in the machine, where its compiler put them. It needs all
/// that it is given for as long as it lives.
class MachineTensors {
 public:
  MachineTensors(const Network& network, const AcceleratorConfig& config, const Compiler& compiler,
                 Engine& engine)
      : network_{network}, config_{config}, compiler_{compiler}, engine_{engine} {}

  /// From DRAM, or from the scratchpad if a layer left it there alone.
  TensorData read(TensorId id) const;
  /// To DRAM.
  void write(TensorId id, const TensorData& values);

 private:
  TensorData read_kept(const KeptTensor& kept, ElementFormat format) const;

  const Network& network_;
  const AcceleratorConfig& config_;
  const Compiler& compiler_;
  Engine& engine_;
};

}  // namespace systole

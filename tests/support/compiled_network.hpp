#pragma once

#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/network/network.hpp"
#include "tests/support/program_interpreter.hpp"

namespace systole::test {

/// An interpreter whose DRAM holds the compiler's image and the values of the network's inputs.
ProgramInterpreter loaded_machine(const AcceleratorConfig& config, const Compiler& compiler,
                                  const Network& network, const std::vector<TensorData>& inputs);

/// An activation as it now lies in the machine's DRAM.
TensorData read_tensor(const ProgramInterpreter& machine, const Compiler& compiler,
                       const Network& network, TensorId tensor);

}  // namespace systole::test

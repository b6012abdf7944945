#include "tests/support/compiled_network.hpp"

#include "sim/network/packing.hpp"

namespace systole::test {

ProgramInterpreter loaded_machine(const AcceleratorConfig& config, const Compiler& compiler,
                                  const Network& network, const std::vector<TensorData>& inputs) {
  ProgramInterpreter machine{config, compiler.dram_bytes(), 1};
  for (const DramSegment& segment : compiler.dram_image()) {
    machine.write_dram(segment.address, segment.bytes);
  }
  for (std::size_t i = 0; i < network.inputs.size(); ++i) {
    const Tensor& tensor = network.tensor(network.inputs[i]);
    machine.write_dram(compiler.placement(network.inputs[i]).address,
                       pack_tensor(inputs[i], tensor.shape, tensor.format));
  }
  return machine;
}

TensorData read_tensor(const ProgramInterpreter& machine, const Compiler& compiler,
                       const Network& network, TensorId tensor) {
  const TensorPlacement& place = compiler.placement(tensor);
  std::vector<std::uint8_t> bytes;
  place.for_each_run([&](std::uint64_t address, std::uint64_t, std::uint64_t size) {
    const std::vector<std::uint8_t> run = machine.read_dram(address, size);
    bytes.insert(bytes.end(), run.begin(), run.end());
  });
  return unpack_tensor(bytes, network.tensor(tensor).shape, network.tensor(tensor).format);
}

}  // namespace systole::test

#include "sim/run/result_outline.hpp"

#include <cstddef>
#include <cstdint>

#include "sim/run/dram_part.hpp"
#include "sim/run/engine_choice.hpp"
#include "sim/run/inputs.hpp"

namespace systole {
namespace {

KeptInScratchpad kept_in_scratchpad(const Network& network, const KeptReport& report) {
  const KeptTensor& tensor = report.tensor;
  KeptInScratchpad kept;
  kept.layer = network.layers[tensor.producer].name;
  for (const std::size_t reader : tensor.readers) {
    kept.readers.push_back(network.layers[reader].name);
  }
  kept.first_row = static_cast<std::uint64_t>(tensor.first_row);
  kept.rows = static_cast<std::uint64_t>(tensor.rows());
  kept.in_dram = tensor.in_dram;
  kept.not_read_bytes = report.not_read;
  kept.not_written_bytes = report.not_written;
  return kept;
}

LayerResult layer_outline(const Network& network, const Layer& of, const LayerMapping& mapping) {
  LayerResult layer;
  layer.name = of.name;
  layer.op = op_name(network, of);
  layer.where = mapping.vector_unit ? Place::Vector : place_of(network, of);
  layer.gemm = gemm_shape(network, of);
  const auto bits = [&](TensorId tensor) {
    return static_cast<std::uint32_t>(network.tensor(tensor).format.bits);
  };
  layer.operands = {mapping.activation_bits, mapping.weight_bits, mapping.products_per_pe,
                    bits(of.inputs.at(0)), bits(of.output)};
  layer.compulsory_read_bytes = mapping.compulsory_read_bytes();
  layer.compulsory_write_bytes = mapping.compulsory_write_bytes();
  layer.compulsory_bytes = mapping.compulsory_bytes;
  return layer;
}

}  // namespace

RunResult result_outline(const AcceleratorConfig& config, const Legalized& legalized,
                         const Compiler& compiler, const LabelledInputs& inputs,
                         const SimulationOptions& options) {
  const Network& network = legalized.network;
  RunResult result;
  result.config = config;
  result.workload = network.name;
  result.engine = engine_name(options.engine);
  result.data = options.data;
  result.inferences = options.has_data() ? inference_count(network, inputs) : 1;
  result.images = images_of_inference(network, inputs);
  result.notes = legalized.notes;
  result.dram_part = dram_part(config, compiler.dram_bytes());
  for (const KeptReport& report : compiler.kept()) {
    result.kept.push_back(kept_in_scratchpad(network, report));
  }
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    result.layers.push_back(layer_outline(network, network.layers[i], compiler.mapping(i)));
    result.layers.back().check = options.checked() ? Check::Pass : Check::Skipped;
  }
  return result;
}

}  // namespace systole

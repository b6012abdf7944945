#include "sim/run/engine_choice.hpp"

#include <algorithm>
#include <utility>

#include "models/rtl/verilated_array.hpp"
#include "sim/engine/fast_engine.hpp"
#include "sim/engine/machine_probe.hpp"
#include "sim/engine/systemc_engine.hpp"

namespace systole {
namespace {

/// Of registers that hold each operand of the array as a signed number.
std::uint32_t signed_operand_bits(const Network& network) {
  std::uint32_t bits = 0;
  for (const Layer& layer : network.layers) {
    const bool on_array = place_of(network, layer) == Place::Array;
    for (std::size_t i = 0; on_array && i < 2; ++i) {
      const ElementFormat& format = network.tensor(layer.inputs.at(i)).format;
      bits = std::max(bits, std::uint32_t{format.bits} + (format.is_signed ? 0 : 1));
    }
  }
  return bits;
}

}  // namespace

const char* engine_name(EngineKind engine) {
  switch (engine) {
    case EngineKind::Fast:
      return "fast";
    case EngineKind::Verilated:
      return "verilated";
    case EngineKind::Systemc:
      break;
  }
  return "systemc";
}

std::unique_ptr<Engine> make_engine(const AcceleratorConfig& config, const Network& network,
                                    const SimulationOptions& options,
                                    std::function<void(std::uint64_t cycles)> on_progress) {
  if (options.engine == EngineKind::Fast) {
    auto engine = std::make_unique<FastEngine>(config, options.has_data(), options.watchdog_cycles,
                                               options.dram_observers);
    engine->observe(options.command_observer);
    return engine;
  }
  SystemcEngineOptions engine;
  engine.watchdog_cycles = options.watchdog_cycles;
  engine.on_progress = std::move(on_progress);
  engine.dram_observers = options.dram_observers;
  engine.command_observer = options.command_observer;
  engine.probe = options.probe;
  if (options.engine == EngineKind::Verilated) {
    engine.make_pes = [bits = signed_operand_bits(network)](const ArrayConfig& array) {
      return make_verilated_array(array, bits);
    };
  } else if (options.probe != nullptr && options.probe->looks_into_pes()) {
    engine.make_pes = make_transparent_pe_array;
  }
  return std::make_unique<SystemcEngine>(config, std::move(engine));
}

}  // namespace systole

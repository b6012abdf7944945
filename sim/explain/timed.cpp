#include "sim/explain/timed.hpp"

#include "sim/run/simulation.hpp"

namespace systole {

RunResult timed(AcceleratorConfig config, const Network& network) {
  config.energy.zero_gating = false;  // both need data
  config.energy.switching_activity = false;
  SimulationOptions options;
  options.engine = EngineKind::Fast;
  options.data = DataSource::None;
  return simulate(config, network, {}, options).result;
}

}  // namespace systole

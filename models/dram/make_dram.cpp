#include "models/dram/make_dram.hpp"

#include <string>
#include <vector>

#include "models/dram/banked_memory.hpp"
#include "models/dram/ideal_dram.hpp"
#include "sim/config/accelerator_file.hpp"

namespace systole {

std::optional<dram::Config> banked_dram_config(const DramConfig& config) {
  if (config.model != DramModel::Banked) {
    return std::nullopt;
  }
  std::vector<std::string> overrides;
  if (config.channels != 0) {
    overrides.push_back("organization.channels=" + std::to_string(config.channels));
  }
  return dram::load_config(dram_preset_file(config), overrides);
}

dram::PortConfig port_config(const DramBlockConfig& config, std::uint32_t masters) {
  return {config.clock_mhz, config.bus_bytes, config.cycles_per_beat(),
          config.dram.path_latency_cycles, masters};
}

std::unique_ptr<Dram> make_dram(const char* name, const Clock& clock, const DramBlockConfig& config,
                                std::uint32_t masters, Measurements& measurements,
                                const DramObservers& observers) {
  if (const auto memory = banked_dram_config(config.dram)) {
    return std::make_unique<BankedMemory>(name, clock, config, *memory, masters, measurements,
                                          observers.commands, observers.requests);
  }
  return std::make_unique<IdealDram>(name, clock, config, masters, measurements,
                                     observers.requests);
}

}  // namespace systole

#include "sim/run/dram_part.hpp"

#include <string>

#include "models/dram/make_dram.hpp"
#include "sim/network/refusal.hpp"

namespace systole {

std::optional<DramPart> dram_part(const AcceleratorConfig& config, std::uint64_t bytes) {
  const std::optional<dram::Config> memory = banked_dram_config(config.dram);
  if (!memory) {
    return std::nullopt;
  }
  const std::uint64_t capacity = memory->organization.capacity_bytes();
  if (bytes > capacity) {
    throw Refusal{"dram.preset: " + memory->name + " has " + std::to_string(capacity) +
                  " bytes, the network needs " + std::to_string(bytes)};
  }
  const dram::OperationEnergies& each = memory->energies;
  return DramPart{memory->name,
                  memory->timing.tck_ns,
                  memory->peak_gb_per_s(),
                  memory->organization.burst_bytes(),
                  each.activate_pj,
                  each.read_pj,
                  each.write_pj,
                  each.refresh_pj,
                  each.active_mw,
                  each.precharged_mw};
}

}  // namespace systole

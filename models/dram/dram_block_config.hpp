#pragma once

#include <cstdint>

#include "sim/config/accelerator_config.hpp"

namespace systole {

/// What a DRAM knows of the machine.
struct DramBlockConfig {
  DramConfig dram;
  std::uint32_t bus_bytes = 16;  ///< one beat
  std::uint32_t clock_mhz = 1000;

  std::uint32_t write_latency() const {  ///< ideal
    return dram.write_latency_cycles == 0 ? dram.latency_cycles : dram.write_latency_cycles;
  }
  std::uint32_t cycles_per_beat() const { return bus_bytes / dram.bytes_per_cycle; }
  std::uint32_t write_cycles_per_beat() const {  ///< ideal
    return dram.write_bytes_per_cycle == 0 ? cycles_per_beat()
                                           : bus_bytes / dram.write_bytes_per_cycle;
  }
};

}  // namespace systole

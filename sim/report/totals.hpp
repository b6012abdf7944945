#pragma once

#include <cstdint>
#include <vector>

#include "sim/energy/energy_model.hpp"
#include "sim/report/run_result.hpp"

namespace systole {

/// A layer, or the sum of the layers of one inference, as the reports show it.
struct Summary {
  std::uint64_t cycles = 0;
  std::uint64_t compute_cycles = 0;
  std::uint64_t product_cycles = 0;  ///< cycles times the products that a PE forms in each
  std::uint64_t macs = 0;
  std::uint64_t off_array_macs = 0;   ///< of the MACs, those of layers that the array does not run
  std::uint64_t host_macs = 0;        ///< of these, the host's: in no cycles and for no energy
  std::uint64_t off_array_bytes = 0;  ///< DRAM bytes of such layers, the host's included
  EventCounts events;
  Ledger ledger;
  EnergyBreakdown energy;
  std::uint64_t compulsory_read_bytes = 0;
  std::uint64_t compulsory_write_bytes = 0;
  double peak_bytes_per_cycle = 0;  ///< over the busiest window, or the layer if busier
  std::uint64_t peak_cycles = 0;    ///< that it is an average of
  Check check = Check::Skipped;     ///< Fail if any failed; Pass if some passed and none failed

  /// Bytes of the bursts on the bus; reads include what was fetched and not used.
  std::uint64_t dram_read_bytes() const { return events[Event::DramFetchedBytes]; }
  std::uint64_t dram_write_bytes() const { return events[Event::DramWriteBytes]; }
  std::uint64_t dram_bytes() const { return dram_read_bytes() + dram_write_bytes(); }
  /// Bytes of DRAM that the host read and wrote; they take no cycles of the machine.
  std::uint64_t host_bytes() const {
    return events[Event::HostReadBytes] + events[Event::HostWriteBytes];
  }
  /// Those that took the machine time and energy.
  std::uint64_t machine_macs() const { return macs - host_macs; }
  double bytes_per_cycle() const;
};

Summary summary_of(const LayerResult& layer, const EnergyBreakdown& energy);

/// The energy of each layer by that table.
std::vector<EnergyBreakdown> energy_per_layer(const RunResult& result, const EnergyTable& table);

/// Sums over the layers. Throws std::logic_error unless there is one breakdown per layer.
Summary totals_of(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer);

/// Parts of the MACs and of the DRAM's bytes, the host's included, that are not the array's.
double off_array_macs_ratio(const Summary& summary);
double off_array_bytes_ratio(const Summary& summary);

/// Part of the array's MACs that were useful: those that it ran / (cycles x rows x cols x
/// products of a PE in a layer's mode).
double utilization(const Summary& summary, const AcceleratorConfig& config);

/// 1 GB = 10^9 bytes.
double gb_per_s(double bytes_per_cycle, std::uint32_t clock_mhz);

double seconds(std::uint64_t cycles, std::uint32_t clock_mhz);

const char* check_name(Check check);
const char* data_source_name(DataSource data);  ///< "workload", "random", "none"

}  // namespace systole

#pragma once

#include <algorithm>
#include <cstdint>

#include "models/dram/banked/config.hpp"

namespace systole::dram {

/// Counts of a channel, or of all channels together.
struct Stats {
  std::uint64_t reads = 0;  ///< bursts, as all counts of accesses
  std::uint64_t writes = 0;
  std::uint64_t activates = 0;
  std::uint64_t precharges = 0;      ///< of one bank
  std::uint64_t precharges_all = 0;  ///< of a unit, before a refresh
  std::uint64_t refreshes = 0;
  std::uint64_t row_hits = 0;       ///< accesses that needed neither activate nor precharge
  std::uint64_t row_misses = 0;     ///< accesses that found their bank closed
  std::uint64_t row_conflicts = 0;  ///< accesses that had to close another row
  std::uint64_t read_requests = 0;
  std::uint64_t write_requests = 0;
  std::uint64_t read_latency_sum = 0;   ///< cycles from acceptance to the end of the data
  std::uint64_t write_latency_sum = 0;  ///< likewise
  std::uint64_t active_cycles = 0;      ///< of all units: some bank open
  std::uint64_t precharged_cycles = 0;  ///< of all units: all banks closed
  Cycle last_data = 0;                  ///< first cycle after all data so far

  Stats& operator+=(const Stats& other) {
    reads += other.reads;
    writes += other.writes;
    activates += other.activates;
    precharges += other.precharges;
    precharges_all += other.precharges_all;
    refreshes += other.refreshes;
    row_hits += other.row_hits;
    row_misses += other.row_misses;
    row_conflicts += other.row_conflicts;
    read_requests += other.read_requests;
    write_requests += other.write_requests;
    read_latency_sum += other.read_latency_sum;
    write_latency_sum += other.write_latency_sum;
    active_cycles += other.active_cycles;
    precharged_cycles += other.precharged_cycles;
    last_data = std::max(last_data, other.last_data);
    return *this;
  }
};

/// Where the energy of a run went, core only: neither I/O nor termination nor controller.
struct Energy {
  double activate_pj = 0;
  double read_pj = 0;
  double write_pj = 0;
  double refresh_pj = 0;
  double background_pj = 0;
  double total_pj() const { return activate_pj + read_pj + write_pj + refresh_pj + background_pj; }
};

inline Energy energy_of(const Stats& stats, const Config& config) {
  const OperationEnergies& each = config.energies;
  const auto times = [](std::uint64_t count, double pj) { return static_cast<double>(count) * pj; };
  const double ns = config.timing.tck_ns;
  return {times(stats.activates, each.activate_pj), times(stats.reads, each.read_pj),
          times(stats.writes, each.write_pj), times(stats.refreshes, each.refresh_pj),
          times(stats.active_cycles, each.active_mw * ns) +
              times(stats.precharged_cycles, each.precharged_mw * ns)};
}

}  // namespace systole::dram

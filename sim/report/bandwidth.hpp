#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/report/run_result.hpp"
#include "sim/report/table.hpp"

namespace systole {

/// One operand of a layer on its way between the DRAM and the machine.
struct OperandTraffic {
  Stream stream = Stream::Ifmap;
  bool written = false;
  std::uint64_t bytes = 0;             ///< wanted
  std::uint64_t compulsory_bytes = 0;  ///< each element once
  double times_compulsory() const;     ///< 1: moved once; 0 for an operand that needs none
};

/// A limit that no schedule can pass: so many cycles for what the layer did.
struct Roof {
  std::string what;  ///< array, vector, requant, dram_read, dram_write, dram_banks
  double cycles = 0;
};

/// Where the energy of a DRAM's commands went, core only.
struct DramCommandEnergy {
  double activate_pj = 0, read_pj = 0, write_pj = 0, refresh_pj = 0, background_pj = 0;
  double total_pj() const { return activate_pj + read_pj + write_pj + refresh_pj + background_pj; }
};

/// The memory side of a layer, derived from its counts.
struct LayerBandwidth {
  std::vector<OperandTraffic> operands;
  std::uint64_t over_fetch_bytes = 0;               ///< read to fill aligned bursts, and not used
  std::uint64_t read_bytes = 0, written_bytes = 0;  ///< on the bus
  double read_percent_of_peak = 0, write_percent_of_peak = 0;  ///< each way of the bus
  std::uint64_t device_bytes = 0;  ///< banked: in whole accesses to banks; else 0
  double device_percent_of_peak = 0;
  std::uint64_t row_hits = 0, row_misses = 0, row_conflicts = 0;
  DramCommandEnergy energy;
  std::vector<Roof> roofs;  ///< the highest first

  double row_hit_rate() const;
  const Roof& limit() const { return roofs.front(); }
};
LayerBandwidth bandwidth_of(const LayerResult& layer, const RunResult& run);

/// `energy_pj` of a memory whose commands were counted.
nlohmann::ordered_json command_energy_json(const DramCommandEnergy& energy);

/// `layers[].bandwidth` of the JSON report, beside the averages.
nlohmann::ordered_json bandwidth_json(const LayerResult& layer, const RunResult& run);

/// `systole run --bandwidth`: DRAM traffic by operand and roofs, and the local memories' traffic.
std::vector<Table> bandwidth_tables(const RunResult& run);

/// Bytes over time: a line for each window of each layer, those without traffic too.
std::string bandwidth_csv(const RunResult& run);

}  // namespace systole

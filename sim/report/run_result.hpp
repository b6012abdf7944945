#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/energy/energy_model.hpp"
#include "sim/legalize/legalization_note.hpp"
#include "sim/network/network.hpp"
#include "sim/program/traffic.hpp"
#include "sim/stats/bandwidth_series.hpp"
#include "sim/stats/bank_conflicts.hpp"
#include "sim/stats/events.hpp"
#include "sim/stats/ledger.hpp"

namespace systole {

enum class Check { Pass, Fail, Skipped };

/// Where the values of weights and biases came from.
enum class DataSource {
  Workload,
  Random,  ///< made up by a seed; inputs that were not given too
  None,    ///< nothing ran through the machine but time: what depends on values is not known
};

/// What an engine measured of one layer, for one inference.
struct LayerResult {
  std::string name;
  std::string op;
  Place where = Place::Array;
  GemmShape gemm;
  LayerOperands operands;  ///< what the array multiplies
  std::uint64_t cycles = 0;
  std::uint64_t compute_cycles = 0;  ///< cycles in which a fold is in the array
  EventCounts events;
  Ledger ledger;
  BankConflictCounts bank_conflicts;
  std::uint64_t compulsory_read_bytes = 0;   ///< each operand once
  std::uint64_t compulsory_write_bytes = 0;  ///< the ofmap once
  std::uint64_t peak_bytes_per_window = 0;   ///< most DRAM bytes in an aligned window
  std::array<std::uint64_t, kOperands> compulsory_bytes{};  ///< each operand once
  Traffic traffic;                                          ///< by memory and stream
  std::vector<BandwidthSeries::Window> windows;             ///< DRAM bytes over time
  Check check = Check::Skipped;
};

/// Top-1 accuracy over labelled inputs.
struct Accuracy {
  std::uint64_t images = 0;
  std::uint64_t correct = 0;           ///< on the simulated hardware
  std::uint64_t correct_original = 0;  ///< by the golden model on the network as it was given
  std::uint64_t psum_overflows = 0;    ///< additions that overflowed, of all images together
};

/// A DRAM of banks, as far as a report needs it.
struct DramPart {
  std::string name;
  double tck_ns = 1;
  double peak_gb_per_s = 0;
  std::uint32_t access_bytes = 64;  ///< of one read or write command
  // Of each operation, from the part's currents or as its file gives them; zero: not known.
  double activate_pj = 0;  ///< with its precharge
  double read_pj = 0, write_pj = 0, refresh_pj = 0;
  double active_mw = 0, precharged_mw = 0;  ///< background of a rank or pseudo channel
};

/// An ofmap that stayed in the scratchpad, and the DRAM traffic that fell away with it.
struct KeptInScratchpad {
  std::string layer;                 ///< that left it there
  std::vector<std::string> readers;  ///< layers that did not load it
  std::uint64_t first_row = 0, rows = 0;
  bool in_dram = false;             ///< stored as well, for the host or as an output
  std::int64_t not_read_bytes = 0;  ///< of all operands; see KeptReport
  std::int64_t not_written_bytes = 0;
};

struct RunResult {
  AcceleratorConfig config;
  std::string workload;
  std::string engine;
  DataSource data = DataSource::Workload;
  std::uint64_t inferences = 1;
  std::uint64_t images = 1;         ///< of one inference: its batch
  std::vector<LayerResult> layers;  ///< of one inference; all inferences take the same cycles
  std::vector<LegalizationNote> notes;
  std::vector<KeptInScratchpad> kept;
  std::optional<Accuracy> accuracy;
  std::optional<DramPart> dram_part;  ///< nothing: the DRAM is ideal
  double wall_seconds = 0;
};

}  // namespace systole

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"
#include "sim/stats/bandwidth_window.hpp"
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
  std::uint64_t cycles = 0;
  std::uint64_t compute_cycles = 0;  ///< cycles in which a fold is in the array
  EventCounts events;
  Ledger ledger;
  std::uint64_t compulsory_read_bytes = 0;   ///< each operand once
  std::uint64_t compulsory_write_bytes = 0;  ///< the ofmap once
  std::uint64_t peak_bytes_per_window = 0;   ///< most DRAM bytes in an aligned window
  Check check = Check::Skipped;
};

/// What the hardware could not express and the network was changed to.
struct LegalizationNote {
  std::string layer;
  std::string what;
  std::optional<double> sqnr_db;  ///< of the changed constants, where that means something
};

/// Top-1 accuracy over labelled inputs.
struct Accuracy {
  std::uint64_t images = 0;
  std::uint64_t correct = 0;           ///< on the simulated hardware
  std::uint64_t correct_original = 0;  ///< by the golden model on the network as it was given
};

struct RunResult {
  AcceleratorConfig config;
  std::string workload;
  std::string engine;
  DataSource data = DataSource::Workload;
  std::uint64_t inferences = 1;
  std::vector<LayerResult> layers;  ///< of one inference; all inferences take the same cycles
  std::vector<LegalizationNote> notes;
  std::optional<Accuracy> accuracy;
  double wall_seconds = 0;
};

}  // namespace systole

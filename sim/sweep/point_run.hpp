#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"
#include "sim/run/measured_layers.hpp"
#include "sim/sweep/file_cache.hpp"
#include "sim/sweep/point_log.hpp"
#include "sim/sweep/selection.hpp"
#include "sim/workload/workload.hpp"

namespace systole {

/// Runs points of one sweep. Its const functions may be called from many threads.
class PointRunner {
 public:
  /// Reads every workload that the points name. Throws ConfigError.
  PointRunner(const SweepSpec& spec, const std::vector<Point>& points);

  struct Machine {
    std::string key;
    std::string error;  ///< why there is no machine
    std::optional<AcceleratorConfig> config = {};
  };
  /// The point's machine, and the key of its result: a digest of the machine, the files that it
  /// names, the workload, the data and Systole's version, not of where files lie.
  Machine machine_of(const Point& point) const;

  /// Never throws but std::bad_alloc: what goes wrong is the result's error.
  PointResult run(const Point& point, const Machine& machine) const;

 private:
  struct Workload {
    Network network;
    LabelledInputs inputs;
    std::string digest;
  };
  Workload load(const std::string& file) const;
  /// Throws ConfigError, for what its energy table cannot price too; `table` is that one's digest.
  AcceleratorConfig config_of(const Point& point, std::string& table) const;
  void simulate_into(PointResult& result, const Point& point,
                     const AcceleratorConfig& config) const;

  const SweepSpec& spec_;
  std::map<std::string, Workload> workloads_;
  mutable FileCache files_;
  mutable MeasuredLayers measured_;
};

}  // namespace systole

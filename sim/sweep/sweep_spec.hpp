#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/report/run_result.hpp"
#include "sim/sweep/axis.hpp"
#include "sim/sweep/constraint.hpp"
#include "sim/sweep/metrics.hpp"

namespace systole {

enum class Sampling {
  All,             ///< every point, in the order of the axes, the last one fastest
  Random,          ///< points drawn one by one, each once
  LatinHypercube,  ///< each axis cut into as many strata as points, one point in each
};

/// What a sweep runs. The file's format: sim/sweep/README.md.
struct SweepSpec {
  std::string file;
  std::string named_accelerator, named_workload;   ///< as the file has them, from its own folder
  std::string accelerator;                         ///< the file of the base machine
  std::string accelerator_text;                    ///< what was in it
  std::map<std::string, std::string> base_values;  ///< of keys that no axis sets, for constraints
  std::string workload;                            ///< unless an axis sets it
  DataSource data = DataSource::None;
  std::uint64_t data_seed = 0;  ///< of random data
  std::uint64_t images = 0;     ///< at most; 0: all
  bool check = true;            ///< against the golden model, where there are data
  Step settings;                ///< of every point
  std::vector<Axis> axes;
  std::vector<Constraint> constraints;
  std::string axes_at, constraints_at;  ///< places in the file, for errors
  Sampling sampling = Sampling::All;
  std::uint64_t sample_points = 0;
  std::uint64_t sample_seed = 1;
  std::vector<Metric> metrics;  ///< columns of the tables
  std::vector<Metric> pareto;   ///< what the front is a front of

  std::vector<std::string> keys() const { return keys_of(axes); }
};

/// Throws ConfigError with every mistake in the file, and for an accelerator that cannot be read.
SweepSpec load_sweep(const std::string& path);

}  // namespace systole

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/sweep/selection.hpp"
#include "sim/sweep/sweep_spec.hpp"

namespace systole {

struct SweepProgress {
  std::uint64_t done = 0;    ///< of the points of this run, those found in the log included
  std::uint64_t ran = 0;     ///< of these, not found there
  std::uint64_t points = 0;  ///< of this run
  std::uint64_t failed = 0;
};

struct SweepOptions {
  std::string folder;                                     ///< of the log and the tables
  bool resume = false;                                    ///< take the results that the log has
  unsigned workers = 1;                                   ///< threads
  std::uint64_t begin = 0;                                ///< first point that is run
  std::uint64_t end = ~std::uint64_t{0};                  ///< one behind the last one
  std::string html;                                       ///< file of the page; empty: none
  std::function<void(const SweepProgress&)> on_progress;  ///< one call at a time
};

struct SweepOutcome {
  SweepProgress progress;
  std::uint64_t mismatches = 0;  ///< points that differ from the golden model
  std::uint64_t front = 0;       ///< points on the Pareto front
  std::vector<Metric> missing;   ///< SweepTables::missing
  std::string first_error;
};

/// The names of the files that a sweep writes to its folder.
std::vector<std::string> sweep_files();

/// Runs the points, each finished one going to the log at once, and then, if these are all of the
/// spec's, writes points.csv, pareto.csv and the page, the same bytes for any number of workers. A
/// point that fails is a row with its error. Throws what the log and files throw, and ConfigError
/// for a workload that cannot be read.
SweepOutcome run_sweep(const SweepSpec& spec, const std::vector<Point>& points,
                       const SweepOptions& options);

}  // namespace systole

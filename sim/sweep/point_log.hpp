#pragma once

#include <fstream>
#include <map>
#include <string>

#include "sim/sweep/metrics.hpp"
#include "sim/sweep/selection.hpp"

namespace systole {

/// What became of one point.
struct PointResult {
  std::string key;        ///< stands for everything that the result depends on
  std::string error;      ///< empty: it ran
  bool mismatch = false;  ///< the error is a difference from the golden model
  MetricValues metrics;   ///< of a point that ran
};

/// One line of JSON for a finished point, and back; nothing for a line that is no point's.
std::string line_of(const PointResult& result, const Point& point);
std::optional<PointResult> result_of(const std::string& line);

constexpr const char* kPointLogFile = "points.jsonl";

/// FOLDER/points.jsonl: a line for each finished point, appended whole. A process that is killed
/// leaves at most one broken line, the last, which the next one removes. Broken lines before
/// others, of logs that were put together, are passed over: their points are yet to run.
class PointLog {
 public:
  /// Makes the folder. Throws std::runtime_error when a log is there and `resume` is not given, for
  /// a file that is no log, and for what cannot be read or written.
  PointLog(const std::string& folder, bool resume);

  /// The results that were there; by key, the last line of a key.
  const std::map<std::string, PointResult>& finished() const { return finished_; }
  /// Throws std::runtime_error.
  void append(const PointResult& result, const Point& point);

 private:
  void read();

  std::string path_;
  std::map<std::string, PointResult> finished_;
  std::ofstream out_;
};

}  // namespace systole

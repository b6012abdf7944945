#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/energy/energy_table.hpp"
#include "sim/report/run_result.hpp"

namespace systole {

/// Figures of one inference of a whole network, as a sweep tabulates them.
enum class Metric : std::uint8_t {
  Cycles,
  TimeS,
  Macs,
  Utilization,
  DramReadBytes,
  DramWriteBytes,
  DramBytes,
  BytesPerCycle,
  PeakBytesPerCycle,
  EnergyPj,
  PjPerMac,
  EnergyDelayJs,
  Tops,
  TopsPerWatt,
  AreaMm2,
  TopsPerMm2,
  Accuracy,
  PsumOverflows,
  Count
};
constexpr std::size_t kMetrics = static_cast<std::size_t>(Metric::Count);

struct MetricInfo {
  Metric metric;
  const char* name;  ///< in the spec and in the tables
  const char* unit;
  bool more_is_better;
  const char* description;
};
const MetricInfo& info_of(Metric metric);
std::vector<std::string> metric_names();
std::optional<Metric> metric_named(const std::string& name);

/// By metric; nothing where the table or the workload does not give it. Doubles hold counts exactly
/// up to 2^53.
using MetricValues = std::array<std::optional<double>, kMetrics>;

/// AreaMm2 is known when the table has the area of all that the machine has; Accuracy when the
/// inputs have labels.
MetricValues metrics_of(const RunResult& result, const EnergyTable& table);

/// As short as it reads back to the same number; empty for nothing.
std::string metric_text(std::optional<double> value);

}  // namespace systole

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "models/dram/banked/banked_dram.hpp"
#include "sim/dram_trace/trace_reader.hpp"

namespace systole {

struct TraceRunOptions {
  std::uint64_t max_outstanding_reads = 0;  ///< 0: as many as the memory takes
};

/// Latencies of reads, from acceptance to the cycle after the last data.
struct LatencySummary {
  double mean = 0;
  std::uint64_t min = 0;
  std::uint64_t median = 0;
  std::uint64_t percentile_99 = 0;
  std::uint64_t max = 0;
};

struct TraceRunResult {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  dram::Cycle cycles = 0;  ///< up to the end of the last data
  dram::Stats stats;
  dram::Energy energy;
  LatencySummary read_latency;
};

using RequestSource = std::function<std::optional<TraceRequest>()>;

/// Offers requests to a memory of its own in the order in which they come, one in each cycle and
/// channel, from their arrival on; a refused one holds up those behind it. Ends with the last data.
/// Throws std::logic_error if the memory serves nothing any more, as no configuration that was read
/// lets it.
TraceRunResult run_dram_trace(const dram::Config& memory, const RequestSource& requests,
                              const TraceRunOptions& options = {},
                              dram::CommandObserver* observer = nullptr);

}  // namespace systole

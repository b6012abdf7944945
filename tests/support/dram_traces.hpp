#pragma once

#include <string>
#include <vector>

#include "models/dram/banked/config.hpp"
#include "sim/dram_trace/trace_run.hpp"

namespace systole::test {

/// The requests behind tests/data/dram/reference.csv, by their names there.
std::vector<TraceRequest> reference_trace(const std::string& name);

/// The shipped presets, changed to what was measured in tests/data/dram/reference.csv: one
/// channel, commands of one cycle in LPDDR4, and a mapping with the bank group in the lowest
/// address bits ("bg") or the column ("lo").
dram::Config matched_config(const std::string& part, const std::string& mapping);

/// A preset of configs/dram.
dram::Config preset(const std::string& name);

/// Runs requests that are all in memory.
TraceRunResult run_requests(const dram::Config& config, const std::vector<TraceRequest>& requests,
                            std::uint64_t max_outstanding_reads = 0,
                            dram::CommandObserver* observer = nullptr);

}  // namespace systole::test

#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sim/dram_trace/trace_run.hpp"

namespace systole {

/// What `systole dram` prints: lines of a label and its value, aligned.
std::string dram_text_report(const dram::Config& memory, const std::string& trace,
                             const TraceRunResult& result);

/// The same for scripts; units are in the names.
nlohmann::ordered_json dram_json_report(const dram::Config& memory, const std::string& trace,
                                        const TraceRunResult& result);

}  // namespace systole

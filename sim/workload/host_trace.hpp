#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/workload/trace.hpp"

namespace systole {

/// Keys of an operator that runs on the host, beside those that all have; none for others.
std::set<std::string> host_keys(TraceOp op);

/// Reads those that no other operator has.
void read_host_operator(ConfigReader& reader, const ConstantFiles& files, LayerTrace& layer);

}  // namespace systole

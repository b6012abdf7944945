#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/network/network.hpp"
#include "sim/workload/workload.hpp"

namespace systole::app {

/// The inputs of a run: those of `npy` with its `labels`, else the workload's own, at most `limit`
/// of them; no images when neither has any.
LabelledInputs select_inputs(const std::string& workload, const Network& network,
                             const std::optional<std::string>& npy,
                             const std::optional<std::string>& labels,
                             const std::optional<std::uint64_t>& limit);

}  // namespace systole::app

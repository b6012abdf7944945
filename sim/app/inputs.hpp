#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/app/options.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/energy/energy_table.hpp"
#include "sim/network/network.hpp"
#include "sim/workload/workload.hpp"

namespace systole::app {

/// A machine, and what its energy table asks for it.
struct Machine {
  AcceleratorConfig config;
  EnergyTable energy_table;
};
/// Throws ConfigError for what is wrong with it, and for what its table cannot price.
Machine load_machine(const std::string& path, const std::vector<std::string>& overrides);

/// The inputs of a run: those of `npy` with its `labels`, else the workload's own, at most `limit`
/// of them; no images when neither has any.
LabelledInputs select_inputs(const std::string& workload, const Network& network,
                             const std::optional<std::string>& npy,
                             const std::optional<std::string>& labels,
                             const std::optional<std::uint64_t>& limit);

/// Throws ConfigError for a file that cannot be read, so that it is told beside the mistakes of
/// others before it is read. Nothing for one that is not given.
void require_readable(const std::optional<std::string>& file);

/// The network with its tensors, with random ones, or its shapes alone. Throws SeveralMistakes, for
/// files of its inputs that cannot be read too.
Network load_network(const NetworkOptions& options);

/// Its inputs; images only of what has data.
LabelledInputs inputs_of(const NetworkOptions& options, const Network& network);

}  // namespace systole::app

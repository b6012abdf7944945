#include "sim/app/inputs.hpp"

#include <algorithm>
#include <utility>

#include "sim/app/mistakes.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/config/error_log.hpp"
#include "sim/config/unreadable.hpp"
#include "sim/workload/random_data.hpp"

namespace systole::app {

Machine load_machine(const std::string& path, const std::vector<std::string>& overrides) {
  EnergyTable table;
  AcceleratorConfig config =
      load_accelerator(path, overrides, [&table](const AcceleratorConfig& machine) {
        table = load_energy_table(machine.energy.table);
        return broken_by(table, machine);
      });
  EnergyTable adapted = adapted_to(config, std::move(table));
  return {std::move(config), std::move(adapted)};
}

LabelledInputs select_inputs(const std::string& workload, const Network& network,
                             const std::optional<std::string>& npy,
                             const std::optional<std::string>& labels,
                             const std::optional<std::uint64_t>& limit) {
  LabelledInputs inputs = npy ? load_images(*npy, network, labels) : load_inputs(workload, network);
  if (!inputs.images) {
    return inputs;
  }
  const auto count = static_cast<std::uint64_t>(inputs.count());
  const std::uint64_t kept = std::min(limit.value_or(count), count);
  const auto elements = static_cast<std::uint64_t>(element_count(inputs.image_shape));
  inputs.images->resize(kept * elements);
  inputs.labels.resize(std::min<std::size_t>(kept, inputs.labels.size()));
  return inputs;
}

void require_readable(const std::optional<std::string>& file) {
  if (const std::string why = file ? why_unreadable(*file) : ""; !why.empty()) {
    throw ConfigError{{*file + ": " + why}};
  }
}

Network load_network(const NetworkOptions& options) {
  const bool shapes_only = options.data != DataSource::Workload;
  Mistakes mistakes;
  std::optional<Network> loaded = mistakes.in([&] {
    return load_workload(options.workload, {shapes_only, options.topology});
  });
  mistakes.attempt([&] { require_readable(options.inputs); });
  mistakes.attempt([&] { require_readable(options.labels); });
  mistakes.check();
  Network network = *std::move(loaded);
  if (options.data == DataSource::Random) {
    fill_with_random_data(network, options.seed);
  }
  return network;
}

LabelledInputs inputs_of(const NetworkOptions& options, const Network& network) {
  LabelledInputs inputs;
  if (options.data == DataSource::Workload || options.inputs) {
    inputs =
        select_inputs(options.workload, network, options.inputs, options.labels, options.images);
  }
  inputs.seed = options.seed;
  return inputs;
}

}  // namespace systole::app

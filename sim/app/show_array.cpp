#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <limits>
#include <ostream>

#include "sim/app/commands.hpp"
#include "sim/app/inputs.hpp"
#include "sim/app/layer_choice.hpp"
#include "sim/app/mistakes.hpp"
#include "sim/run/simulation.hpp"
#include "sim/waveform/array_picture.hpp"
#include "sim/workload/workload.hpp"

namespace systole::app {
namespace {

constexpr std::size_t kFirstCycles = 64;  // drawn when nobody says which

std::string or_default(const std::string& file, const char* shipped) {
  return file.empty() ? (std::filesystem::path{SYSTOLE_SHIPPED_FILES} / shipped).string() : file;
}

void require_small(const ArrayConfig& array) {
  constexpr std::uint32_t kLargest = ArrayPicture::kLargest;
  if (array.rows > kLargest || array.cols > kLargest) {
    throw UsageError{fmt::format(
        "systole show array: an array of {0} x {1} PEs is too large to draw, expected at most "
        "{2} x {2}; --set array.rows and array.cols make it smaller",
        array.rows, array.cols, kLargest)};
  }
}

}  // namespace

void show_array(const ShowOptions& options, std::ostream& out) {
  const std::string workload =
      or_default(options.workload, "workloads/product_4x4/product_4x4.yaml");
  const auto [config, network] = both_of(
      [&] {
        return load_machine(or_default(options.accelerator, "configs/tiny_4x4.yaml"),
                            options.overrides)
            .config;
      },
      [&] {
        return load_workload(workload, {/*shapes_only=*/false, options.topology});
      });
  require_small(config.array);
  if (options.layer) {
    require_layer(network, *options.layer, "systole show array: --layer");
  }
  const bool all = options.cycles.has_value();
  ArrayPicture picture{
      config.array, options.layer.value_or(""),
      all ? *options.cycles : CycleWindow{0, std::numeric_limits<std::uint64_t>::max()},
      all ? std::numeric_limits<std::size_t>::max() : kFirstCycles};
  const auto one_batch =
      static_cast<std::uint64_t>(network.tensor(network.inputs.at(0)).shape.at(0));
  SimulationOptions simulation;
  simulation.check = false;
  simulation.probe = &picture;
  simulate(config, network, select_inputs(workload, network, std::nullopt, std::nullopt, one_batch),
           simulation);
  out << picture.text();
}

}  // namespace systole::app

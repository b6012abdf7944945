#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/explain/cliffs.hpp"
#include "sim/explain/doublings.hpp"
#include "sim/network/network.hpp"
#include "sim/report/table.hpp"

namespace systole {

/// What one layer, or all of them, would take of a machine with twice of a resource.
struct Gain {
  std::size_t doubling = 0;  ///< of Explanation::doublings
  std::uint64_t cycles = 0;
};

/// A layer or the whole network, as it is and on each changed machine.
struct Explained {
  std::string name;
  std::uint64_t cycles = 0;
  double useful = 0;        ///< part of the PE cycles of its folds that are products of the layer
  double busy = 0;          ///< part of the cycles in which operands enter the array
  std::vector<Gain> gains;  ///< most cycles saved first
  std::string bound = "host";  ///< see explain()
  std::int64_t saved(const Gain& gain) const {
    return static_cast<std::int64_t>(cycles) - static_cast<std::int64_t>(gain.cycles);
  }
};

struct Explanation {
  std::string accelerator, workload;
  std::vector<Doubling> doublings;
  std::vector<std::string> refusals;  ///< by doubling: why the network does not run on it, or ""
  Explained total;
  std::vector<Explained> layers;
  std::vector<Cliff> cliffs;  ///< most cycles saved first
};

/// Runs the network, without data, on the machine and on every one with twice of a resource; and
/// the layers that stand just past a multiple of the array with the fewer channels.
///
/// The bound of a layer is the resource of which twice saves most of its cycles. Where that is the
/// array, the bound is `compute`, or `partial_folds` if fewer than half of the PE cycles of its
/// folds were products, or `array_size` if operands enter it in at most half of the cycles: a
/// larger one has fewer folds whose weights and commands are waited for. A layer without folds,
/// which the vector unit runs, gains from a larger array because it makes scratchpad rows wider
/// (they hold array.rows channels): `row_width`. Where nothing saves 1 % the bound is the array too
/// if operands enter it in most cycles (a depthwise layer gains from more rows and columns
/// together), else `latency`. The README lists all of them.
///
/// `only`: this layer alone. `on_run(i, n)` is called before run i of n. Throws as simulate().
Explanation explain(const MachineWith& machine, const Network& network,
                    std::optional<std::size_t> only,
                    const std::function<void(std::size_t, std::size_t)>& on_run);

nlohmann::ordered_json explain_json(const Explanation& all);
std::vector<Table> explain_tables(const Explanation& all);

}  // namespace systole

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/explain/explain.hpp"
#include "sim/report/units.hpp"

namespace systole {
namespace {

std::string saving(const Explained& what, const Gain& gain) {
  return percent(static_cast<double>(what.saved(gain)), static_cast<double>(what.cycles));
}

std::string signed_cycles(std::int64_t cycles) {
  return (cycles < 0 ? "-" : "") +
         grouped(static_cast<std::uint64_t>(cycles < 0 ? -cycles : cycles));
}

/// "DRAM read bandwidth: 31.2 %", the gain at `rank` of a layer, if it is one.
std::string gain_text(const Explained& what, std::size_t rank, const Explanation& all) {
  if (rank >= what.gains.size() || what.saved(what.gains[rank]) <= 0) {
    return "-";
  }
  const Gain& gain = what.gains[rank];
  return fmt::format("{}: {}", all.doublings[gain.doubling].resource, saving(what, gain));
}

Table layers_table(const Explanation& all) {
  Table table{fmt::format("{} on {}: what holds each layer", all.workload, all.accelerator),
              {{"layer", "", Align::Left, 0, true},
               {"cycles", ""},
               {"array", "busy", Align::Right, 3},
               {"useful", "PE cycles", Align::Right, 2},
               {"bound", "", Align::Left},
               {"twice saves most", "of the layer's cycles", Align::Left},
               {"then", "", Align::Left, 1}}};
  const auto add = [&](const Explained& what) {
    table.add_row({what.name, grouped(what.cycles), what.busy == 0 ? "-" : percent(what.busy, 1),
                   what.useful == 0 ? "-" : percent(what.useful, 1), what.bound,
                   gain_text(what, 0, all), gain_text(what, 1, all)});
  };
  for (const Explained& layer : all.layers) {
    add(layer);
  }
  table.add_rule();
  add(all.total);
  return table;
}

Table resources_table(const Explanation& all) {
  Table table{"Twice of each resource, the whole network",
              {{"twice of", "", Align::Left, 0, true},
               {"cycles", ""},
               {"saves", "cycles"},
               {"saves", ""},
               {"--set", "", Align::Left, 1}}};
  for (const Gain& gain : all.total.gains) {
    const Doubling& doubling = all.doublings[gain.doubling];
    table.add_row({doubling.resource, grouped(gain.cycles), signed_cycles(all.total.saved(gain)),
                   saving(all.total, gain), fmt::format("{}", fmt::join(doubling.keys, " "))});
  }
  for (std::size_t d = 0; d < all.doublings.size(); ++d) {
    if (!all.refusals[d].empty()) {
      table.add_row({all.doublings[d].resource, "-", "-", "-", all.refusals[d]});
    }
  }
  return table;
}

Table cliffs_table(const Explanation& all) {
  Table table{"Channels just past a multiple of the array",
              {{"layer", "", Align::Left, 0, true},
               {"channels", ""},
               {"of", "", Align::Left},
               {"past", ""},
               {"cycles", "alone"},
               {"without", "cycles"},
               {"saves", ""}}};
  for (const Cliff& cliff : all.cliffs) {
    table.add_row({cliff.layer_name, grouped(static_cast<std::uint64_t>(cliff.channels)),
                   cliff.dimension,
                   fmt::format("{} over {}", cliff.surplus, cliff.channels - cliff.surplus),
                   grouped(cliff.cycles), grouped(cliff.cycles_without),
                   percent(static_cast<double>(cliff.saved()), static_cast<double>(cliff.cycles))});
  }
  return table;
}

}  // namespace

std::vector<Table> explain_tables(const Explanation& all) {
  std::vector<Table> tables;
  tables.push_back(layers_table(all));
  tables.push_back(resources_table(all));
  if (!all.cliffs.empty()) {
    tables.push_back(cliffs_table(all));
  }
  return tables;
}

}  // namespace systole

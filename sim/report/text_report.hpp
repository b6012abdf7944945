#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/energy/energy_model.hpp"
#include "sim/report/run_result.hpp"

namespace systole {

struct ReportStyle {
  bool color = false;       ///< escape sequences for bold, dim and colours
  bool bandwidth = false;   ///< the memories' traffic too
  std::size_t width = 140;  ///< columns of the terminal; this much shows everything
};

/// What `systole run` shows: the machine, a table of the layers, where each unit's
/// cycles went, energy by component, totals, and what had to be changed in the
/// network. `per_layer` holds the energy of one inference of each layer.
std::string text_report(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer,
                        const EnergyTable& energy, const ReportStyle& style);

}  // namespace systole

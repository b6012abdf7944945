#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sim/config/reader.hpp"
#include "sim/energy/energy_table.hpp"

namespace systole {

/// The `accelergy` map of a table: puts energies of an energy reference table (ERT, version 0.3
/// or 0.4, pJ) in the place of the table's own. `file` is relative to `folder`; every other key is
/// one of our costs, and names the component and the action that it takes, and how many bits the
/// action works on:
///     mac: {component: chip.pe.mac, action: compute, bits: 8}
/// `[0..15]` in component names is not compared. Mistakes in the map go to the table's errors;
/// those of the ERT are given back, a line for each.
std::vector<std::string> apply_accelergy(ConfigReader map, const std::filesystem::path& folder,
                                         EnergyTable& table);

}  // namespace systole

#pragma once

#include <cstddef>
#include <vector>

#include "sim/report/table.hpp"
#include "sim/stats/ledger.hpp"

namespace systole {

/// Where the cycles of each unit went: the causes that occur, on as many tables as a terminal of
/// `width` columns asks for.
std::vector<Table> ledger_tables(const Ledger& ledger, std::size_t width);

}  // namespace systole

#include "sim/report/ledger_text.hpp"

#include <string>
#include <utility>

#include "sim/report/units.hpp"

namespace systole {
namespace {

// Header and second line of a cause: "wait_weights" is "wait" over "weights".
Column cause_column(Cause cause) {
  const std::string name = cause_name(cause);
  const std::size_t cut = name.find('_');
  return {name.substr(0, cut), cut == std::string::npos ? "" : name.substr(cut + 1), Align::Right};
}

Table ledger_table(const Ledger& ledger, const std::vector<Cause>& causes, bool continued) {
  std::vector<Column> columns{{"unit", "", Align::Left}};
  for (const Cause cause : causes) {
    columns.push_back(cause_column(cause));
  }
  columns.push_back({"", "", Align::Left, 1, true});  // room to spare stays on the right
  Table table{
      continued ? "Where the cycles went, continued" : "Where the cycles went, % and cycles",
      columns};
  for (std::size_t u = 0; u < kLedgerUnits; ++u) {
    const auto unit = static_cast<LedgerUnit>(u);
    const std::uint64_t total = ledger.total(unit);
    if (total == 0) {
      continue;
    }
    std::vector<Cell> parts{ledger_unit_name(unit)};
    std::vector<Cell> counts{""};
    for (const Cause cause : causes) {
      const std::uint64_t cycles = ledger.at(unit, cause);
      const bool any = cycles > 0;
      parts.emplace_back(any ? percent(static_cast<double>(cycles), static_cast<double>(total))
                             : "");
      counts.emplace_back(any ? grouped(cycles) : "", Paint::Dim);
    }
    parts.emplace_back("");
    counts.emplace_back("");
    table.add_row(std::move(parts));
    table.add_row(std::move(counts));
  }
  return table;
}

}  // namespace

std::vector<Table> ledger_tables(const Ledger& ledger, std::size_t width) {
  std::vector<Table> tables;
  std::vector<Cause> causes;
  for (std::size_t c = 0; c < kCauses; ++c) {
    const auto cause = static_cast<Cause>(c);
    bool occurs = false;
    for (std::size_t u = 0; u < kLedgerUnits; ++u) {
      occurs = occurs || ledger.at(static_cast<LedgerUnit>(u), cause) > 0;
    }
    if (!occurs) {
      continue;
    }
    causes.push_back(cause);
    if (causes.size() > 1 && ledger_table(ledger, causes, !tables.empty()).width() > width) {
      causes.pop_back();
      tables.push_back(ledger_table(ledger, causes, !tables.empty()));
      causes = {cause};
    }
  }
  if (!causes.empty()) {
    tables.push_back(ledger_table(ledger, causes, !tables.empty()));
  }
  return tables;
}

}  // namespace systole

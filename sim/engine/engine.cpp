#include "sim/engine/engine.hpp"

#include <stdexcept>
#include <string>

namespace systole {
namespace {

void check_equal(const std::string& what, std::uint64_t first, std::uint64_t again) {
  if (first != again) {
    throw std::logic_error{what + ": " + std::to_string(first) + " cycles at first, " +
                           std::to_string(again) + " with other data"};
  }
}

}  // namespace

void check_ledger(const LayerMeasurement& layer) {
  for (std::size_t unit = 0; unit < kLedgerUnits; ++unit) {
    if (layer.ledger.total(static_cast<LedgerUnit>(unit)) != layer.cycles) {
      throw std::logic_error{std::string{"the ledger of unit "} +
                             ledger_unit_name(static_cast<LedgerUnit>(unit)) + " does not close"};
    }
  }
  if (layer.bank_conflicts.total() != layer.events[Event::BankConflicts]) {
    throw std::logic_error{"bank conflicts were counted without who waited for whom"};
  }
}

void check_same_timing(const LayerMeasurement& first, const LayerMeasurement& again) {
  check_equal("in all", first.cycles, again.cycles);
  for (std::size_t u = 0; u < kLedgerUnits; ++u) {
    const auto unit = static_cast<LedgerUnit>(u);
    for (std::size_t c = 0; c < kCauses; ++c) {
      const auto cause = static_cast<Cause>(c);
      check_equal(std::string{ledger_unit_name(unit)} + "." + cause_name(cause),
                  first.ledger.at(unit, cause), again.ledger.at(unit, cause));
    }
  }
}

}  // namespace systole

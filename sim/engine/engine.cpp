#include "sim/engine/engine.hpp"

#include <stdexcept>
#include <string>

namespace systole {

void check_ledger(const LayerMeasurement& layer) {
  for (std::size_t unit = 0; unit < kLedgerUnits; ++unit) {
    if (layer.ledger.total(static_cast<LedgerUnit>(unit)) != layer.cycles) {
      throw std::logic_error{std::string{"the ledger of unit "} +
                             ledger_unit_name(static_cast<LedgerUnit>(unit)) + " does not close"};
    }
  }
}

}  // namespace systole

#pragma once

#include <rapidcheck.h>

#include <cstddef>
#include <string>

#include "sim/compiler/compiler.hpp"
#include "sim/engine/engine.hpp"
#include "sim/network/refusal.hpp"

// For properties of how long layers take.

namespace systole::test {

/// Does what may compile a random layer; one that the compiler refuses is no case.
template <typename Body>
void discard_refused(const Body& body) {
  try {
    body();
  } catch (const CompileError& error) {
    RC_DISCARD(error.what());
  } catch (const Refusal& error) {  // no bias that is wide enough
    RC_DISCARD(error.what());
  }
}

inline std::string ledger_difference(const Ledger& got, const Ledger& expected) {
  std::string text;
  for (std::size_t unit = 0; unit < kLedgerUnits; ++unit) {
    for (std::size_t cause = 0; cause < kCauses; ++cause) {
      const auto u = static_cast<LedgerUnit>(unit);
      const auto c = static_cast<Cause>(cause);
      if (got.at(u, c) != expected.at(u, c)) {
        text += std::string{ledger_unit_name(u)} + " " + cause_name(c) + ": " +
                std::to_string(got.at(u, c)) + " for " + std::to_string(expected.at(u, c)) + "; ";
      }
    }
  }
  return text;
}

inline void expect_same(const LayerMeasurement& got, const LayerMeasurement& expected) {
  RC_ASSERT(got.cycles == expected.cycles);
  RC_ASSERT(got.compute_cycles == expected.compute_cycles);
  RC_ASSERT(got.events == expected.events);
  RC_ASSERT(got.bank_conflicts == expected.bank_conflicts);
  RC_ASSERT(ledger_difference(got.ledger, expected.ledger) == "");
  RC_ASSERT(got.windows == expected.windows);
  RC_ASSERT(got.peak_bytes_per_window == expected.peak_bytes_per_window);
}

}  // namespace systole::test

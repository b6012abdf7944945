#pragma once

#include <cstdint>
#include <string>

#include "tests/validation/rtl_table.hpp"

namespace systole::test {

/// Our cycles beside the RTL's, case by case.
struct RtlTally {
  std::string table;  ///< a line for each case: name, our cycles, the RTL's
  int cases = 0;
  int exact = 0;
  double worst_percent = 0;
  double sum_percent = 0;

  void add(const RtlCase& rtl, std::uint64_t cycles);
  double mean_percent() const;
  /// Prints how near they are.
  void print(const std::string& what) const;
  /// Holds the table against data/`name`.expected, which it is written to with
  /// SYSTOLE_UPDATE_GOLDEN in the environment.
  void expect_pinned(const std::string& name) const;
};

}  // namespace systole::test

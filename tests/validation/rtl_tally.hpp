#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/validation/rtl_table.hpp"

namespace systole::test {

/// Our cycles beside the RTL's, case by case.
class RtlTally {
 public:
  int cases = 0;
  int exact = 0;

  void add(const RtlCase& rtl, std::uint64_t cycles);
  /// Prints how near they are.
  void print(const std::string& what) const;
  /// Holds every case to the RTL's cycles.
  void expect_exact() const;

 private:
  struct Cycles {
    std::uint64_t ours = 0;
    std::uint64_t rtl = 0;
  };
  std::map<std::string, Cycles> cycles_;  // by name
  double worst_percent_ = 0;
  double sum_percent_ = 0;
};

}  // namespace systole::test

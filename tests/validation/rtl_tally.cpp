#include "tests/validation/rtl_tally.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace systole::test {

void RtlTally::add(const RtlCase& rtl, std::uint64_t cycles) {
  const auto want = static_cast<double>(rtl.number("cycles"));
  const double error = 100 * std::abs(static_cast<double>(cycles) - want) / want;
  ++cases;
  exact += cycles == static_cast<std::uint64_t>(rtl.number("cycles")) ? 1 : 0;
  worst_percent = std::max(worst_percent, error);
  sum_percent += error;
  table += rtl.text("name") + ' ' + std::to_string(cycles) + ' ' + rtl.text("cycles") + '\n';
}

double RtlTally::mean_percent() const { return sum_percent / std::max(cases, 1); }

void RtlTally::print(const std::string& what) const {
  std::cout << what << ": " << cases << " cases, " << exact << " equal to the cycle, mean error "
            << mean_percent() << " %, worst " << worst_percent << " %\n";
}

void RtlTally::expect_pinned(const std::string& name) const {
  const std::string file =
      std::string{SYSTOLE_SOURCE_DIR "/tests/validation/data/"} + name + ".expected";
  if (std::getenv("SYSTOLE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream{file} << table;
  }
  std::ifstream in{file};
  EXPECT_TRUE(in) << file << ": cannot be read";
  const std::string expected{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_EQ(table, expected) << "if the hardware is right, say why in CHANGELOG.md and run this "
                                "test with SYSTOLE_UPDATE_GOLDEN=1";
}

}  // namespace systole::test

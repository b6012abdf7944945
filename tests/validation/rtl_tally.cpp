#include "tests/validation/rtl_tally.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>

namespace systole::test {

void RtlTally::add(const RtlCase& rtl, std::uint64_t cycles) {
  const auto want = static_cast<std::uint64_t>(rtl.number("cycles"));
  const double error = 100 * std::abs(static_cast<double>(cycles) / static_cast<double>(want) - 1);
  ++cases;
  exact += cycles == want ? 1 : 0;
  worst_percent_ = std::max(worst_percent_, error);
  sum_percent_ += error;
  cycles_[rtl.text("name")] = {cycles, want};
}

void RtlTally::print(const std::string& what) const {
  std::cout << what << ": " << cases << " cases, " << exact << " equal to the cycle, mean error "
            << sum_percent_ / std::max(cases, 1) << " %, worst " << worst_percent_ << " %\n";
}

void RtlTally::expect_exact() const {
  for (const auto& [name, cycles] : cycles_) {
    EXPECT_EQ(cycles.ours, cycles.rtl) << name;
  }
}

}  // namespace systole::test

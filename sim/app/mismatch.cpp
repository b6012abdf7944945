#include "sim/app/mismatch.hpp"

#include <fmt/format.h>

#include "sim/report/utf8.hpp"

namespace systole::app {

std::string mismatch_line(const Mismatch& mismatch) {
  return fmt::format(
      "MISMATCH layer '{}' inference {} index [{}]: expected {}, got {} ({} element{})",
      printable(mismatch.layer), mismatch.inference, fmt::join(mismatch.index, ", "),
      mismatch.expected, mismatch.got, mismatch.mismatches,
      mismatch.mismatches == 1 ? " differs" : "s differ");
}

}  // namespace systole::app

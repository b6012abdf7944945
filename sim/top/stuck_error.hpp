#pragma once

#include <stdexcept>

namespace systole {

/// The machine made no progress for as long as the watchdog waits. The text names the units that
/// are stuck.
class StuckError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace systole

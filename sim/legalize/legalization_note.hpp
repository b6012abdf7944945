#pragma once

#include <optional>
#include <string>

namespace systole {

/// What the hardware could not express and the network was changed to.
struct LegalizationNote {
  std::string layer;
  std::string what;
  std::optional<double> sqnr_db;  ///< of the changed constants, where that means something
};

}  // namespace systole

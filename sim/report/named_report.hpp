#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace systole {

/// A report of `systole run`, and what to call it among others.
struct NamedReport {
  std::string name;  ///< its file; empty for the run that is being reported
  nlohmann::ordered_json report;
};

}  // namespace systole

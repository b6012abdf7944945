#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "sim/quantize/quantizer.hpp"
#include "sim/quantize/search.hpp"

namespace systole::quantize {

/// How many images of how many each network gets right; nothing without labels.
struct RightCounts {
  std::int64_t images = 0, float_right = 0, integer_right = 0;
};

struct QuantizationReport {
  Scheme scheme;
  std::int64_t calibration_images = 0;
  std::vector<SearchStep> steps;
  std::string unmet;  ///< SearchResult::unmet
  std::optional<RightCounts> accuracy;
};

/// A table with a row per tensor; as wide as it must be, or `width`.
std::string text_report(const QuantizedNetwork& network, const QuantizationReport& report,
                        std::optional<std::size_t> width);

/// Everything, histograms included; keys: configs/quantization/README.md.
nlohmann::ordered_json json_report(const QuantizedNetwork& network,
                                   const QuantizationReport& report);

}  // namespace systole::quantize

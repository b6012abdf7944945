#include "sim/compiler/memory_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sim/compiler/arithmetic.hpp"

namespace systole {
namespace {

/// Parts into which a dimension is cut: dense for few parts, where the choice matters, then sparse.
constexpr std::array<std::int64_t, 20> kParts = {1,  2,  3,  4,  5,  6,  7,   8,   10,  12,
                                                 14, 16, 24, 32, 48, 64, 128, 256, 512, 1024};

/// 12,345: digits in groups of three.
std::string grouped(std::int64_t value) {
  std::string digits = fmt::format("{}", value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) {
    digits.insert(at - 3, ",");
  }
  return digits;
}

std::string text_of(const std::vector<MappingFault>& faults) {
  std::string text;
  for (const MappingFault& fault : faults) {
    text += (text.empty() ? "" : "; ") + (fault.key.empty() ? "" : fault.key + ": ") + fault.what;
  }
  return text;
}

}  // namespace

MappingError::MappingError(std::vector<MappingFault> faults)
    : std::runtime_error{text_of(faults)}, faults_{std::move(faults)} {}

std::string Shortage::in_bytes() const {
  return fmt::format("{}: needs {} bytes, has {} bytes", memory, grouped(needed_rows * row_bytes),
                     grouped(rows * row_bytes));
}

std::string Shortage::in_rows() const {
  return fmt::format("{}: needs {} rows, has {} rows", memory, grouped(needed_rows), grouped(rows));
}

bool pins_tiles(const PinnedMapping& pinned) {
  return pinned.tile_oh + pinned.tile_ow + pinned.tile_oc + pinned.tile_ic != 0;
}

MappingError no_tile_fits(const Shortage& missing, const PinnedMapping& pinned) {
  return pins_tiles(pinned) ? MappingError{"mapping", missing.in_rows()}
                            : MappingError{missing.in_bytes()};
}

std::vector<std::int64_t> tile_candidates(std::int64_t extent, std::int64_t unit,
                                          std::int64_t pinned) {
  if (pinned != 0) {
    return {pinned};
  }
  std::vector<std::int64_t> sizes;
  sizes.reserve(kParts.size() + 1);
  for (const std::int64_t parts : kParts) {
    sizes.push_back(std::min(extent, round_up(ceil_div(extent, parts), unit)));
  }
  sizes.push_back(std::min(extent, unit));
  std::sort(sizes.begin(), sizes.end(), std::greater<>{});
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

std::vector<std::int64_t> copies_to_try(const MachineLimits& machine) {
  const std::int64_t most = machine.config.compiler.buffers;
  std::vector<std::int64_t> copies{1};
  for (const std::int64_t more : {std::int64_t{2}, most}) {
    if (more > copies.front() && more <= most) {
      copies.insert(copies.begin(), more);
    }
  }
  return copies;
}

void PinChecks::size(const char* key, std::int64_t pinned, std::int64_t extent, std::int64_t unit,
                     const char* unit_name) {
  if (pinned == 0 || pinned == extent) {
    return;
  }
  const std::string whole = fmt::format("mapping.{}", key);
  if (pinned < 0 || pinned > extent) {
    refuse(whole, fmt::format("{} is outside 1..{}", pinned, extent));
  } else if (pinned % unit != 0) {
    refuse(whole, fmt::format("{} is neither a multiple of {} ({}) nor all {}", pinned, unit_name,
                              unit, extent));
  }
}

void PinChecks::refuse(const std::string& key, const std::string& what) {
  faults_.push_back({key, what});
}

void PinChecks::settle() const {
  if (!faults_.empty()) {
    throw MappingError{faults_};
  }
}

}  // namespace systole

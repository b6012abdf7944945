#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/reader.hpp"

namespace systole {

/// One key of a point: of the accelerator ("array.rows"), or `workload`.
struct Assignment {
  std::string key;
  std::string text;   ///< as the tables show it
  std::string value;  ///< YAML, as --set takes it; of `workload` the file
  std::string file;   ///< that it names, from the working directory; empty: none

  /// What constraints compare: a file may have several names.
  const std::string& compared() const { return file.empty() ? text : file; }
};

/// Everything that one position of an axis sets.
using Step = std::vector<Assignment>;

/// One direction of the design space: the positions along it.
struct Axis {
  std::vector<Step> steps;
};

constexpr const char* kWorkloadKey = "workload";
constexpr std::uint64_t kMostSteps = 1'000'000;  ///< of one axis

/// The file that a key's value names, seen from the spec's folder; empty: none, as of a memory that
/// ships with Systole ("hbm2").
std::string file_named(const std::string& key, const std::string& text, const std::string& folder);

/// The axes below `key`, which is a list of
///   {key: array.rows, values: [8, 16]}               a list
///   {key: array.rows, range: {from: 8, to: 64, times: 2}}   or step: 8; `to` is included
///   {zip: [AXIS, ...]}                               together, position by position
///   {product: [AXIS, ...]}                           every combination, the last fastest
/// `known` are the keys that there are; files are relative to `folder`. Mistakes go to the reader.
std::vector<Axis> read_axes(ConfigReader& node, const std::string& key,
                            const std::vector<std::string>& known, const std::string& folder);

/// The map `node`, of keys that all points set: {dma.bus_bytes: 128}. Not workload.
Step read_settings(ConfigReader& node, const std::vector<std::string>& known,
                   const std::string& folder);

/// The keys that the axes set, in their order; one that is set twice, twice.
std::vector<std::string> keys_of(const std::vector<Axis>& axes);

}  // namespace systole

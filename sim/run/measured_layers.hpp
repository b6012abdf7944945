#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/traffic.hpp"
#include "sim/stats/layer_measurement.hpp"

namespace systole {

/// What a layer's program moves and takes.
struct MeasuredLayer {
  LayerMeasurement measured;
  CommandTraffic traffic;
};

/// Layers that were measured already, on any machine: many points of a sweep differ in nothing that
/// a layer can tell, such as a scratchpad that is larger than its tiles need. May be used from many
/// threads. Which layers are found depends on their order, what is found does not.
class MeasuredLayers {
 public:
  /// Gives up what was not used for longest when it has more than about `max_bytes`.
  explicit MeasuredLayers(std::size_t max_bytes = kMaxBytes) : max_bytes_{max_bytes} {}

  /// Whatever decides what a layer takes: its machine's number and Compiler::likeness_of_plan.
  using Key = std::vector<std::uint64_t>;
  /// The same for machines that are alike but for the capacity of their scratchpads; for layers
  /// that need no array (Compiler::needs_array) also if dataflow, overlap, columns and accumulators
  /// differ, as long as the scratchpads' rows are equally wide.
  std::uint64_t number_of(const AcceleratorConfig& config, bool needs_array);

  /// Null: not measured yet.
  std::shared_ptr<const MeasuredLayer> find(const Key& key);
  void add(const Key& key, const std::shared_ptr<const MeasuredLayer>& layer);

  std::uint64_t found() const;  ///< so far

 private:
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20U;

  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  using Layers = std::unordered_map<Key, std::shared_ptr<const MeasuredLayer>, Hash>;
  void keep(const Key& key, const std::shared_ptr<const MeasuredLayer>& layer);

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;  // of what follows
  std::map<std::string, std::uint64_t> machines_;
  Layers recent_;
  Layers older_;  // not used since recent_ was begun
  std::size_t recent_bytes_ = 0;
  std::uint64_t found_ = 0;
};

}  // namespace systole

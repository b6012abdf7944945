#include "sim/run/measured_layers.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "sim/config/accelerator_file.hpp"

namespace systole {
namespace {

std::size_t bytes_of(const MeasuredLayers::Key& key, const MeasuredLayer& layer) {
  return sizeof(MeasuredLayer) + key.size() * sizeof(std::uint64_t) +
         layer.measured.windows.size() * sizeof(BandwidthSeries::Window);
}

}  // namespace

std::size_t MeasuredLayers::Hash::operator()(const Key& key) const {
  return std::hash<std::string_view>{}(
      {reinterpret_cast<const char*>(key.data()), key.size() * sizeof(std::uint64_t)});
}

std::uint64_t MeasuredLayers::number_of(const AcceleratorConfig& config, bool needs_array) {
  AcceleratorConfig same = config;
  same.name.clear();
  same.energy = {};
  same.scratchpad.activation.capacity_kib = 0;
  same.scratchpad.weight.capacity_kib = 0;
  if (!needs_array) {
    same.array.cols = 0;
    same.array.dataflow = {};
    same.array.overlap = {};
    same.accumulators = {};
  }
  // Columns tell in a unified scratchpad how wide its rows are.
  const std::string text =
      accelerator_to_yaml(same) + fmt::format("row: {}\n", activation_row_bytes(config));
  const std::lock_guard lock{mutex_};
  return machines_.try_emplace(text, machines_.size()).first->second;
}

std::shared_ptr<const MeasuredLayer> MeasuredLayers::find(const Key& key) {
  const std::lock_guard lock{mutex_};
  auto known = recent_.find(key);
  if (known != recent_.end()) {
    ++found_;
    return known->second;
  }
  known = older_.find(key);
  if (known == older_.end()) {
    return nullptr;
  }
  std::shared_ptr<const MeasuredLayer> layer = known->second;
  keep(key, layer);
  ++found_;
  return layer;
}

void MeasuredLayers::add(const Key& key, const std::shared_ptr<const MeasuredLayer>& layer) {
  const std::lock_guard lock{mutex_};
  keep(key, layer);
}

void MeasuredLayers::keep(const Key& key, const std::shared_ptr<const MeasuredLayer>& layer) {
  if (!recent_.emplace(key, layer).second) {
    return;  // two threads measured it
  }
  recent_bytes_ += bytes_of(key, *layer);
  if (recent_bytes_ > max_bytes_ / 2) {
    older_ = std::move(recent_);
    recent_.clear();
    recent_bytes_ = 0;
  }
}

std::uint64_t MeasuredLayers::found() const {
  const std::lock_guard lock{mutex_};
  return found_;
}

}  // namespace systole

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/sequencer/command_observer.hpp"
#include "sim/files/atomic_file.hpp"
#include "sim/report/run_result.hpp"
#include "sim/stats/cycle_window.hpp"

namespace systole {

/// Writes the machine's commands as trace events of Chrome, which Perfetto and chrome://tracing
/// show; a microsecond there is a cycle here. A unit has as many tracks as commands of it overlap;
/// a slice goes from issue to completion and tells how long the command waited before, and for
/// what. A layer's slice is of its cycles. Events that lie wholly outside the window are left out.
/// Written as it comes; the file appears when commit() is called, whole.
class TimelineFile final : public CommandObserver {
 public:
  /// Throws std::runtime_error when the file cannot be written.
  TimelineFile(const std::string& file, CycleWindow window);

  void on_layer(const std::string& name) override;
  void on_command(const Command& command, const CommandTimes& times) override;

  /// Adds the layers, DRAM bytes a cycle over their windows, and the commands in the reservation
  /// station. Throws std::runtime_error when the file cannot be written, or when the
  /// run ended before the window.
  void commit(const RunResult& run);

 private:
  /// Cycles that commands of each unit spent in the reservation station, of one window's.
  using Station = std::array<std::uint64_t, kLedgerUnits>;

  void event(const std::string& json);
  void hold(const CommandTimes& times);
  void write_layer(const LayerResult& layer, std::uint64_t start);
  void write_bandwidth(const LayerResult& layer, std::uint64_t start);
  void write_station(std::uint64_t end);
  std::size_t lane_of(const CommandTimes& times);
  /// Of cycles first to end - 1; what takes no time is in the cycle in which it happens.
  bool in_window(std::uint64_t first, std::uint64_t end) const {
    return std::max(end, first + 1) > window_.first && first < window_.end;
  }

  StreamedFile file_;
  CycleWindow window_;
  bool any_ = false;
  std::map<LedgerUnit, std::vector<std::uint64_t>> lanes_;  ///< end of the last slice of each
  std::string layer_;
  bool has_run_ = false;            ///< a command of it
  std::vector<std::string> names_;  ///< of layers that had a command, once for each inference
  std::vector<Station> station_;    ///< by window of kBandwidthWindow cycles from window_.first on
};

}  // namespace systole

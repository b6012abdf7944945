#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
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
/// what. A layer's slice goes from its first command's allocation to its last completion. Events
/// that lie wholly outside the window are left out. Written as it comes; the file appears when
/// commit() is called, whole.
class TimelineFile final : public CommandObserver {
 public:
  /// Throws std::runtime_error when the file cannot be written.
  TimelineFile(const std::string& file, CycleWindow window);

  void on_layer(const std::string& name) override;
  void on_command(const Command& command, const CommandTimes& times) override;

  /// Adds DRAM bytes a cycle over the windows of the first inference, and the commands in the
  /// reservation station. Throws std::runtime_error when the file cannot be written, or when the
  /// run ended before the window.
  void commit(const RunResult& run);

 private:
  struct Span {
    std::string name;
    std::uint64_t first = 0, end = 0;
  };
  /// Cycles that commands of each unit spent in the reservation station, of one window's.
  using Station = std::array<std::uint64_t, kLedgerUnits>;

  void event(const std::string& json);
  void hold(const CommandTimes& times);
  void write_station();
  void write_bandwidth(const RunResult& run);
  void write_bandwidth(const LayerResult& layer, std::uint64_t start);
  void end_layer();
  std::size_t lane_of(const CommandTimes& times);
  bool in_window(std::uint64_t first, std::uint64_t end) const {
    return end >= window_.first && first < window_.end;
  }

  StreamedFile file_;
  CycleWindow window_;
  bool any_ = false;
  std::map<LedgerUnit, std::vector<std::uint64_t>> lanes_;  ///< end of the last slice of each
  std::string layer_;
  std::optional<Span> running_;        ///< the layer, once it had a command
  std::vector<std::uint64_t> starts_;  ///< of layers that had a command, first allocation
  std::vector<std::string> names_;
  std::vector<Station> station_;  ///< by window of kBandwidthWindow cycles from window_.first on
};

}  // namespace systole

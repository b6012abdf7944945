#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "sim/network/ceil_div.hpp"
#include "sim/stats/bandwidth_series.hpp"

namespace systole {

/// Transfers of a memory that are alike and equally far apart.
struct TransferRun {
  std::uint64_t first = 0;   ///< cycle in which the first one begins
  std::uint64_t cycles = 1;  ///< in which one moves its bytes evenly
  std::uint64_t apart = 1;   ///< from the begin of one to that of the next; no less than `cycles`
  std::uint32_t count = 1;
  std::uint32_t bytes = 0;  ///< of one
  bool write = false;

  std::uint64_t last() const { return first + (count - 1) * apart + cycles - 1; }
  /// Bytes that move in the first `part` cycles.
  std::uint64_t bytes_in(std::uint64_t part) const {
    const std::uint64_t begun = quotient(part, apart);
    if (begun >= count) {
      return std::uint64_t{count} * bytes;
    }
    return begun * bytes + quotient(bytes * std::min(part - begun * apart, cycles), cycles);
  }
};

/// What a memory moves in some time.
class TransferRuns {
 public:
  std::size_t size() const { return runs_.size(); }
  void clear() {
    runs_.clear();
    kinds_ = {};
    first_ = std::numeric_limits<std::uint64_t>::max();
    last_ = 0;
  }

  /// Reads come in their order, and writes in theirs.
  void add(const TransferRun& run) {
    first_ = std::min(first_, run.first);
    last_ = std::max(last_, run.last());
    Kind& kind = kinds_[run.write ? 1 : 0];
    kind.bytes += std::uint64_t{run.count} * run.bytes;
    if (kind.latest == kNone || !join(runs_[kind.latest], run)) {
      kind.latest = runs_.size();
      runs_.push_back(run);
    }
  }

  /// Everything happens so many cycles earlier; what was before cycle 0 is, modulo 2^64.
  void move_back(std::uint64_t cycles) {
    first_ -= cycles;
    last_ -= cycles;
    for (TransferRun& run : runs_) {
      run.first -= cycles;
    }
  }

  /// With everything so many cycles later.
  void add_to(BandwidthSeries& bandwidth, std::uint64_t later) const {
    if (runs_.empty()) {
      return;
    }
    if (window_of(first_ + later) == window_of(last_ + later)) {
      bandwidth.add(first_ + later, false, kinds_[0].bytes);
      bandwidth.add(first_ + later, true, kinds_[1].bytes);
      return;
    }
    for (const TransferRun& run : runs_) {
      add_to(bandwidth, run, run.first + later);
    }
  }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  struct Kind {
    std::size_t latest = kNone;  // run
    std::uint64_t bytes = 0;
  };

  static std::uint64_t window_of(std::uint64_t cycle) { return cycle / kBandwidthWindow; }

  /// Whether `next` goes on what `run` does; then `run` is both.
  static bool join(TransferRun& run, const TransferRun& next) {
    const std::uint64_t apart = next.first - (run.first + (run.count - 1) * run.apart);
    if (next.bytes != run.bytes || next.cycles != run.cycles ||
        (run.count > 1 && run.apart != apart) || (next.count > 1 && next.apart != apart)) {
      return false;
    }
    run.apart = apart;
    run.count += next.count;
    return true;
  }

  static void add_to(BandwidthSeries& bandwidth, const TransferRun& run, std::uint64_t first) {
    const std::uint64_t end = first + (run.last() - run.first) + 1;
    if (window_of(first) == window_of(end - 1)) {
      bandwidth.add(first, run.write, std::uint64_t{run.count} * run.bytes);
      return;
    }
    std::uint64_t moved = 0;
    for (std::uint64_t at = first; at < end;) {
      const std::uint64_t next = std::min((window_of(at) + 1) * kBandwidthWindow, end);
      const std::uint64_t moved_by_next = run.bytes_in(next - first);
      bandwidth.add(at, run.write, moved_by_next - moved);
      moved = moved_by_next;
      at = next;
    }
  }

  std::vector<TransferRun> runs_;
  std::array<Kind, 2> kinds_;  // reads, writes
  std::uint64_t first_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t last_ = 0;
};

}  // namespace systole

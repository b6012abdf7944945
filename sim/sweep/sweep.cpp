#include "sim/sweep/sweep.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "sim/files/atomic_file.hpp"
#include "sim/report/html/html_page.hpp"
#include "sim/sweep/point_log.hpp"
#include "sim/sweep/point_run.hpp"
#include "sim/sweep/sweep_json.hpp"
#include "sim/sweep/sweep_tables.hpp"

namespace systole {
namespace {

constexpr const char* kPointsTable = "points.csv";
constexpr const char* kParetoTable = "pareto.csv";

/// The threads of one sweep and what they share.
class Workers {
 public:
  Workers(const SweepSpec& spec, const std::vector<Point>& points, const SweepOptions& options)
      : points_{points},
        options_{options},
        runner_{spec, points},
        log_{options.folder, options.resume},
        results_(points.size()),
        next_{std::min<std::uint64_t>(options.begin, points.size())},
        end_{std::min<std::uint64_t>(options.end, points.size())} {
    progress_.points = end_ > next_ ? end_ - next_ : 0;
  }

  void run() {
    const auto count = std::min<std::uint64_t>(options_.workers, progress_.points);
    std::vector<std::thread> threads;
    threads.reserve(count);  // throws while there are none that must be joined
    try {
      for (std::uint64_t i = 1; i < count; ++i) {
        threads.emplace_back([this] { work(); });
      }
    } catch (const std::system_error&) {
      // The system gives no more threads: those that there are do the work.
    } catch (const std::bad_alloc&) {
      // Nor memory for one.
    }
    work();
    for (std::thread& thread : threads) {
      thread.join();
    }
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

  const std::vector<PointResult>& results() const { return results_; }
  const SweepProgress& progress() const { return progress_; }

 private:
  void work() {
    try {
      for (std::uint64_t i = next_++; i < end_ && !stopped_; i = next_++) {
        finish(i);
      }
    } catch (...) {
      const std::lock_guard lock{mutex_};
      failure_ = std::current_exception();
      stopped_ = true;
    }
  }

  void finish(std::uint64_t index) {
    const Point& point = points_[index];
    PointResult& result = results_[index];
    bool cached = false;
    bool lasting = true;
    try {
      const PointRunner::Machine machine = runner_.machine_of(point);
      const auto found = log_.finished().find(machine.key);
      cached = found != log_.finished().end();
      result = cached ? found->second : runner_.run(point, machine);
    } catch (const std::bad_alloc&) {
      result.error = "not enough memory";
      lasting = false;  // another time there may be
    }
    const std::lock_guard lock{mutex_};
    if (!cached && lasting) {
      log_.append(result, point);
    }
    ++progress_.done;
    progress_.ran += cached ? 0U : 1U;
    progress_.failed += result.error.empty() ? 0U : 1U;
    if (options_.on_progress) {
      options_.on_progress(progress_);
    }
  }

  const std::vector<Point>& points_;
  const SweepOptions& options_;
  const PointRunner runner_;  // before the log, which leaves a file: workloads may be missing
  PointLog log_;              // finished() does not change while threads run
  std::vector<PointResult> results_;
  std::atomic<std::uint64_t> next_;
  const std::uint64_t end_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;  // of what follows, and of appending to the log
  SweepProgress progress_;
  std::exception_ptr failure_;
};

}  // namespace

std::vector<std::string> sweep_files() { return {kPointLogFile, kPointsTable, kParetoTable}; }

SweepOutcome run_sweep(const SweepSpec& spec, const std::vector<Point>& points,
                       const SweepOptions& options) {
  Workers workers{spec, points, options};
  workers.run();
  SweepOutcome outcome;
  outcome.progress = workers.progress();
  for (const PointResult& result : workers.results()) {
    outcome.mismatches += result.mismatch ? 1U : 0U;
    if (outcome.first_error.empty()) {
      outcome.first_error = result.error;
    }
  }
  if (outcome.progress.points == points.size()) {
    const SweepTables tables = sweep_tables(spec, points, workers.results());
    const std::filesystem::path folder{options.folder};
    std::vector<std::pair<std::string, std::string>> files{
        {(folder / kPointsTable).string(), tables.points},
        {(folder / kParetoTable).string(), tables.pareto}};
    if (!options.html.empty()) {
      files.emplace_back(
          options.html, sweep_html_page(sweep_json(spec, points, workers.results(), tables.front)));
    }
    write_files_atomically(files);
    outcome.front = tables.front.size();
    outcome.missing = tables.missing;
  }
  return outcome;
}

}  // namespace systole

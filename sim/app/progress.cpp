#include "sim/app/progress.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <ostream>

#include "sim/report/utf8.hpp"

namespace systole::app {
namespace {

constexpr double kInterval = 0.1;  // seconds between two lines

/// All inferences take the same cycles; within one, layers count alike.
double fraction_done(const ProgressState& state) {
  const double all = static_cast<double>(state.inferences) * static_cast<double>(state.layers);
  const double done = static_cast<double>(state.inference) * static_cast<double>(state.layers) +
                      static_cast<double>(state.layer);
  return all > 0 ? done / all : 0;
}

std::string duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) {
    return fmt::format("{} s", whole);
  }
  if (whole < 3600) {
    return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  }
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

}  // namespace

std::string progress_line(const ProgressState& state, double seconds, std::size_t columns) {
  if (state.timed > 0) {
    return cut_to_width(fmt::format("choosing mappings: {} programs timed", state.timed), columns);
  }
  const double fraction = fraction_done(state);
  std::string line = fmt::format(
      "{:3.0f} %  inference {} of {}  layer {} of {} {}  {:.2f} Mcycles/s",
      std::floor(100 * fraction), state.inference + 1, state.inferences, state.layer + 1,
      state.layers, state.layer_name, static_cast<double>(state.cycles) / seconds / 1e6);
  if (fraction > 0) {
    line += fmt::format("  {} left", duration(seconds * (1 - fraction) / fraction));
  }
  return cut_to_width(printable(line), columns);
}

std::string progress_line(const SweepProgress& state, double seconds, std::size_t columns) {
  constexpr std::size_t kBar = 20;
  const std::uint64_t filled = state.points == 0 ? kBar : kBar * state.done / state.points;
  std::string line = fmt::format("[{:<{}}] {} of {} points", std::string(filled, '#'), kBar,
                                 state.done, state.points);
  if (state.failed > 0) {
    line += fmt::format(", {} failed", state.failed);
  }
  if (state.ran > 0) {
    const double rate = static_cast<double>(state.ran) / seconds;
    line += fmt::format("  {:.3g} points/s  {} left", rate,
                        duration(static_cast<double>(state.points - state.done) / rate));
  }
  return cut_to_width(line, columns);
}

Progress::Progress(std::ostream& out, std::size_t columns, Seconds elapsed)
    : out_{out}, columns_{columns}, elapsed_{std::move(elapsed)} {}

Progress::~Progress() {
  if (shown_) {
    out_ << kEraseLine << std::flush;
  }
}

void Progress::update(const ProgressState& state) {
  write([&](double seconds) { return progress_line(state, seconds, columns_); });
}

void Progress::update(const SweepProgress& state) {
  write([&](double seconds) { return progress_line(state, seconds, columns_); });
}

void Progress::show(const std::string& line) {
  write([&](double /*seconds*/) { return cut_to_width(printable(line), columns_); });
}

void Progress::write(const std::function<std::string(double)>& line_at) {
  const double now = elapsed_();
  if (now < next_) {
    return;
  }
  next_ = now + kInterval;
  if (!shown_) {
    shown_.emplace(erase_line, OnSignal::When::Always);
  }
  out_ << kEraseLine << line_at(now) << std::flush;
}

std::unique_ptr<Progress> progress_on_terminal(std::ostream& err) {
  const std::size_t columns = error_terminal_columns();
  if (columns <= 1) {
    return nullptr;
  }
  const auto start = std::chrono::steady_clock::now();
  return std::make_unique<Progress>(err, columns - 1, [start] {  // a full line would wrap
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  });
}

}  // namespace systole::app

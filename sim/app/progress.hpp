#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "sim/app/terminal.hpp"
#include "sim/files/on_signal.hpp"
#include "sim/run/simulation.hpp"
#include "sim/sweep/sweep.hpp"

namespace systole::app {

/// What the progress line says after `seconds` of running, cut to `columns` characters.
std::string progress_line(const ProgressState& state, double seconds, std::size_t columns);

/// The same of a sweep. The time left follows from the points that ran, not from those that were
/// found finished.
std::string progress_line(const SweepProgress& state, double seconds, std::size_t columns);

/// One line on a terminal, rewritten in place while a simulation runs and erased at the end, also
/// when a signal ends the program. Debian 12 packages no progress-bar library for C++, hence this
/// small one.
///
/// The first line appears after two seconds, so that short runs show none; later ones follow
/// at least 100 ms apart.
class Progress {
 public:
  using Seconds = std::function<double()>;  ///< time since the start

  Progress(std::ostream& out, std::size_t columns, Seconds elapsed);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(const ProgressState& state);
  void update(const SweepProgress& state);
  /// Any line, by the same rules; it is cut to the terminal's width.
  void show(const std::string& line);

 private:
  void write(const std::function<std::string(double)>& line_at);

  std::ostream& out_;
  const std::size_t columns_;
  const Seconds elapsed_;
  double next_ = 2.0;              // seconds; when the line may be written again
  std::optional<OnSignal> shown_;  // while it is
};

/// On standard error, whose stream is `err`; nothing where that is no terminal which can rewrite a
/// line.
std::unique_ptr<Progress> progress_on_terminal(std::ostream& err);

}  // namespace systole::app

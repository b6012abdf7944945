#pragma once

#include <csignal>
#include <string>
#include <utility>
#include <vector>

namespace systole {

/// While it lives, a SIGINT, SIGTERM or SIGHUP that ends the program removes `folder` first, with
/// the files in it; it has no folders in it. A signal that is ignored or that somebody handles
/// stays so. One at a time in a program: of a second one nothing is removed.
class RemovedOnSignal {
 public:
  /// Creates the folder, so that no signal comes between: false where it cannot, with errno set.
  bool create(const std::string& folder);
  RemovedOnSignal() = default;
  ~RemovedOnSignal() { forget(); }
  RemovedOnSignal(const RemovedOnSignal&) = delete;
  RemovedOnSignal& operator=(const RemovedOnSignal&) = delete;

  /// The folder stays, or is gone: signals do again what they did before.
  void forget();

 private:
  std::vector<std::pair<int, struct sigaction>> before_;  // of the signals that are handled
};

}  // namespace systole

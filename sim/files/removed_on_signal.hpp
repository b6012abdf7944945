#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/files/on_signal.hpp"

namespace systole {

/// While it lives, one of kEndingSignals that ends the program first removes the folders that it
/// created, the last one first. A signal that is ignored or that somebody handles stays so. One
/// at a time in a program: of a second one nothing is removed.
class RemovedOnSignal {
 public:
  enum class Files {
    Removed,  ///< a folder goes with the files in it; it has no folders in it
    Kept,     ///< a folder with anything in it stays
  };
  explicit RemovedOnSignal(Files files) : files_{files} {}
  /// Creates the folder, so that no signal comes between: false where it cannot, with errno set.
  bool create(const std::string& folder);
  ~RemovedOnSignal() { forget(); }
  RemovedOnSignal(const RemovedOnSignal&) = delete;
  RemovedOnSignal& operator=(const RemovedOnSignal&) = delete;

  /// The folders stay, or are gone: signals do again what they did before.
  void forget();

 private:
  Files files_;
  std::vector<std::string> folders_;
  std::optional<OnSignal> on_signal_;
};

}  // namespace systole

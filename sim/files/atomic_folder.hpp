#pragma once

#include <string>

#include "sim/files/removed_on_signal.hpp"

namespace systole {

/// A folder that appears whole or not at all: files are written to `path()`, a new folder beside
/// the one that is wanted, and keep() gives it its name; without keep() it is removed. It is there
/// from the first path() on, and goes, too, when a signal ends the program; SIGKILL alone leaves it
/// behind, so that what takes long comes before. Files only are written to it, no folders.
class AtomicFolder {
 public:
  /// Throws std::runtime_error "FOLDER: what is wrong" when the folder exists and is not empty, or
  /// its parent cannot be written to.
  explicit AtomicFolder(std::string folder);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  /// Throws std::runtime_error when it cannot be created.
  const std::string& path();
  void keep();

 private:
  std::string folder_;
  std::string path_;
  RemovedOnSignal removed_on_signal_{RemovedOnSignal::Files::Removed};
};

}  // namespace systole

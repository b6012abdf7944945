#pragma once

#include <string>

#include "sim/files/removed_on_signal.hpp"

namespace systole {

/// A folder whose files appear all or none: they are written to `path()`, a new folder. One that is
/// not there yet gets it beside it, and keep() gives it the name; one that is there, and empty,
/// stays the folder that it is (somebody's working folder, with its permissions): it gets the new
/// one inside, and keep() moves the files up. Without keep() the new one is removed. It is there
/// from the first path() on, and goes, too, when a signal ends the program; SIGKILL alone leaves it
/// behind, or some of the files moved, so that what takes long comes before. Files only are written
/// to it, no folders.
class AtomicFolder {
 public:
  /// Throws std::runtime_error "FOLDER: what is wrong" when the folder exists and is not empty, or
  /// it, or the one that it is to be in, cannot be written to.
  explicit AtomicFolder(std::string folder);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  /// Throws std::runtime_error when it cannot be created.
  const std::string& path();
  void keep();

 private:
  void move_up();

  std::string shown_;   // as the user gave it
  std::string folder_;  // behind links, without a dot at its end
  bool was_there_ = false;
  std::string path_;
  RemovedOnSignal removed_on_signal_{RemovedOnSignal::Files::Removed};
};

}  // namespace systole

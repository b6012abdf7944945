#pragma once

#include <stdexcept>
#include <string>
#include <typeinfo>

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
  /// What `write` gives, called with path(). Of a file that cannot be written it says
  /// std::runtime_error with the name that the file would have got, not the one in path().
  template <typename Write>
  auto filled_by(const Write& write) {
    try {
      return write(path());
    } catch (const std::runtime_error& error) {
      if (typeid(error) != typeid(std::runtime_error)) {
        throw;  // of what is written, not of the writing
      }
      throw std::runtime_error{with_shown_names(error.what())};
    }
  }
  void keep();

 private:
  std::string with_shown_names(std::string text) const;
  void move_up();

  std::string shown_;   // as the user gave it
  std::string folder_;  // behind links, without a dot at its end
  bool was_there_ = false;
  std::string path_;
  RemovedOnSignal removed_on_signal_{RemovedOnSignal::Files::Removed};
};

}  // namespace systole

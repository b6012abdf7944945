#pragma once

#include <string>

namespace systole {

/// A folder that appears whole or not at all: files are written to `path()`, a new folder beside
/// the one that is wanted, and keep() gives it its name; without keep() it is removed.
class AtomicFolder {
 public:
  /// Throws std::runtime_error "FOLDER: what is wrong" when the folder exists and is not empty, or
  /// its parent cannot be written.
  explicit AtomicFolder(std::string folder);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const std::string& path() const { return path_; }
  void keep();

 private:
  std::string folder_;
  std::string path_;
};

}  // namespace systole

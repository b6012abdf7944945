#include "sim/files/atomic_folder.hpp"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace systole {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& folder, const std::string& what) {
  throw std::runtime_error{folder + ": " + what};
}

/// Without the slash at the end, behind which there would be no name.
std::string without_slash(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') {
    folder.pop_back();
  }
  return folder;
}

}  // namespace

AtomicFolder::AtomicFolder(std::string folder) : folder_{without_slash(std::move(folder))} {
  std::error_code error;
  if (fs::exists(folder_, error)) {
    if (!fs::is_directory(folder_, error)) {
      fail(folder_, "is no folder, expected one to write to");
    }
    if (!fs::is_empty(folder_, error) || error) {
      fail(folder_, "is not empty, expected a new or an empty folder");
    }
  }
  if (const fs::path parent = fs::path{folder_}.parent_path(); !parent.empty()) {
    fs::create_directories(parent, error);
    if (error) {
      fail(folder_, "cannot be created: " + error.message());
    }
  }
  path_ = folder_ + ".tmp" + std::to_string(::getpid());
  if (!fs::create_directory(path_, error)) {
    const std::string why = error ? error.message() : path_ + " exists";
    path_.clear();
    fail(folder_, "cannot be created: " + why);
  }
}

AtomicFolder::~AtomicFolder() {
  if (!path_.empty()) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
}

void AtomicFolder::keep() {
  std::error_code error;
  fs::rename(path_, folder_, error);  // takes the place of an empty folder
  if (error) {
    fail(folder_, "cannot be created: " + error.message());
  }
  path_.clear();
}

}  // namespace systole

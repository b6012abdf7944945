#include "sim/files/atomic_folder.hpp"

#include <unistd.h>

#include <cerrno>
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
    const bool empty = fs::is_empty(folder_, error);
    if (error) {
      fail(folder_, "cannot be read: " + error.message());
    }
    if (!empty) {
      fail(folder_, "is not empty, expected a new or an empty folder");
    }
  } else if (error) {
    fail(folder_, "cannot be created: " + error.message());
  }
  const fs::path parent = fs::path{folder_}.parent_path();
  if (!parent.empty()) {
    fs::create_directories(parent, error);
    if (error) {
      fail(folder_, "cannot be created: " + error.message());
    }
  }
  if (::access(parent.empty() ? "." : parent.c_str(), W_OK | X_OK) != 0) {
    fail(folder_, "cannot be created: " + std::generic_category().message(errno));
  }
}

const std::string& AtomicFolder::path() {
  if (!path_.empty()) {
    return path_;
  }
  std::string path = folder_ + ".tmp" + std::to_string(::getpid());
  if (!removed_on_signal_.create(path)) {
    fail(folder_,
         "cannot be created: " +
             (errno == EEXIST ? path + " exists" : std::generic_category().message(errno)));
  }
  path_ = std::move(path);
  return path_;
}

AtomicFolder::~AtomicFolder() {
  if (!path_.empty()) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
}

void AtomicFolder::keep() {
  std::error_code error;
  fs::rename(path(), folder_, error);  // takes the place of an empty folder
  if (error) {
    fail(folder_, "cannot be created: " + error.message());
  }
  removed_on_signal_.forget();
  path_.clear();
}

}  // namespace systole

#include "sim/files/atomic_folder.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "sim/files/atomic_file.hpp"

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

[[noreturn]] void fail_to_create(const std::string& folder, const std::error_code& error) {
  fail(folder, "cannot be created: " + error.message());
}

std::error_code last_error() { return {errno, std::generic_category()}; }

}  // namespace

AtomicFolder::AtomicFolder(std::string folder) : shown_{without_slash(std::move(folder))} {
  std::error_code error;
  folder_ = without_slash(fs::weakly_canonical(behind_links(shown_), error).string());
  if (error) {
    fail_to_create(shown_, error);
  }
  was_there_ = fs::exists(folder_, error);
  if (error) {
    fail_to_create(shown_, error);
  }
  if (was_there_) {
    if (!fs::is_directory(folder_, error)) {
      fail(shown_, "is no folder, expected one to write to");
    }
    const bool empty = fs::is_empty(folder_, error);
    if (error) {
      fail(shown_, "cannot be read: " + error.message());
    }
    if (!empty) {
      fail(shown_, "is not empty, expected a new or an empty folder");
    }
    if (::access(folder_.c_str(), W_OK | X_OK) != 0) {
      fail(shown_, "cannot be written to: " + last_error().message());
    }
    return;
  }
  const fs::path parent = fs::path{folder_}.parent_path();
  if (!parent.empty()) {
    fs::create_directories(parent, error);
    if (error) {
      fail_to_create(shown_, error);
    }
  }
  if (::access(parent.empty() ? "." : parent.c_str(), W_OK | X_OK) != 0) {
    fail_to_create(shown_, last_error());
  }
}

const std::string& AtomicFolder::path() {
  if (!path_.empty()) {
    return path_;
  }
  std::string path = folder_ + (was_there_ ? "/" : "") + ".tmp" + std::to_string(::getpid());
  if (!removed_on_signal_.create(path)) {
    if (errno == EEXIST) {
      fail(shown_, "cannot be created: " + path + " exists");
    }
    fail_to_create(shown_, last_error());
  }
  path_ = std::move(path);
  return path_;
}

std::string AtomicFolder::with_shown_names(std::string text) const {
  for (auto at = text.find(path_); !path_.empty() && at != std::string::npos;
       at = text.find(path_, at + shown_.size())) {
    text.replace(at, path_.size(), shown_);
  }
  return text;
}

AtomicFolder::~AtomicFolder() {
  if (!path_.empty()) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
}

void AtomicFolder::keep() {
  path();
  const SignalsHeldBack held;
  if (was_there_) {
    move_up();
  } else {
    std::error_code error;
    fs::rename(path_, folder_, error);
    if (error) {
      fail_to_create(shown_, error);
    }
  }
  removed_on_signal_.forget();
  path_.clear();
}

/// The files of path() to the folder, all or none.
void AtomicFolder::move_up() {
  const auto entries_of = [](const std::string& folder) {
    return std::vector<fs::path>{fs::directory_iterator{folder}, fs::directory_iterator{}};
  };
  if (entries_of(folder_).size() != 1) {
    fail(shown_, "is no more empty: something was written to it meanwhile");
  }
  std::vector<fs::path> moved;
  std::error_code error;
  for (const fs::path& file : entries_of(path_)) {
    const fs::path name = fs::path{folder_} / file.filename();
    fs::rename(file, name, error);
    if (error) {
      break;
    }
    moved.push_back(name);
  }
  if (!error) {
    fs::remove(path_, error);
  }
  if (error) {
    for (const fs::path& file : moved) {
      std::error_code ignored;
      fs::remove(file, ignored);
    }
    fail(shown_, "cannot be written to: " + error.message());
  }
}

}  // namespace systole

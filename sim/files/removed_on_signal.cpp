#include "sim/files/removed_on_signal.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace systole {
namespace {

constexpr mode_t kNewFolderMode = 0777;  // less the user's umask

// A handler is given nothing but the signal's number: what it is to remove stands here. Signals are
// held back while that changes.
const std::vector<std::string>* doomed = nullptr;
bool with_files = false;

bool is_entry(const char* name) {
  return std::strcmp(name, ".") != 0 && std::strcmp(name, "..") != 0;
}

// Of what is called from here all is safe in a handler: opendir() would allocate memory.
void remove_files(const char* path) {
  const int folder = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    return;
  }
  alignas(dirent64) char entries[4096];
  for (bool removed = true; removed;) {  // what was read before may hide what comes behind
    removed = false;
    ::lseek(folder, 0, SEEK_SET);
    for (ssize_t size = 0; (size = ::getdents64(folder, entries, sizeof entries)) > 0;) {
      for (ssize_t at = 0; at < size;) {
        const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
        removed = (is_entry(entry->d_name) && ::unlinkat(folder, entry->d_name, 0) == 0) || removed;
        at += entry->d_reclen;
      }
    }
  }
  ::close(folder);
}

void remove_doomed() {
  for (auto folder = doomed->rbegin(); folder != doomed->rend(); ++folder) {
    if (with_files) {
      remove_files(folder->c_str());
    }
    ::rmdir(folder->c_str());  // of one with anything in it that fails
  }
}

}  // namespace

bool RemovedOnSignal::create(const std::string& folder) {
  std::vector<std::string> with_it = folders_;
  with_it.push_back(folder);
  const SignalsHeldBack held;
  if (::mkdir(folder.c_str(), kNewFolderMode) != 0) {
    return false;
  }
  folders_.swap(with_it);
  if (doomed == nullptr) {
    doomed = &folders_;
    with_files = files_ == Files::Removed;
    on_signal_.emplace(remove_doomed, OnSignal::When::ItEnds);
  }
  return true;
}

void RemovedOnSignal::forget() {
  const SignalsHeldBack held;
  on_signal_.reset();
  if (doomed == &folders_) {
    doomed = nullptr;
  }
  folders_.clear();
}

}  // namespace systole

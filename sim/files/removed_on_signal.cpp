#include "sim/files/removed_on_signal.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace systole {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
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

// SA_RESETHAND has given the signal its default back, which it does once this returns.
extern "C" void remove_and_die(int signal) {
  remove_doomed();
  ::raise(signal);
}

sigset_t all_signals() {
  sigset_t all{};
  sigemptyset(&all);
  for (const int signal : kSignals) {
    sigaddset(&all, signal);
  }
  return all;
}

}  // namespace

bool RemovedOnSignal::create(const std::string& folder) {
  const sigset_t ours = all_signals();
  sigset_t blocked{};
  std::vector<std::string> with_it = folders_;
  with_it.push_back(folder);
  ::pthread_sigmask(SIG_BLOCK, &ours, &blocked);
  const bool created = ::mkdir(folder.c_str(), kNewFolderMode) == 0;
  const int why = errno;
  if (created) {
    folders_.swap(with_it);
  }
  if (created && doomed == nullptr) {
    doomed = &folders_;
    with_files = files_ == Files::Removed;
    for (const int signal : kSignals) {
      struct sigaction before {};
      ::sigaction(signal, nullptr, &before);
      if (before.sa_handler == SIG_DFL) {
        struct sigaction action {};
        action.sa_handler = remove_and_die;
        action.sa_mask = ours;
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        ::sigaction(signal, &action, nullptr);
        before_.emplace_back(signal, before);
      }
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
  errno = why;
  return created;
}

void RemovedOnSignal::forget() {
  for (const auto& [signal, before] : before_) {
    ::sigaction(signal, &before, nullptr);
  }
  before_.clear();
  if (doomed == &folders_) {
    doomed = nullptr;
  }
  folders_.clear();
}

}  // namespace systole

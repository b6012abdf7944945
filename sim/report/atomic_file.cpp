#include "sim/report/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace systole {
namespace {

constexpr mode_t kNewFileMode = 0666;  // less the user's umask
constexpr int kNames = 100;            // temporary names to try

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what + ": " + std::generic_category().message(errno));
}

// An open file that is removed again unless keep() renamed it.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& target, std::string shown) : shown_{std::move(shown)} {
    for (int i = 0; i < kNames && descriptor_ < 0; ++i) {
      path_ = target + ".tmp" + std::to_string(::getpid()) + "." + std::to_string(i);
      descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kNewFileMode);
      if (descriptor_ < 0 && errno != EEXIST) {
        break;
      }
    }
    if (descriptor_ < 0) {
      fail(shown_, "cannot create a file in its folder");
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
      ::unlink(path_.c_str());
    }
  }

  int descriptor() const { return descriptor_; }

  void keep(const std::string& target) {
    // Without this a power cut may leave the new name with none of the text.
    if (::fsync(descriptor_) != 0) {
      fail(shown_, "cannot write");
    }
    if (::rename(path_.c_str(), target.c_str()) != 0) {
      fail(shown_, "cannot replace");
    }
    ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  std::string shown_;  // the path as the user gave it
  std::string path_;
  int descriptor_ = -1;
};

void write_all(int descriptor, const std::string& text, const std::string& shown) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = ::write(descriptor, text.data() + written, text.size() - written);
    if (n < 0 && errno != EINTR) {
      fail(shown, "cannot write");
    }
    written += n < 0 ? 0 : static_cast<std::size_t>(n);
  }
}

// Pipes and devices (/dev/stdout) cannot be replaced, only written.
void write_to_device(const std::string& path, const std::string& text) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) {
    fail(path, "cannot open");
  }
  try {
    write_all(descriptor, text, path);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  ::close(descriptor);
}

}  // namespace

void write_file_atomically(const std::string& path, const std::string& text) {
  write_files_atomically({{path, text}});
}

void write_files_atomically(const std::vector<std::pair<std::string, std::string>>& files) {
  struct Pending {
    std::string target;
    std::unique_ptr<TemporaryFile> file;
  };
  std::vector<Pending> pending;
  for (const auto& [path, text] : files) {
    struct stat status {};
    const bool exists = ::stat(path.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) {
      errno = EISDIR;
      fail(path, "cannot write");
    }
    if (exists && !S_ISREG(status.st_mode)) {
      write_to_device(path, text);
      continue;
    }
    // A symbolic link keeps pointing where it points; its target is replaced.
    std::string target = exists ? std::filesystem::canonical(path).string() : path;
    auto file = std::make_unique<TemporaryFile>(target, path);
    if (exists && ::fchmod(file->descriptor(), status.st_mode & 07777) != 0) {
      fail(path, "cannot set its permissions");
    }
    write_all(file->descriptor(), text, path);
    pending.push_back({std::move(target), std::move(file)});
  }
  for (const Pending& each : pending) {
    each.file->keep(each.target);
  }
}

}  // namespace systole

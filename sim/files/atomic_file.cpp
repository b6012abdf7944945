#include "sim/files/atomic_file.hpp"

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

// Pipes and devices (/dev/stdout) cannot be replaced, only written.
bool is_device(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) {
    return false;
  }
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    fail(path, "cannot write");
  }
  return true;
}

}  // namespace

std::string behind_links(const std::string& path) {
  constexpr int kLongestChain = 40;  // as Linux follows
  std::filesystem::path file = path;
  for (int i = 0; i < kLongestChain; ++i) {
    std::error_code error;
    const std::filesystem::path next = std::filesystem::read_symlink(file, error);
    if (error) {  // no link
      return file.string();
    }
    file = file.parent_path() / next;
  }
  return path;
}

// An open file in the folder of `shown`, the path as the user gave it: keep() gives it that name,
// without keep() it is gone. It has no name until then, so that nothing is left of it when the
// program is stopped; on a file system that has no such files, it is FILE.tmpPID.N. A symbolic link
// keeps pointing where it points, and its target is replaced; a file that is there leaves its
// permissions.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string shown)
      : shown_{std::move(shown)}, target_{behind_links(shown_)} {
    if (!open_without_name() && !open_named()) {
      fail(shown_, "cannot create a file in its folder");
    }
    struct stat status {};
    if (::stat(target_.c_str(), &status) == 0 &&
        ::fchmod(descriptor_, status.st_mode & 07777) != 0) {
      remove();
      fail(shown_, "cannot set its permissions");
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { remove(); }

  int descriptor() const { return descriptor_; }
  /// By which it can be opened once more.
  std::string path() const { return name_.empty() ? of_descriptor() : name_; }

  void keep() {
    // Without this a power cut may leave the new name with none of the text.
    if (::fsync(descriptor_) != 0) {
      fail(shown_, "cannot write");
    }
    if (name_.empty() && !take_name()) {
      fail(shown_, "cannot create a file in its folder");
    }
    if (::rename(name_.c_str(), target_.c_str()) != 0) {
      fail(shown_, "cannot replace");
    }
    ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  std::string of_descriptor() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

  bool open_without_name() {
    const std::string folder = std::filesystem::path{target_}.parent_path().string();
    descriptor_ = ::open(folder.empty() ? "." : folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC,
                         kNewFileMode);
    if (descriptor_ >= 0 && ::access(of_descriptor().c_str(), F_OK) != 0) {  // there is no /proc
      ::close(descriptor_);
      descriptor_ = -1;
    }
    return descriptor_ >= 0;
  }

  bool open_named() {
    return try_names([this](const char* name) {
      descriptor_ = ::open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kNewFileMode);
      return descriptor_ >= 0;
    });
  }

  bool take_name() {
    return try_names([this](const char* name) {
      return ::linkat(AT_FDCWD, of_descriptor().c_str(), AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
    });
  }

  /// Names of its own until `create` has made one of them.
  template <typename Create>
  bool try_names(Create create) {
    for (int i = 0; i < kNames; ++i) {
      std::string name = target_ + ".tmp" + std::to_string(::getpid()) + "." + std::to_string(i);
      if (create(name.c_str())) {
        name_ = std::move(name);
        return true;
      }
      if (errno != EEXIST) {
        return false;
      }
    }
    return false;
  }

  void remove() {
    if (descriptor_ >= 0) {
      const int why = errno;
      ::close(descriptor_);
      if (!name_.empty()) {
        ::unlink(name_.c_str());
      }
      errno = why;
    }
  }

  std::string shown_;
  std::string target_;
  std::string name_;  // in the folder; none yet if empty
  int descriptor_ = -1;
};

namespace {

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
  std::vector<std::unique_ptr<TemporaryFile>> pending;
  for (const auto& [path, text] : files) {
    if (is_device(path)) {
      write_to_device(path, text);
      continue;
    }
    auto file = std::make_unique<TemporaryFile>(path);
    write_all(file->descriptor(), text, path);
    pending.push_back(std::move(file));
  }
  for (const auto& file : pending) {
    file->keep();
  }
}

StreamedFile::StreamedFile(std::string path)
    : path_{std::move(path)},
      temporary_{is_device(path_) ? nullptr : std::make_unique<TemporaryFile>(path_)},
      out_{temporary_ ? temporary_->path() : path_} {
  if (!out_) {
    fail(path_, "cannot open");
  }
}

StreamedFile::~StreamedFile() = default;

void StreamedFile::commit() {
  errno = EIO;  // of a write that failed before
  out_.close();
  if (!out_) {
    fail(path_, "cannot write");
  }
  if (temporary_) {
    temporary_->keep();
  }
}

}  // namespace systole

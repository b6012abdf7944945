#include "sim/files/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <streambuf>
#include <system_error>
#include <utility>

namespace systole {

namespace fs = std::filesystem;

namespace {

constexpr int kLongestChain = 40;      // of symbolic links, as Linux follows
constexpr mode_t kNewFileMode = 0666;  // less the user's umask
constexpr int kNames = 100;            // temporary names to try

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what + ": " + std::generic_category().message(errno));
}

}  // namespace

std::string behind_links(const std::string& path) {
  fs::path file = path;
  for (int i = 0; i < kLongestChain; ++i) {
    std::error_code error;
    const fs::path next = fs::read_symlink(file, error);
    if (error) {  // no link
      return file.string();
    }
    file = file.parent_path() / next;
  }
  return path;
}

std::optional<int> descriptor_named(const std::string& path) {
  std::error_code error;
  const fs::path self = "/proc" / fs::read_symlink("/proc/self", error);
  fs::path file = path;
  for (int i = 0; i < kLongestChain && !error; ++i) {
    const fs::path parent = file.parent_path();
    const fs::path folder = fs::canonical(parent.empty() ? "." : parent, error);
    if (!error && folder.filename() == "fd" && folder.string().rfind(self.string() + '/', 0) == 0) {
      const std::string number = file.filename().string();
      int descriptor = 0;
      const auto [rest, status] =
          std::from_chars(number.data(), number.data() + number.size(), descriptor);
      const bool is_number = status == std::errc{} && rest == number.data() + number.size();
      return is_number ? std::optional{descriptor} : std::nullopt;
    }
    if (!error) {
      file = parent / fs::read_symlink(file, error);
    }
  }
  return std::nullopt;
}

bool is_written_in_place(const std::string& path) {
  struct stat status {};
  return descriptor_named(path) || (::stat(path.c_str(), &status) == 0 &&
                                    !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

namespace {

// An open file in the folder of `shown`, the path as the user gave it: keep() gives it that name,
// without keep() it is gone. It has no name until then, so that nothing is left of it when the
// program is stopped; on a file system that has no such files, it is FILE.tmpPID.N. A symbolic link
// keeps pointing where it points, and its target is replaced; a file that is there leaves its
// permissions.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string shown)
      : shown_{std::move(shown)}, target_{behind_links(shown_)} {
    struct stat status {};
    const bool exists = ::stat(target_.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) {
      errno = EISDIR;
      fail(shown_, "cannot write");
    }
    if (!open_without_name() && !open_named()) {
      fail(shown_, "cannot create a file in its folder");
    }
    if (exists && ::fchmod(descriptor_, status.st_mode & 07777) != 0) {
      remove();
      fail(shown_, "cannot set its permissions");
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { remove(); }

  int descriptor() const { return descriptor_; }

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
    const std::string folder = fs::path{target_}.parent_path().string();
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

/// False when not all of it could be written, with errno set.
bool write_all(int descriptor, const char* text, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::write(descriptor, text, size);
    if (n < 0 && errno != EINTR) {
      return false;
    }
    text += std::max<ssize_t>(n, 0);
    size -= static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  }
  return true;
}

/// What is_written_in_place(), open. An open descriptor is not opened again: behind it may be a
/// file, which would be written from its start.
class InPlace {
 public:
  explicit InPlace(const std::string& path) {
    const std::optional<int> open = descriptor_named(path);
    descriptor_ =
        open ? ::fcntl(*open, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) {
      fail(path, "cannot open");
    }
  }
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;
  ~InPlace() { ::close(descriptor_); }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

void write_file_atomically(const std::string& path, const std::string& text) {
  write_files_atomically({{path, text}});
}

void write_files_atomically(const std::vector<std::pair<std::string, std::string>>& files) {
  std::vector<std::unique_ptr<TemporaryFile>> pending;
  const auto write = [](int descriptor, const std::string& path, const std::string& text) {
    if (!write_all(descriptor, text.data(), text.size())) {
      fail(path, "cannot write");
    }
  };
  for (const auto& [path, text] : files) {
    if (is_written_in_place(path)) {
      write(InPlace{path}.descriptor(), path, text);
      continue;
    }
    auto file = std::make_unique<TemporaryFile>(path);
    write(file->descriptor(), path, text);
    pending.push_back(std::move(file));
  }
  for (const auto& file : pending) {
    file->keep();
  }
}

/// Where the text goes: to a temporary file, or in place.
class StreamedFile::Buffer : public std::streambuf {
 public:
  explicit Buffer(const std::string& path) {
    if (is_written_in_place(path)) {
      in_place_.emplace(path);
    } else {
      temporary_.emplace(path);
    }
    setp(text_.data(), text_.data() + text_.size());
  }
  /// Why the first write failed that did.
  int error() const { return error_; }
  void keep() {
    if (temporary_) {
      temporary_->keep();
    }
  }

 protected:
  int sync() override {
    const int descriptor = temporary_ ? temporary_->descriptor() : in_place_->descriptor();
    const bool written = write_all(descriptor, pbase(), static_cast<std::size_t>(pptr() - pbase()));
    error_ = written || error_ != 0 ? error_ : errno;
    setp(text_.data(), text_.data() + text_.size());
    return written ? 0 : -1;
  }
  int_type overflow(int_type next) override {
    return sync() == 0 && !traits_type::eq_int_type(next, traits_type::eof())
               ? sputc(traits_type::to_char_type(next))
               : traits_type::eof();
  }

 private:
  std::optional<TemporaryFile> temporary_;
  std::optional<InPlace> in_place_;
  std::array<char, 65536> text_{};
  int error_ = 0;
};

StreamedFile::StreamedFile(std::string path)
    : path_{std::move(path)}, buffer_{std::make_unique<Buffer>(path_)}, out_{buffer_.get()} {}

StreamedFile::~StreamedFile() = default;

void StreamedFile::commit() {
  if (!out_.flush()) {
    errno = buffer_->error();
    fail(path_, "cannot write");
  }
  buffer_->keep();
}

}  // namespace systole

#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace systole {

/// Writes `text` to a temporary file in the folder of `path` and renames it: `path` has
/// all of the text or is what it was. Throws std::runtime_error "PATH: what failed".
void write_file_atomically(const std::string& path, const std::string& text);

/// The same for several files, given as path and text: all are written before the first is renamed,
/// so that what fails while writing leaves every one of them as it was.
void write_files_atomically(const std::vector<std::pair<std::string, std::string>>& files);

/// Where a file that is written to `path` comes to lie: behind its symbolic links, whether there is
/// one already or not. `path` itself where links lead in a circle.
std::string behind_links(const std::string& path);

/// The open descriptor of this program that `path` is a name of, as /dev/stdout is one of 1,
/// whatever is behind it; open or not.
std::optional<int> descriptor_named(const std::string& path);

/// Whether `path` is a pipe, a device or a descriptor's name: it cannot be replaced, only written.
/// The functions here do that; what fails may leave a part of the text.
bool is_written_in_place(const std::string& path);

/// The same for text that comes bit by bit: it goes to the temporary file as it comes, which
/// commit() renames; without commit() `path` stays what it was.
class StreamedFile {
 public:
  /// Throws std::runtime_error when the file cannot be created.
  explicit StreamedFile(std::string path);
  ~StreamedFile();
  StreamedFile(const StreamedFile&) = delete;
  StreamedFile& operator=(const StreamedFile&) = delete;

  std::ostream& out() { return out_; }
  const std::string& path() const { return path_; }
  /// Call last. Throws std::runtime_error when not all of the text could be written.
  void commit();

 private:
  class Buffer;

  std::string path_;  // as the user gave it
  std::unique_ptr<Buffer> buffer_;
  std::ostream out_;
};

}  // namespace systole

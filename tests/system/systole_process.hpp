#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace systole::test {

/// What one run of the program left behind.
struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// Runs the built `systole` in the source folder, as a user in a clone would, with
/// standard output and error going to files: neither is a terminal.
Outcome systole(const std::vector<std::string>& arguments);

/// The same, with standard output going to `output`, a file or a device.
Outcome systole_to(const std::string& output, const std::vector<std::string>& arguments);

/// Starts it and sends it `signal` once `when(its process id)`, after a minute at the latest; how
/// it ended, as of waitpid().
int status_of_stopped(const std::vector<std::string>& arguments, int signal,
                      const std::function<bool(pid_t)>& when);

/// A folder of the test's own, removed at its end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

/// Lines of `text`, which must end with a newline unless it is empty.
std::vector<std::string> lines(const std::string& text);

}  // namespace systole::test

#include "sim/config/unreadable.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace systole {

std::string why_unreadable(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return "is a directory, expected a file";
  }
  if (::access(file.c_str(), R_OK) == 0) {
    return "";
  }
  return errno == ENOENT ? "no such file"
                         : "cannot be read: " + std::generic_category().message(errno);
}

std::string why_not_read(const std::string& file) {
  const std::string why = why_unreadable(file);
  return why.empty() ? "cannot be read" : why;
}

}  // namespace systole

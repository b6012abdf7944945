#pragma once

#include <map>
#include <mutex>
#include <string>

#include "sim/energy/energy_table.hpp"

namespace systole {

/// Files that the machines of a sweep name, read once for all of its points and threads: reading
/// their YAML takes longer than simulating a small network. A file that changes while a sweep runs
/// is what it was when its first point ran.
class FileCache {
 public:
  /// Of all that the file leads to. Throws what digest_of_file throws, at every call.
  std::string digest_of(const std::string& path);
  /// As it is in the file; stays where it is. Throws ConfigError, at every call.
  const EnergyTable& energy_table(const std::string& path);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> digests_;
  std::map<std::string, EnergyTable> tables_;
};

}  // namespace systole

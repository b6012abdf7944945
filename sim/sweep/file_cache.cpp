#include "sim/sweep/file_cache.hpp"

#include "sim/config/digest.hpp"

namespace systole {

std::string FileCache::digest_of(const std::string& path) {
  const std::lock_guard lock{mutex_};
  auto found = digests_.find(path);
  if (found == digests_.end()) {
    found = digests_.emplace(path, digest_of_file(path)).first;
  }
  return found->second;
}

const EnergyTable& FileCache::energy_table(const std::string& path) {
  const std::lock_guard lock{mutex_};
  auto found = tables_.find(path);
  if (found == tables_.end()) {
    found = tables_.emplace(path, load_energy_table(path)).first;
  }
  return found->second;
}

}  // namespace systole

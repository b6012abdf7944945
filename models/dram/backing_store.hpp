#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace systole {

/// The bytes of a DRAM, in pages that exist once they are written. Bytes never written read as
/// zero.
class BackingStore {
 public:
  void read(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size) const;
  void write(std::uint64_t address, const std::uint8_t* bytes, std::uint64_t size);

 private:
  static constexpr std::uint64_t kPageBytes = std::uint64_t{1} << 16;
  std::unordered_map<std::uint64_t, std::vector<std::uint8_t>> pages_;
};

}  // namespace systole

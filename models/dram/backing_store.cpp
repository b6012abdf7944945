#include "models/dram/backing_store.hpp"

#include <algorithm>
#include <cstring>

namespace systole {

void BackingStore::read(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size) const {
  while (size > 0) {
    const std::uint64_t offset = address % kPageBytes;
    const std::uint64_t part = std::min(size, kPageBytes - offset);
    const auto page = pages_.find(address / kPageBytes);
    if (page == pages_.end()) {
      std::memset(bytes, 0, part);
    } else {
      std::memcpy(bytes, page->second.data() + offset, part);
    }
    address += part;
    bytes += part;
    size -= part;
  }
}

void BackingStore::write(std::uint64_t address, const std::uint8_t* bytes, std::uint64_t size) {
  while (size > 0) {
    const std::uint64_t offset = address % kPageBytes;
    const std::uint64_t part = std::min(size, kPageBytes - offset);
    auto& page = pages_[address / kPageBytes];
    page.resize(kPageBytes);
    std::memcpy(page.data() + offset, bytes, part);
    address += part;
    bytes += part;
    size -= part;
  }
}

}  // namespace systole

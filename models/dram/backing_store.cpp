#include "models/dram/backing_store.hpp"

#include <algorithm>
#include <cstring>

namespace systole {

const std::uint8_t* BackingStore::find(std::uint64_t page) const {
  if (page < kNearPages) {
    return page < near_.size() ? near_[page].get() : nullptr;
  }
  const auto at = far_.find(page);
  return at == far_.end() ? nullptr : at->second.get();
}

std::uint8_t* BackingStore::make(std::uint64_t page) {
  if (page < kNearPages && page >= near_.size()) {
    near_.resize(page + 1);
  }
  Page& made = page < kNearPages ? near_[page] : far_[page];
  if (made == nullptr) {
    made = std::make_unique<std::uint8_t[]>(kPageBytes);
  }
  return made.get();
}

void BackingStore::read(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size) const {
  while (size > 0) {
    const std::uint64_t offset = address % kPageBytes;
    const std::uint64_t part = std::min(size, kPageBytes - offset);
    const std::uint8_t* page = find(address / kPageBytes);
    if (page == nullptr) {
      std::memset(bytes, 0, part);
    } else {
      std::memcpy(bytes, page + offset, part);
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
    std::memcpy(make(address / kPageBytes) + offset, bytes, part);
    address += part;
    bytes += part;
    size -= part;
  }
}

}  // namespace systole

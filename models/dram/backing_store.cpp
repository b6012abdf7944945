#include "models/dram/backing_store.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace systole {

void BackingStore::Unmap::operator()(std::uint8_t*) const { munmap(mapping, 2 * kPageBytes); }

/// Zeros, at a multiple of its size, which the computer may map as one page of its own: programs
/// read rows far apart, and pages of 4 KiB would be looked up for each.
BackingStore::Page BackingStore::new_page() {
  void* const mapping = mmap(nullptr, 2 * kPageBytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    throw std::bad_alloc{};
  }
  void* at = mapping;
  std::size_t room = 2 * kPageBytes;
  std::align(kPageBytes, kPageBytes, at, room);
#ifdef MADV_HUGEPAGE
  madvise(at, kPageBytes, MADV_HUGEPAGE);
#endif
  return Page{static_cast<std::uint8_t*>(at), Unmap{mapping}};
}

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
    made = new_page();
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

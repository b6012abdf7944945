#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace systole {

/// The bytes of a DRAM, in pages that exist once they are written. Bytes never written read as
/// zero.
class BackingStore {
 public:
  void read(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size) const;
  void write(std::uint64_t address, const std::uint8_t* bytes, std::uint64_t size);

  /// Where `size` bytes, at least one, can be written beside each other; null if they cannot.
  std::uint8_t* writable_in_one_piece(std::uint64_t address, std::uint64_t size) {
    const std::uint64_t offset = address % kPageBytes;
    return offset + size <= kPageBytes ? make(address / kPageBytes) + offset : nullptr;
  }

  /// Where `size` bytes lie beside each other; null if they do not, or none of them was written.
  /// Holds until the next write.
  const std::uint8_t* in_one_piece(std::uint64_t address, std::uint64_t size) const {
    const std::uint8_t* page = find(address / kPageBytes);
    const std::uint64_t offset = address % kPageBytes;
    return page != nullptr && offset + size <= kPageBytes ? page + offset : nullptr;
  }

 private:
  struct Unmap {
    void* mapping = nullptr;
    void operator()(std::uint8_t*) const;
  };
  using Page = std::unique_ptr<std::uint8_t[], Unmap>;

  static constexpr std::uint64_t kPageBytes = std::uint64_t{1} << 21;
  static constexpr std::uint64_t kNearPages = std::uint64_t{1} << 12;  // 8 GiB

  static Page new_page();

  const std::uint8_t* find(std::uint64_t page) const;
  std::uint8_t* make(std::uint64_t page);

  std::vector<Page> near_;  // by number; what programs of the compiler use
  std::unordered_map<std::uint64_t, Page> far_;
};

}  // namespace systole

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/dram/banked/config.hpp"

namespace systole::dram {

/// Where one burst lies.
struct Location {
  std::uint32_t channel = 0;
  std::uint32_t bank = 0;  ///< of the channel: unit, bank group and bank in one number
  std::uint32_t row = 0;
  std::uint32_t column = 0;  ///< in bursts
};

/// Cuts addresses into fields by a pattern of their names, the highest address bits first, such as
/// row:bank:bank_group:column. Names: channel, pseudo_channel, rank, bank_group, bank, row, column.
/// Below the last field are the bytes of a burst. `column.2` takes two bits of a field and may
/// stand more than once; a name without a number takes all that is left of its field. Fields
/// of which there is one only (rank in a memory of one rank) may be left out.
class AddressMapping {
 public:
  /// Throws Refusal that says all that is wrong with the pattern.
  explicit AddressMapping(const Config& config);
  /// The same as a list: empty for a good pattern.
  static std::vector<std::string> mistakes_in(const Config& config);
  /// Those of them that do not need the sizes of the fields.
  static std::vector<std::string> misnamed_in(const std::string& pattern);

  Location locate(std::uint64_t address) const { return unpack(pack(address)); }

  /// The fields side by side in one word, so that places can be put together with an `or`.
  std::uint64_t pack(std::uint64_t address) const {
    const std::uint64_t burst = burst_of(address);
    std::uint64_t packed = 0;
    for (const Part& part : parts_) {
      packed |= (burst >> part.shift & part.mask) << part.position;
    }
    return packed;
  }
  static Location unpack(std::uint64_t packed) {
    return {static_cast<std::uint32_t>(packed >> kChannel),
            static_cast<std::uint32_t>(packed >> kBank & 0xff), static_cast<std::uint32_t>(packed),
            static_cast<std::uint32_t>(packed >> kColumn & 0xffff)};
  }

  /// Number of the burst at an address.
  std::uint64_t burst_of(std::uint64_t address) const { return address >> offset_bits_; }

  /// Addresses that differ by multiples of so many bytes differ in nothing but the row.
  std::uint64_t row_period() const { return row_period_; }

 private:
  // Pseudo channel, rank, bank group and bank are positions within the bank's field.
  static constexpr std::uint32_t kRow = 0, kColumn = 32, kBank = 48, kChannel = 56;
  struct Part {
    std::uint32_t shift = 0;     // in the address of a burst
    std::uint32_t position = 0;  // in the packed fields
    std::uint64_t mask = 0;
  };

  AddressMapping(const Config& config, std::vector<std::string>& mistakes);

  std::uint32_t offset_bits_ = 0;
  std::uint64_t row_period_ = 0;
  std::vector<Part> parts_;
};

}  // namespace systole::dram

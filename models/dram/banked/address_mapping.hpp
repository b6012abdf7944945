#pragma once

#include <array>
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
  /// Throws std::invalid_argument that says what is wrong with the pattern.
  explicit AddressMapping(const Config& config);

  Location locate(std::uint64_t address) const {
    const std::uint64_t burst = address >> offset_bits_;
    std::array<std::uint32_t, kFields> values{};
    for (const auto& part : parts_) {
      values[part.field] |= (static_cast<std::uint32_t>(burst >> part.shift) & part.mask)
                            << part.position;
    }
    return {values[kChannel], values[kBank], values[kRow], values[kColumn]};
  }

 private:
  // Pseudo channel, rank, bank group and bank are positions within kBank.
  enum Field : std::uint32_t { kChannel, kBank, kRow, kColumn, kFields };
  struct Part {
    std::uint32_t field = 0;
    std::uint32_t shift = 0;  // in the address of a burst
    std::uint32_t mask = 0;
    std::uint32_t position = 0;  // in the field
  };

  std::uint32_t offset_bits_ = 0;
  std::vector<Part> parts_;
};

}  // namespace systole::dram

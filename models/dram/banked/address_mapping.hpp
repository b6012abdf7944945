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
    std::array<std::uint32_t, kFields> fields{};
    for (const Part& part : parts_) {
      fields[part.field] |= (static_cast<std::uint32_t>(burst >> part.shift) & part.mask)
                            << part.position;
    }
    return {fields[kChannel], fields[kBank], fields[kRow], fields[kColumn]};
  }

  /// Addresses that differ by multiples of so many bytes differ in nothing but the row.
  std::uint64_t row_period() const { return row_period_; }

 private:
  // Pseudo channel, rank, bank group and bank are positions within kBank.
  using Field = std::uint32_t;
  static constexpr Field kChannel = 0, kBank = 1, kRow = 2, kColumn = 3, kFields = 4;
  struct Part {
    std::uint32_t shift = 0;  // in the address of a burst
    std::uint32_t mask = 0;
    std::uint32_t position = 0;  // in the field
    Field field = 0;
  };

  std::uint32_t offset_bits_ = 0;
  std::uint64_t row_period_;
  std::vector<Part> parts_;
};

}  // namespace systole::dram

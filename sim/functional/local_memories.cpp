#include "sim/functional/local_memories.hpp"

#include <algorithm>
#include <cstring>

#include "sim/functional/fold_kernels.hpp"
#include "sim/program/hazards.hpp"
#include "sim/storage/psum.hpp"

namespace systole {

LocalMemories::LocalMemories(const AcceleratorConfig& config)
    : cols_{config.array.cols},
      psum_bits_{config.array.accumulator_bits},
      psum_rows_{accumulator_rows(config)},
      psum_pitch_{(cols_ + kColumnStep - 1) / kColumnStep * std::size_t{kColumnStep}},
      packed_(accumulator_row_bytes(config)) {
  for (const LocalMemory memory :
       {LocalMemory::Scratchpad, LocalMemory::WeightScratchpad, LocalMemory::RequantTable}) {
    Memory& at = memories_[static_cast<std::size_t>(memory)];
    at.row_bytes = local_row_bytes(config, memory);
    at.size = std::size_t{local_rows(config, memory)} * at.row_bytes;
    at.bytes = make_zeroed<std::uint8_t>(at.size + kReadBeyond);
  }
  memories_[static_cast<std::size_t>(LocalMemory::Accumulators)].row_bytes =
      accumulator_row_bytes(config);
  if (has_psums32()) {
    psums32_ = make_zeroed<std::int32_t>(psum_rows_ * psum_pitch_);
  } else {
    psums64_ = make_zeroed<std::int64_t>(psum_rows_ * psum_pitch_);
  }
}

void LocalMemories::load_psums(std::uint32_t row, const std::uint8_t* bytes, std::uint32_t size) {
  if (psum_bits_ == 32) {
    std::memcpy(psums32(row), bytes, size);
  } else if (has_psums32()) {
    load_packed(psums32(row), bytes, size);
  } else {
    load_packed(psums64(row), bytes, size);
  }
}

template <typename Psum>
void LocalMemories::load_packed(Psum* values, const std::uint8_t* bytes, std::uint32_t size) {
  for (std::uint32_t c = 0; c < cols_; ++c) {
    write_psum(packed_.data(), c, psum_bits_, values[c]);
  }
  std::copy_n(bytes, size, packed_.begin());
  for (std::uint32_t c = 0; c < cols_; ++c) {
    values[c] = static_cast<Psum>(read_psum(packed_.data(), c, psum_bits_));
  }
}

}  // namespace systole

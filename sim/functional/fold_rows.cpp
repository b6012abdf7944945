#include "sim/functional/fold_rows.hpp"

#include <algorithm>

namespace systole {
namespace {

template <typename Rows>
void make_room(Rows& rows, std::size_t count) {
  if (rows.size() < count) {
    rows.resize(2 * count);
  }
}

}  // namespace

std::uint32_t last_pixel_row(const ComputeCommand& compute) {
  if (compute.rows() == 0) {
    return 0;
  }
  const std::uint32_t first = compute.skip;
  const std::uint32_t last = first + compute.rows() - 1;
  const std::uint32_t line = last / compute.count_w * compute.pitch_h;
  const std::uint32_t at_last = line + last % compute.count_w * compute.pitch_w;
  if (first / compute.count_w == last / compute.count_w) {
    return at_last;
  }
  const std::uint32_t before = line - compute.pitch_h + (compute.count_w - 1) * compute.pitch_w;
  return std::max(before, at_last);
}

void FoldRows::add_pixels(const ComputeCommand& compute, const IfmapPart& part) {
  const std::uint32_t rows = compute.rows();
  make_room(ifmap_, ifmap_count_ + rows);
  const std::size_t row_bytes = memories_.row_bytes(LocalMemory::Scratchpad);
  const std::size_t step = compute.pitch_w * row_bytes;
  const std::uint8_t* const scratchpad =
      memories_.rows(LocalMemory::Scratchpad, 0, 0) + part.row * row_bytes + part.lane;
  const std::uint8_t** to = ifmap_.data() + ifmap_count_;
  std::uint32_t line = compute.ifmap_row + compute.skip / compute.count_w * compute.pitch_h;
  std::uint32_t column = compute.skip % compute.count_w;
  for (std::uint32_t rest = rows; rest > 0;) {
    const std::uint32_t count = std::min(rest, compute.count_w - column);
    const std::uint8_t* const row =
        scratchpad + (line + std::size_t{column} * compute.pitch_w) * row_bytes;
    for (std::uint32_t i = 0; i < count; ++i) {
      to[i] = row + i * step;
    }
    to += count;
    line += compute.pitch_h;
    column = 0;
    rest -= count;
  }
  ifmap_count_ += rows;
  memories_.rows(LocalMemory::Scratchpad, compute.ifmap_row + last_pixel_row(compute) + part.row);
}

void FoldRows::add_psums(std::uint32_t acc_row, std::uint32_t rows) {
  make_room(psums_, psum_count_ + rows);
  std::int32_t* const psums = memories_.psums32(acc_row, rows);
  const std::size_t pitch = memories_.psum_pitch();
  for (std::uint32_t i = 0; i < rows; ++i) {
    psums_[psum_count_ + i] = psums + i * pitch;
  }
  psum_count_ += rows;
}

}  // namespace systole

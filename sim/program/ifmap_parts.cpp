#include "sim/program/ifmap_parts.hpp"

#include <algorithm>

namespace systole {
namespace {

template <typename Body>
void for_each_part(const ComputeCommand& compute, std::uint32_t array_rows, Body body) {
  const std::uint32_t lanes = array_rows * compute.products_per_pe;
  const ProductMap& map = compute.products;
  if (map.first == 0 && compute.k > 0 && compute.k <= std::min(lanes, map.channels)) {
    body(IfmapPart{0, 0, compute.k});  // most folds; without a division
    return;
  }
  for (std::uint32_t done = 0; done < compute.k;) {
    const std::uint32_t product = map.first + done;
    const std::uint32_t tap = product / map.channels;
    const std::uint32_t channel = product % map.channels;
    const std::uint32_t lane = channel % lanes;
    const std::uint32_t count = std::min({lanes - lane, map.channels - channel, compute.k - done});
    body(IfmapPart{tap / map.kernel_w * map.tap_pitch_h + tap % map.kernel_w * map.tap_pitch_w +
                       channel / lanes * map.slice_pitch,
                   lane, count});
    done += count;
  }
}

}  // namespace

IfmapParts ifmap_parts(const ComputeCommand& compute, std::uint32_t array_rows) {
  IfmapParts parts;
  for_each_part(compute, array_rows, [&](const IfmapPart& part) { parts.push_back(part); });
  return parts;
}

std::uint32_t count_ifmap_parts(const ComputeCommand& compute, std::uint32_t array_rows) {
  std::uint32_t count = 0;
  for_each_part(compute, array_rows, [&](const IfmapPart&) { ++count; });
  return count;
}

std::uint32_t pe_rows(const IfmapParts& parts, std::uint32_t products_per_pe) {
  std::uint32_t rows = 0;
  for (const IfmapPart& part : parts) {
    rows += (part.count + products_per_pe - 1) / products_per_pe;
  }
  return rows;
}

RowRange ifmap_rows(const ComputeCommand& compute, std::uint32_t array_rows) {
  if (compute.rows() == 0 || compute.k == 0) {
    return {LocalMemory::Scratchpad, compute.ifmap_row, 0};
  }
  std::uint32_t first = ~0U;
  std::uint32_t last = 0;
  for_each_part(compute, array_rows, [&](const IfmapPart& part) {
    first = std::min(first, part.row);
    last = std::max(last, part.row);
  });
  const std::uint32_t grid =
      (compute.count_h - 1) * compute.pitch_h + (compute.count_w - 1) * compute.pitch_w + 1;
  return {LocalMemory::Scratchpad, compute.ifmap_row + first, last - first + grid};
}

}  // namespace systole

#include "sim/program/ifmap_parts.hpp"

#include <algorithm>

#include "sim/network/ceil_div.hpp"

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
  const std::uint32_t first_tap = map.first / map.channels;
  std::uint32_t tap_h = first_tap / map.kernel_w;
  std::uint32_t tap_w = first_tap % map.kernel_w;
  std::uint32_t channel = map.first % map.channels;
  std::uint32_t slice = channel / lanes;
  std::uint32_t lane = channel % lanes;
  for (std::uint32_t left = compute.k; left > 0;) {
    const std::uint32_t count = std::min({lanes - lane, map.channels - channel, left});
    body(IfmapPart{tap_h * map.tap_pitch_h + tap_w * map.tap_pitch_w + slice * map.slice_pitch,
                   lane, count});
    left -= count;
    channel += count;
    lane = 0;  // if any is left, the next part begins a slice or a tap
    ++slice;
    if (channel == map.channels) {
      channel = 0;
      slice = 0;
      ++tap_w;
      if (tap_w == map.kernel_w) {
        tap_w = 0;
        ++tap_h;
      }
    }
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
    rows += ceil_div(part.count, products_per_pe);
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

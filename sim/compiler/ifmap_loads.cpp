#include "sim/compiler/ifmap_loads.hpp"

#include <algorithm>

namespace systole {
namespace {

/// Pixels that follow one another in the scratchpad, and in DRAM at a constant pitch.
struct PixelRun {
  std::int64_t row = 0;  ///< first scratchpad row, from the slice's
  std::int64_t count = 0;
  std::uint64_t address = 0;
};

std::vector<PixelRun> runs_inside(const IfmapTile& tile) {
  const std::int64_t top = std::max<std::int64_t>(tile.h, 0);
  const std::int64_t bottom = std::min(tile.h + tile.rows, tile.in_h);
  const std::int64_t left = std::max<std::int64_t>(tile.w, 0);
  const std::int64_t right = std::min(tile.w + tile.cols, tile.in_w);
  std::vector<PixelRun> runs;
  if (left >= right) {
    return runs;
  }
  for (std::int64_t h = top; h < bottom; ++h) {
    const PixelRun run{
        (h - tile.h) * tile.cols + left - tile.w, right - left,
        tile.image_address + to_u64(h) * tile.row_pitch + to_u64(left) * tile.pixel_pitch};
    const bool continues =
        !runs.empty() && runs.back().row + runs.back().count == run.row &&
        runs.back().address + to_u64(runs.back().count) * tile.pixel_pitch == run.address;
    if (continues) {
      runs.back().count += run.count;
    } else {
      runs.push_back(run);
    }
  }
  return runs;
}

/// Scratchpad rows that no run covers.
std::vector<PixelRun> gaps_between(const std::vector<PixelRun>& runs, std::int64_t pixels) {
  std::vector<PixelRun> gaps;
  std::int64_t covered = 0;
  for (const PixelRun& run : runs) {
    if (run.row > covered) {
      gaps.push_back({covered, run.row - covered, 0});
    }
    covered = run.row + run.count;
  }
  if (covered < pixels) {
    gaps.push_back({covered, pixels - covered, 0});
  }
  return gaps;
}

/// Slices from `first` that one DRAM row can span: neighbours, all but the last of them full.
std::size_t joined(const std::vector<ChannelRange>& slices, std::size_t first, std::int64_t most,
                   std::int64_t array_rows) {
  std::size_t count = 1;
  while (to_i64(count) < most && first + count < slices.size() &&
         slices[first + count - 1].count == array_rows &&
         slices[first + count].first == slices[first + count - 1].first + array_rows) {
    ++count;
  }
  return count;
}

}  // namespace

std::size_t load_ifmap_tile(CommandStreams& streams, const MachineLimits& machine,
                            const IfmapTile& tile, const std::vector<ChannelRange>& slices,
                            std::int64_t base, After after) {
  const std::int64_t pixels = tile.rows * tile.cols;
  const std::uint32_t bits = tile.format.bits;
  const std::int64_t most =
      machine.blocks_per_transfer(LocalMemory::Scratchpad, machine.array_rows, bits);
  const std::vector<PixelRun> runs = runs_inside(tile);
  const std::vector<PixelRun> gaps = gaps_between(runs, pixels);
  for (std::size_t s = 0; s < slices.size(); ++s) {
    for (const PixelRun& gap : gaps) {
      for (std::int64_t at = 0; at < gap.count; at += machine.max_rows) {
        FillCommand fill;
        fill.destination = {LocalMemory::Scratchpad,
                            to_u32(base + to_i64(s) * pixels + gap.row + at)};
        fill.rows = to_u32(std::min(machine.max_rows, gap.count - at));
        fill.value = tile.padding;
        streams.add(Command{fill}, fill.rows, after);
      }
    }
  }
  for (std::size_t s = 0; s < slices.size();) {
    const std::size_t blocks = joined(slices, s, most, machine.array_rows);
    const ChannelRange& last = slices[s + blocks - 1];
    LoadCommand load;
    load.dram_pitch = tile.pixel_pitch;
    load.row_bytes =
        to_u32(to_i64(packed_bytes(to_u64(last.first + last.count - slices[s].first), bits)));
    load.block_pitch = to_u32(pixels);
    load.operand = Operand::Ifmap;
    for (const PixelRun& run : runs) {
      for (std::int64_t at = 0; at < run.count; at += machine.max_rows) {
        load.dram_address = run.address + to_u64(at) * tile.pixel_pitch +
                            packed_bytes(to_u64(slices[s].first), bits);
        load.rows = to_u32(std::min(machine.max_rows, run.count - at));
        load.destination = {LocalMemory::Scratchpad,
                            to_u32(base + to_i64(s) * pixels + run.row + at)};
        streams.add(Command{load}, load_cycles(machine, load.rows, load.row_bytes), after);
      }
    }
    s += blocks;
  }
  return streams.count(CommandClass::Load);
}

std::size_t fill_border(CommandStreams& streams, const MachineLimits& machine,
                        const KeptTensor& ifmap, const Border& reach, std::int32_t padding) {
  FillCommand fill;
  fill.value = padding;
  std::int64_t first = 0;
  std::int64_t count = 0;
  const auto flush = [&] {
    for (std::int64_t at = 0; at < count; at += machine.max_rows) {
      fill.destination = {LocalMemory::Scratchpad, to_u32(first + at)};
      fill.rows = to_u32(std::min(machine.max_rows, count - at));
      streams.add(Command{fill}, fill.rows, {});
    }
    count = 0;
  };
  const auto add = [&](std::int64_t row, std::int64_t rows) {
    if (row != first + count) {
      flush();
      first = row;
    }
    count += rows;
  };
  for (std::int64_t s = 0; s < ifmap.slices; ++s) {
    for (std::int64_t image = 0; image < ifmap.images; ++image) {
      for (std::int64_t h = -reach.top; h < ifmap.height + reach.bottom; ++h) {
        const std::int64_t left = ifmap.row_of(image, h, -reach.left) + s * ifmap.slice_pitch();
        if (h < 0 || h >= ifmap.height) {
          add(left, reach.left + ifmap.width + reach.right);
        } else {
          add(left, reach.left);
          add(left + reach.left + ifmap.width, reach.right);
        }
      }
    }
  }
  flush();
  return streams.count(CommandClass::Load);
}

}  // namespace systole

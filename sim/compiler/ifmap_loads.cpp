#include "sim/compiler/ifmap_loads.hpp"

#include <algorithm>
#include <utility>

namespace systole {
namespace {

/// Columns of a tile that follow one another in the scratchpad, and in DRAM at a constant pitch. Of
/// each, the bytes from `first_byte` on are inside the image.
struct PixelRun {
  std::int64_t row = 0;  ///< first scratchpad row, from the slice's
  std::int64_t count = 0;
  std::uint64_t address = 0;  ///< of the first byte inside
  std::uint64_t first_byte = 0;
  std::uint64_t bytes = 0;
};

/// The runs of one tile, in order.
class Runs {
 public:
  explicit Runs(const IfmapTile& tile)
      : tile_{tile}, pitch_{to_u64(tile.group.stride) * tile.pixel_pitch} {
    const PixelGroup& group = tile.group;
    const std::int64_t end = tile.w + tile.cols;
    // Columns [inside, outside) lie in the image with all their pixels.
    const std::int64_t inside = std::clamp(ceil_div(group.pad, group.stride), tile.w, end);
    const std::int64_t last = group.in_w - group.taps + group.pad;
    const std::int64_t outside =
        last < 0 ? inside : std::clamp(last / group.stride + 1, inside, end);
    const std::int64_t bottom = std::min(tile.h + tile.rows, tile.in_h);
    for (std::int64_t h = std::max<std::int64_t>(tile.h, 0); h < bottom; ++h) {
      for (std::int64_t column = tile.w; column < inside; ++column) {
        add(h, column, 1);
      }
      add(h, inside, outside - inside);
      for (std::int64_t column = outside; column < end; ++column) {
        add(h, column, 1);
      }
    }
  }

  std::vector<PixelRun> take() { return std::move(runs_); }

 private:
  /// `count` columns from `column` on, of which the same pixels are in the image.
  void add(std::int64_t h, std::int64_t column, std::int64_t count) {
    const PixelGroup& group = tile_.group;
    const std::int64_t pixel = column * group.stride - group.pad;
    const std::int64_t skipped = std::max<std::int64_t>(0, -pixel);
    const std::int64_t pixels = std::min(group.taps, group.in_w - pixel) - skipped;
    if (count == 0 || pixels <= 0) {
      return;
    }
    PixelRun run;
    run.row = (h - tile_.h) * tile_.cols + column - tile_.w;
    run.count = count;
    run.address = tile_.image_address + to_u64(h) * tile_.row_pitch +
                  to_u64(pixel + skipped) * tile_.pixel_pitch;
    run.first_byte = to_u64(skipped) * tile_.pixel_pitch;
    run.bytes = pixels == group.taps ? tile_.group_bytes : to_u64(pixels) * tile_.pixel_pitch;
    const bool continues =
        !runs_.empty() && runs_.back().row + runs_.back().count == run.row &&
        runs_.back().first_byte == run.first_byte && runs_.back().bytes == run.bytes &&
        runs_.back().address + to_u64(runs_.back().count) * pitch_ == run.address;
    if (continues) {
      runs_.back().count += count;
    } else {
      runs_.push_back(run);
    }
  }

  const IfmapTile& tile_;
  const std::uint64_t pitch_;
  std::vector<PixelRun> runs_;
};

/// Scratchpad rows that no run fills from end to end.
std::vector<PixelRun> gaps_between(const std::vector<PixelRun>& runs, const IfmapTile& tile) {
  std::vector<PixelRun> gaps;
  std::int64_t covered = 0;
  const auto gap_until = [&](std::int64_t row) {
    if (row > covered) {
      gaps.push_back({covered, row - covered, 0, 0, 0});
    }
  };
  for (const PixelRun& run : runs) {
    if (run.bytes == tile.group_bytes) {
      gap_until(run.row);
      covered = run.row + run.count;
    }
  }
  gap_until(tile.rows * tile.cols);
  return gaps;
}

}  // namespace

std::size_t slices_at_once(const std::vector<ChannelRange>& slices, std::size_t first,
                           std::int64_t most, std::int64_t array_rows) {
  std::size_t count = 1;
  while (to_i64(count) < most && first + count < slices.size() &&
         slices[first + count - 1].count == array_rows &&
         slices[first + count].first == slices[first + count - 1].first + array_rows) {
    ++count;
  }
  return count;
}

IfmapTile ifmap_under(const ConvLayer& layer, std::int64_t oh, std::int64_t ow, std::int64_t rows,
                      std::int64_t cols) {
  const Window& w = layer.window;
  IfmapTile ifmap;
  ifmap.row_pitch = layer.row_pitch;
  ifmap.pixel_pitch = layer.pixel_pitch;
  ifmap.in_h = layer.in_h;
  ifmap.group = layer.packed.value_or(PixelGroup{1, 1, 0, layer.in_w});
  ifmap.group_bytes = packed_bytes(to_u64(layer.in_c), layer.ifmap_format.bits);
  ifmap.h = oh * w.stride_h - w.pad_top;
  ifmap.w = ow * w.stride_w - w.pad_left;
  ifmap.rows = layer.input_rows(rows);
  ifmap.cols = layer.input_cols(cols);
  ifmap.format = layer.ifmap_format;
  ifmap.padding = layer.ifmap_zero_point;
  return ifmap;
}

std::size_t load_ifmap_tile(CommandStreams& streams, const MachineLimits& machine,
                            const IfmapTile& tile, const std::vector<ChannelRange>& slices,
                            std::int64_t base, After after) {
  const std::int64_t pixels = tile.rows * tile.cols;
  const std::uint32_t bits = tile.format.bits;
  const std::int64_t most =
      machine.blocks_per_transfer(LocalMemory::Scratchpad, machine.array_rows, bits);
  const std::vector<PixelRun> runs = Runs{tile}.take();
  const std::vector<PixelRun> gaps = gaps_between(runs, tile);
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
    const std::size_t blocks = slices_at_once(slices, s, most, machine.array_rows);
    const ChannelRange& last = slices[s + blocks - 1];
    const std::uint64_t first_byte = packed_bytes(to_u64(slices[s].first), bits);
    const std::uint64_t end_byte =
        first_byte + packed_bytes(to_u64(last.first + last.count - slices[s].first), bits);
    const std::uint64_t slice_bytes = packed_bytes(to_u64(machine.array_rows), bits);
    LoadCommand load;
    load.dram_pitch = to_u64(tile.group.stride) * tile.pixel_pitch;
    load.block_pitch = to_u32(pixels);
    load.operand = Operand::Ifmap;
    for (const PixelRun& run : runs) {
      const std::uint64_t from = std::max(first_byte, run.first_byte);
      const std::uint64_t end = std::min(end_byte, run.first_byte + run.bytes);
      if (from >= end) {
        continue;
      }
      load.row_bytes = to_u32(to_i64(end - from));
      load.local_offset = to_u32(to_i64((from - first_byte) % slice_bytes));
      const std::int64_t skipped_blocks = to_i64((from - first_byte) / slice_bytes);
      for (std::int64_t at = 0; at < run.count; at += machine.max_rows) {
        load.dram_address = run.address + to_u64(at) * load.dram_pitch + from - run.first_byte;
        load.rows = to_u32(std::min(machine.max_rows, run.count - at));
        load.destination = {LocalMemory::Scratchpad,
                            to_u32(base + (to_i64(s) + skipped_blocks) * pixels + run.row + at)};
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

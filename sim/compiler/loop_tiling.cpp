#include "sim/compiler/loop_tiling.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "sim/network/ceil_div.hpp"

namespace systole {
namespace {

// The dimensions of a ConvLoopTile, outermost loop first.
constexpr std::size_t kRows = 1;
constexpr std::size_t kCols = 2;
constexpr std::size_t kOutChannels = 3;
constexpr std::size_t kInChannels = 6;
using Sizes = std::array<std::uint32_t, 7>;

ConvLoopTile tile_of(const Sizes& s) { return {s[0], s[1], s[2], s[3], s[4], s[5], s[6]}; }

/// The dimension to shorten next.
std::size_t longest(const Sizes& sizes, std::uint32_t dim) {
  std::size_t longest = sizes.size();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const bool keeps_columns = i == kCols && sizes[kCols] <= dim && sizes[kRows] > 1;
    if (!keeps_columns && (longest == sizes.size() || sizes[i] > sizes[longest])) {
      longest = i;
    }
  }
  return longest;
}

std::uint32_t shorter(std::uint32_t size, bool channels, std::uint32_t dim) {
  if (!channels) {
    return size - 1;
  }
  const std::uint32_t whole_blocks = (size - 1) / dim * dim;
  return std::max(1U, whole_blocks);
}

}  // namespace

LoopRows room_of_a_loop(const AcceleratorConfig& config) {
  return {activation_rows(config) / 2, accumulator_rows(config) / 2};
}

LoopRows rows_needed(const MatmulTile& tile, const AcceleratorConfig& config) {
  const std::uint32_t dim = config.array.rows;
  return {std::uint64_t{tile.k} * (tile.i + tile.j) * dim, std::uint64_t{tile.i} * tile.j * dim};
}

LoopRows rows_needed(const LoopedConv& conv, const ConvLoopTile& t,
                     const AcceleratorConfig& config) {
  const std::uint32_t dim = config.array.cols;
  const bool pools = conv.pool_size != 0;
  const auto before_pooling = [&](std::uint32_t windows) {
    return pools ? windows * conv.pool_stride + conv.pool_size - 1 : windows;
  };
  const std::uint32_t rows = before_pooling(t.rows);
  const std::uint32_t cols = before_pooling(t.cols);
  const std::uint32_t step = downsamples(conv) ? 2 : 1;
  const std::uint64_t in_rows = rows * conv.stride + (t.kernel_rows - 1) * conv.dilation;
  const std::uint64_t in_cols = cols * conv.stride + (t.kernel_cols - 1) * conv.dilation;
  const std::uint64_t out_blocks = ceil_div(t.out_channels, dim);
  const std::uint64_t inputs =
      std::uint64_t{ceil_div(t.in_channels, dim)} * t.batches * (in_rows / step) * (in_cols / step);
  const std::uint64_t weights = out_blocks * t.kernel_rows * t.kernel_cols * t.in_channels;
  return {inputs + weights, out_blocks * t.batches * rows * cols};
}

MatmulTile loop_tile(const LoopedMatmul& matmul, const AcceleratorConfig& config) {
  const std::uint32_t dim = config.array.rows;
  const LoopRows room = room_of_a_loop(config);
  const MatmulTile most{ceil_div(matmul.m, dim), ceil_div(matmul.n, dim), ceil_div(matmul.k, dim)};
  const std::uint64_t tiles = room.accumulators / dim;  // of C at once
  const auto side = std::max(1U, static_cast<std::uint32_t>(std::sqrt(static_cast<double>(tiles))));
  const auto depth = std::max(1U, static_cast<std::uint32_t>(room.scratchpad / 2 / dim / side));
  MatmulTile tile{std::min(most.i, side), std::min(most.j, side), std::min(most.k, depth)};
  for (bool grown = true; grown;) {
    grown = false;
    for (std::uint32_t MatmulTile::*size : {&MatmulTile::j, &MatmulTile::i, &MatmulTile::k}) {
      MatmulTile larger = tile;
      ++(larger.*size);
      if (larger.*size <= most.*size && rows_needed(larger, config) <= room) {
        tile = larger;
        grown = true;
      }
    }
  }
  return tile;
}

ConvLoopTile loop_tile(const LoopedConv& conv, const AcceleratorConfig& config) {
  const std::uint32_t dim = config.array.cols;
  const LoopRows room = room_of_a_loop(config);
  const auto fits = [&](const Sizes& sizes) {
    return rows_needed(conv, tile_of(sizes), config) <= room;
  };
  const Sizes most{conv.batches,
                   conv.pooled(conv.out_rows),
                   conv.pooled(conv.out_cols),
                   conv.out_channels,
                   conv.kernel_rows,
                   conv.kernel_cols,
                   conv.depthwise ? 1 : conv.in_channels};
  Sizes sizes = most;
  while (!fits(sizes)) {
    const std::size_t i = longest(sizes, dim);
    if (sizes[i] == 1) {
      break;  // it never will
    }
    sizes[i] = shorter(sizes[i], i == kOutChannels || i == kInChannels, dim);
  }
  const auto lengthen = [&](std::size_t i) {
    Sizes longer = sizes;
    ++longer[i];
    const bool can = longer[i] <= most[i] && fits(longer);
    sizes = can ? longer : sizes;
    return can;
  };
  while (lengthen(kCols)) {
  }
  for (bool grown = true; grown;) {
    grown = false;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      grown = lengthen(i) || grown;
    }
  }
  return tile_of(sizes);
}

}  // namespace systole

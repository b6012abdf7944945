#include "sim/compiler/conv_loops.hpp"

#include <algorithm>

namespace systole {
namespace {

/// Where a part of one dimension lies: of the output, the padding that it needs, and the input.
struct Span {
  std::uint32_t size = 0;  // outputs
  std::uint32_t pool_before = 0;
  std::uint32_t before = 0, after = 0;  // padding of the input
  std::uint32_t first = 0;              // input, padding left out
};

/// A dimension of the convolution.
struct Dimension {
  std::uint32_t in = 0, out = 0, padding = 0, kernel = 0;  // kernel: of this part
};

std::uint32_t over(std::int64_t value) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(value, 0));
}

/// The part of `windows` pooled outputs from window `first` on, and of kernel taps from `tap` on.
Span span_of(const LoopedConv& conv, const Dimension& dim, std::uint32_t first,
             std::uint32_t windows, std::uint32_t tap) {
  const bool pools = conv.pool_size != 0;
  const std::int64_t stride = pools ? conv.pool_stride : 1;
  const std::int64_t start =
      first * stride - (pools ? static_cast<std::int64_t>(conv.pool_padding) : 0);
  const std::int64_t reach = windows * stride + (pools ? conv.pool_size : 1) - 1;
  Span span;
  span.pool_before = over(-start);
  span.size = static_cast<std::uint32_t>(reach) - span.pool_before - over(start + reach - dim.out);
  const std::int64_t in_first = std::max<std::int64_t>(start, 0) * conv.stride +
                                std::int64_t{tap} * conv.dilation - dim.padding;
  const std::int64_t in_size =
      std::int64_t{span.size} * conv.stride + std::int64_t{dim.kernel - 1} * conv.dilation;
  span.before = over(-in_first);
  span.after = over(in_first + in_size - dim.in);
  span.first = over(in_first);
  return span;
}

/// Where a part begins.
struct Part {
  std::uint32_t batch = 0, row = 0, col = 0, out_channel = 0;
  std::uint32_t kernel_row = 0, kernel_col = 0, in_channel = 0;
};

ConvLoop loop_of(const LoopedConv& conv, const ConvLoopTile& tile, const Part& part,
                 const AcceleratorConfig& config) {
  ConvLoop loop;
  loop.batches = std::min(tile.batches, conv.batches - part.batch);
  loop.out_channels = std::min(tile.out_channels, conv.out_channels - part.out_channel);
  loop.kernel_rows = std::min(tile.kernel_rows, conv.kernel_rows - part.kernel_row);
  loop.kernel_cols = std::min(tile.kernel_cols, conv.kernel_cols - part.kernel_col);
  loop.in_channels =
      conv.depthwise ? 1 : std::min(tile.in_channels, conv.in_channels - part.in_channel);
  loop.stride = conv.stride;
  loop.dilation = conv.dilation;
  loop.downsample = downsamples(conv);
  const std::uint32_t windows_down = conv.pooled(conv.out_rows);
  const std::uint32_t windows_across = conv.pooled(conv.out_cols);
  const std::uint32_t out_rows = std::min(tile.rows, windows_down - part.row);
  const std::uint32_t out_cols = std::min(tile.cols, windows_across - part.col);
  const Span down = span_of(conv, {conv.in_rows, conv.out_rows, conv.up, loop.kernel_rows},
                            part.row, out_rows, part.kernel_row);
  const Span across = span_of(conv, {conv.in_cols, conv.out_cols, conv.left, loop.kernel_cols},
                              part.col, out_cols, part.kernel_col);
  loop.rows = down.size;
  loop.cols = across.size;
  loop.up = down.before;
  loop.down = down.after;
  loop.left = across.before;
  loop.right = across.after;
  const bool packs =
      !loop.downsample && conv.dilation == 1 && loop.in_channels <= config.array.rows;
  loop.pixels_per_row =
      packs ? std::min(config.array.rows / loop.in_channels, loop.kernel_cols) : 1;

  const std::uint32_t channel = conv.depthwise ? part.out_channel : part.in_channel;
  loop.input_pixel_pitch = conv.in_channels;
  loop.input_row_pitch = std::uint64_t{conv.in_cols} * conv.in_channels;
  loop.input_batch_pitch = conv.in_rows * loop.input_row_pitch;
  loop.input_address = conv.input + part.batch * loop.input_batch_pitch +
                       down.first * loop.input_row_pitch + across.first * loop.input_pixel_pitch +
                       channel;
  loop.weight_channel_pitch = conv.depthwise ? 1 : conv.out_channels;
  loop.weight_col_pitch = conv.depthwise ? 1 : std::uint64_t{conv.in_channels} * conv.out_channels;
  loop.weight_row_pitch = conv.kernel_cols * loop.weight_col_pitch;
  loop.weight_address =
      conv.weights + part.kernel_row * loop.weight_row_pitch +
      part.kernel_col * loop.weight_col_pitch +
      (conv.depthwise ? std::uint64_t{part.out_channel} * conv.kernel_rows * conv.kernel_cols
                      : part.in_channel * loop.weight_channel_pitch + part.out_channel);

  const bool starts = part.kernel_row == 0 && part.kernel_col == 0 && part.in_channel == 0;
  loop.padding_value = conv.padding_value;
  loop.table_row = part.out_channel / config.array.cols;
  loop.bias = !starts ? LoopBias::None : conv.has_bias ? LoopBias::Row : LoopBias::Zero;
  loop.bias_address = conv.bias + std::uint64_t{4} * part.out_channel;
  loop.stores = part.kernel_row + loop.kernel_rows == conv.kernel_rows &&
                part.kernel_col + loop.kernel_cols == conv.kernel_cols &&
                (conv.depthwise || part.in_channel + loop.in_channels == conv.in_channels);
  loop.output_pixel_pitch = conv.out_channels;
  loop.output_row_pitch = std::uint64_t{windows_across} * conv.out_channels;
  loop.output_batch_pitch = windows_down * loop.output_row_pitch;
  loop.output_address = conv.output + part.batch * loop.output_batch_pitch +
                        part.row * loop.output_row_pitch + part.col * loop.output_pixel_pitch +
                        part.out_channel;
  if (conv.pool_size != 0) {
    loop.pool = {conv.pool_size,
                 conv.pool_stride,
                 down.pool_before,
                 across.pool_before,
                 loop.rows,
                 loop.cols,
                 out_rows,
                 out_cols,
                 loop.output_row_pitch,
                 loop.output_pixel_pitch};
  }
  return loop;
}

}  // namespace

bool downsamples(const LoopedConv& conv) {
  return conv.stride == 2 && conv.kernel_rows == 1 && conv.kernel_cols == 1 && conv.up == 0 &&
         conv.left == 0 && conv.pool_size == 0 && conv.in_rows % 2 == 0 && conv.in_cols % 2 == 0;
}

std::vector<ConvLoop> conv_loops(const LoopedConv& conv, const ConvLoopTile& tile,
                                 const AcceleratorConfig& config) {
  const std::uint32_t rows = conv.pooled(conv.out_rows);
  const std::uint32_t cols = conv.pooled(conv.out_cols);
  const std::uint32_t in_channels = conv.depthwise ? 1 : conv.in_channels;
  std::vector<ConvLoop> loops;
  Part p;
  for (p.batch = 0; p.batch < conv.batches; p.batch += tile.batches) {
    for (p.row = 0; p.row < rows; p.row += tile.rows) {
      for (p.col = 0; p.col < cols; p.col += tile.cols) {
        for (p.out_channel = 0; p.out_channel < conv.out_channels;
             p.out_channel += tile.out_channels) {
          for (p.kernel_row = 0; p.kernel_row < conv.kernel_rows;
               p.kernel_row += tile.kernel_rows) {
            for (p.kernel_col = 0; p.kernel_col < conv.kernel_cols;
                 p.kernel_col += tile.kernel_cols) {
              for (p.in_channel = 0; p.in_channel < in_channels; p.in_channel += tile.in_channels) {
                loops.push_back(loop_of(conv, tile, p, config));
              }
            }
          }
        }
      }
    }
  }
  return loops;
}

}  // namespace systole

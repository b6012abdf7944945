#include "sim/compiler/conv_folds.hpp"

#include <algorithm>

#include "sim/program/hazards.hpp"

namespace systole {
namespace {

/// Appends rows of the weight matrix, to the last segment if they continue it.
void append(std::vector<WeightSegment>& segments, WeightSegment next) {
  const bool continues =
      !segments.empty() && segments.back().image_row + segments.back().rows == next.image_row;
  if (continues) {
    segments.back().rows += next.rows;
  } else {
    segments.push_back(next);
  }
}

/// `most` consecutive pixels at a time of a tile of rows x cols, row-major.
std::vector<PixelChunk> consecutive_pixels(std::int64_t rows, std::int64_t cols,
                                           std::int64_t pitch_h, std::int64_t most) {
  std::vector<PixelChunk> chunks;
  for (std::int64_t at = 0; at < rows * cols; at += most) {
    const std::int64_t count = std::min(most, rows * cols - at);
    PixelChunk chunk;
    chunk.ifmap_row = at / cols * pitch_h;
    chunk.count_h = (at + count - 1) / cols - at / cols + 1;
    chunk.count_w = cols;
    chunk.pixel = at;
    chunk.skip = at % cols;
    chunk.drop = chunk.count_h * cols - chunk.skip - count;
    chunks.push_back(chunk);
  }
  return chunks;
}

}  // namespace

std::int64_t fold_products(std::int64_t end_tap, std::int64_t channels, std::int64_t first,
                           const MachineLimits& machine) {
  const std::int64_t left = end_tap * channels - first;
  if (machine.config.array.dataflow == Dataflow::OutputStationary) {
    return left;
  }
  // A composable PE's products are of one part.
  const std::int64_t lanes = machine.array_rows;
  std::int64_t pes = machine.config.array.rows;
  std::int64_t products = 0;
  for (std::uint32_t part = 0;
       part < machine.config.array.gather_rows && products < left && pes > 0; ++part) {
    const std::int64_t channel = (first + products) % channels;
    const std::int64_t count =
        std::min({lanes - channel % lanes, channels - channel, pes * machine.products_per_pe});
    products += count;
    pes -= machine.weight_rows_of(count);
  }
  return products;
}

std::int64_t count_folds(std::int64_t taps, std::int64_t channels, const MachineLimits& machine) {
  if (machine.config.array.dataflow == Dataflow::OutputStationary) {
    return channels > 0 ? 1 : 0;
  }
  if (machine.config.array.gather_rows == 1) {
    return taps * ceil_div(channels, machine.array_rows);
  }
  if (machine.config.array.gather_rows >= machine.array_rows && machine.products_per_pe == 1) {
    return ceil_div(taps * channels, machine.array_rows);
  }
  std::int64_t folds = 0;
  for (std::int64_t at = 0; at < taps * channels; ++folds) {
    at += fold_products(taps, channels, at, machine);
  }
  return folds;
}

std::int64_t step_channels(const StepSlices& slices, const StepSlices::OfBlock& of_block) {
  std::int64_t channels = 0;
  for (std::size_t s = of_block.first; s < of_block.first + of_block.count; ++s) {
    channels += slices.slices[s].count;
  }
  return channels;
}

std::vector<WeightGroup> fold_groups(const StepSlices& slices, const StepSlices::OfBlock& of_block,
                                     const ChannelRange& window, const MachineLimits& machine,
                                     const TapRange& taps) {
  std::vector<WeightGroup> groups;
  const std::int64_t channels = step_channels(slices, of_block);
  const std::int64_t end_tap = taps.first + taps.count;
  for (std::int64_t first = taps.first * channels; first < end_tap * channels;) {
    FoldSlice fold{first, fold_products(end_tap, channels, first, machine), 0};
    std::vector<WeightSegment> segments;
    std::int64_t fold_rows = 0;
    for (std::int64_t done = 0; done < fold.k;) {
      const std::int64_t channel = (first + done) % channels;
      const std::int64_t count = std::min(channels - channel, fold.k - done);
      // A composable PE's products share a row; taps and folds start with a row of their own.
      const std::int64_t in_window = slices.slices[of_block.first].first - window.first + channel;
      append(segments, {(first + done) / channels * machine.weight_rows_of(window.count) +
                            in_window / machine.products_per_pe,
                        machine.weight_rows_of(count)});
      fold_rows += machine.weight_rows_of(count);
      done += count;
    }
    const bool joins =
        !groups.empty() && groups.back().rows + fold_rows <= machine.max_rows &&
        groups.back().segments.back().image_row + groups.back().segments.back().rows ==
            segments.front().image_row;
    if (!joins) {
      groups.emplace_back();
    }
    WeightGroup& group = groups.back();
    fold.row = group.rows;
    group.rows += fold_rows;
    group.folds.push_back(fold);
    for (const WeightSegment& segment : segments) {
      append(group.segments, segment);
    }
    first += fold.k;
  }
  return groups;
}

std::vector<PixelChunk> pixel_chunks(const ConvLayer& layer, std::int64_t rows, std::int64_t cols,
                                     const MachineLimits& machine) {
  const std::int64_t pitch_h = layer.window.stride_h * layer.ifmap_pitch(cols);
  const std::int64_t pitch_w = layer.window.stride_w;
  const bool linear = pixels_are_linear(layer, cols);
  const Dataflow dataflow = machine.config.array.dataflow;
  if (dataflow != Dataflow::WeightStationary && !linear) {
    return consecutive_pixels(rows, cols, pitch_h, machine.pixels_at_once());
  }
  const std::int64_t max_compute_rows = machine.pixels_at_once();
  std::vector<PixelChunk> chunks;
  if (!linear && cols <= max_compute_rows) {
    const std::int64_t rows_at_once = max_compute_rows / cols;
    for (std::int64_t row = 0; row < rows; row += rows_at_once) {
      chunks.push_back({row * pitch_h, std::min(rows_at_once, rows - row), cols, row * cols});
    }
    return chunks;
  }
  const std::int64_t lines = linear ? 1 : rows;
  const std::int64_t length = linear ? rows * cols : cols;
  for (std::int64_t line = 0; line < lines; ++line) {
    for (std::int64_t at = 0; at < length; at += max_compute_rows) {
      chunks.push_back({line * pitch_h + at * pitch_w, 1, std::min(max_compute_rows, length - at),
                        line * length + at});
    }
  }
  return chunks;
}

std::int64_t blocks_per_weight_load(const ConvLayer& layer, const MachineLimits& machine) {
  return layer.groups > 1 || !machine.blocks_interleave()
             ? 1
             : machine.blocks_per_transfer(weight_memory(machine.config),
                                           machine.array_cols * machine.products_per_pe,
                                           layer.weight_format.bits);
}

namespace {

/// Of one tap of the layer, whose channels are those of several taps where they are packed.
void append_span(std::vector<FoldSpan>& spans, const ConvLayer& layer, const FoldSpan& span) {
  const std::int64_t taps = layer.packed ? layer.packed->taps : 1;
  const std::int64_t channels = layer.in_c / taps;
  const std::int64_t end = span.first_channel + span.channels;
  for (std::int64_t at = span.first_channel; at < end;) {
    const std::int64_t channel = taps > 1 ? at % channels : at;
    const std::int64_t count = taps > 1 ? std::min(channels - channel, end - at) : end - at;
    const bool first = at == span.first_channel;
    spans.push_back({span.tap * taps + (taps > 1 ? at / channels : 0), channel, count,
                     !first || span.continues, !first});
    at += count;
  }
}

/// A fold's products tap by tap, of `channels` each, the first of which is `first_channel`.
void append_spans(std::vector<FoldSpan>& spans, const ConvLayer& layer, const FoldSlice& fold,
                  std::int64_t channels, std::int64_t first_channel) {
  for (std::int64_t at = fold.first; at < fold.first + fold.k;) {
    const std::int64_t channel = at % channels;
    const std::int64_t count = std::min(channels - channel, fold.first + fold.k - at);
    append_span(spans, layer,
                {at / channels, first_channel + channel, count, at != fold.first, false});
    at += count;
  }
}

}  // namespace

std::vector<std::vector<FoldSpan>> accumulation_order(const ConvLayer& layer,
                                                      const WeightImage& image,
                                                      const MachineLimits& machine,
                                                      const ConvTiling& tiling) {
  std::vector<std::vector<FoldSpan>> order(image.blocks.size());
  const std::int64_t at_once = blocks_per_weight_load(layer, machine);
  const auto all = to_i64(image.blocks.size());
  for (std::int64_t first = 0; first < all; first += tiling.blocks) {
    const std::int64_t blocks = std::min(tiling.blocks, all - first);
    for (std::int64_t s = 0; s < reduction_steps(layer, image, tiling); ++s) {
      const ReductionStep step = reduction_step(layer, tiling, s);
      const StepSlices slices =
          step_slices(layer, image, machine, tiling, first, blocks, step.ic_step);
      for (std::int64_t b = 0; b < blocks; ++b) {
        const std::int64_t leader = b / at_once * at_once;
        const StepSlices::OfBlock& of_block = slices.of_block[to_u64(leader)];
        const std::int64_t channels = step_channels(slices, of_block);
        for (const WeightGroup& group :
             fold_groups(slices, of_block, image.blocks[to_u64(first + leader)].window, machine,
                         step.taps)) {
          for (const FoldSlice& fold : group.folds) {
            append_spans(order[to_u64(first + b)], layer, fold, channels,
                         slices.slices[of_block.first].first);
          }
        }
      }
    }
  }
  return order;
}

}  // namespace systole

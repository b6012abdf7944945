#include "sim/program/conv_loop_commands.hpp"

#include <algorithm>

#include "sim/network/ceil_div.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kBiasBytes = 4;

/// Writes the commands of one loop.
class Generator {
 public:
  Generator(const ConvLoop& loop, const LoopPlace& place, const LoopShape& shape)
      : loop_{loop},
        place_{place},
        dim_{shape.array_dim},
        max_channels_{shape.max_blocks * shape.array_dim},
        step_{loop.downsample ? 2U : 1U},
        in_cols_{loop.in_cols() / step_},
        in_plane_{loop.in_rows() / step_ * in_cols_},
        weight_block_{loop.kernel_rows * loop.kernel_cols * loop.in_channels},
        weights_first_{place.scratchpad_end - ceil_div(loop.out_channels, dim_) * weight_block_} {}

  std::vector<Command> bias() const {
    if (loop_.bias == LoopBias::None) {
      return {};
    }
    std::vector<Command> commands{{ConfigureCommand{CommandClass::Load}}};
    for_each_pixel_run([&](std::uint32_t b, std::uint32_t row, std::uint32_t col) {
      for (std::uint32_t channel = 0; channel < loop_.out_channels; channel += dim_) {
        const LocalAddress to{LocalMemory::Accumulators, sum_row(channel, b, row, col)};
        const std::uint32_t channels = std::min(dim_, loop_.out_channels - channel);
        const std::uint32_t pixels = std::min(dim_, loop_.cols - col);
        if (loop_.bias == LoopBias::Zero) {
          commands.push_back({padding(to, pixels, channels, 0, 1)});
          continue;
        }
        LoadCommand load;
        load.dram_address = loop_.bias_address + std::uint64_t{kBiasBytes} * channel;
        load.rows = pixels;
        load.row_bytes = kBiasBytes * channels;
        load.destination = to;
        load.operand = Operand::Bias;
        commands.push_back({load});
      }
    });
    return commands;
  }

  std::vector<Command> input() const {
    std::vector<Command> commands{{ConfigureCommand{CommandClass::Load}}};
    const auto wanted_rows = signed_of(loop_.in_rows() - loop_.up - loop_.down);
    const auto step = signed_of(step_);
    for (std::uint32_t b = 0; b < loop_.batches; ++b) {
      for (auto row = -signed_of(loop_.up); row < wanted_rows + signed_of(loop_.down);
           row += step) {
        input_row(b, row, row < 0 || row >= wanted_rows, commands);
      }
    }
    return commands;
  }

  std::vector<Command> weights() const {
    std::vector<Command> commands{{ConfigureCommand{CommandClass::Load}}};
    for (std::uint32_t out = 0; out < loop_.out_channels; out += max_channels_) {
      for (std::uint32_t row = 0; row < loop_.kernel_rows; ++row) {
        for (std::uint32_t col = 0; col < loop_.kernel_cols; ++col) {
          for (std::uint32_t in = 0; in < loop_.in_channels; in += dim_) {
            LoadCommand load;
            load.dram_address = loop_.weight_address + row * loop_.weight_row_pitch +
                                col * loop_.weight_col_pitch + in * loop_.weight_channel_pitch +
                                out;
            load.dram_pitch = loop_.weight_channel_pitch;
            load.rows = std::min(dim_, loop_.in_channels - in);
            load.row_bytes = std::min(max_channels_, loop_.out_channels - out);
            load.destination = {LocalMemory::Scratchpad, weight_row(out, row, col, in)};
            load.block_pitch = weight_block_;
            load.operand = Operand::Weight;
            commands.push_back({load});
          }
        }
      }
    }
    return commands;
  }

  std::vector<Command> execute() const {
    std::vector<Command> commands;
    for (std::uint32_t out = 0; out < loop_.out_channels; out += dim_) {
      for (std::uint32_t row = 0; row < loop_.kernel_rows; ++row) {
        for (std::uint32_t col = 0; col < loop_.kernel_cols; col += loop_.pixels_per_row) {
          for (std::uint32_t in = 0; in < loop_.in_channels; in += dim_) {
            fold(out, row, col, in, commands);
          }
        }
      }
    }
    return commands;
  }

  std::vector<Command> store() const {
    if (!loop_.stores) {
      return {};
    }
    return loop_.pool.enabled() ? pooled_stores() : plain_stores();
  }

 private:
  static std::int32_t signed_of(std::uint32_t value) { return static_cast<std::int32_t>(value); }

  static FillCommand padding(LocalAddress to, std::uint32_t rows, std::uint32_t elements,
                             std::uint32_t block_pitch, std::uint32_t repeats) {
    FillCommand fill;
    fill.destination = to;
    fill.rows = rows;
    fill.beside_data = true;
    fill.elements = elements;
    fill.block_pitch = block_pitch;
    fill.pixel_repeats = repeats;
    return fill;
  }

  template <typename Body>
  void for_each_pixel_run(Body body) const {
    for (std::uint32_t b = 0; b < loop_.batches; ++b) {
      for (std::uint32_t row = 0; row < loop_.rows; ++row) {
        for (std::uint32_t col = 0; col < loop_.cols; col += dim_) {
          body(b, row, col);
        }
      }
    }
  }

  /// A row of input pixels: padding, up to array.cols pixels at a time, padding.
  void input_row(std::uint32_t b, std::int32_t row, bool outside,
                 std::vector<Command>& commands) const {
    const auto dim = signed_of(dim_);
    const auto wanted = signed_of(loop_.in_cols() - loop_.left - loop_.right);
    const auto end = wanted + signed_of(loop_.right);
    for (auto col = -signed_of(loop_.left); col < end;) {
      const bool beside = col < 0 || col >= wanted;
      const std::int32_t pixels = col < 0         ? std::min(-col, dim)
                                  : col >= wanted ? std::min(end - col, dim)
                                                  : std::min(wanted - col, dim * signed_of(step_));
      const std::uint32_t rows = static_cast<std::uint32_t>(pixels) / step_;
      for (std::uint32_t channel = 0; channel < loop_.in_channels; channel += max_channels_) {
        const std::uint32_t channels = std::min(max_channels_, loop_.in_channels - channel);
        const LocalAddress to{LocalMemory::Scratchpad, input_place(channel, b, row, col)};
        if (outside || beside) {
          FillCommand fill =
              padding(to, rows, channels, loop_.batches * in_plane_, loop_.pixels_per_row);
          fill.value = loop_.padding_value;
          commands.push_back({fill});
          continue;
        }
        LoadCommand load;
        load.dram_address = loop_.input_address + b * loop_.input_batch_pitch +
                            static_cast<std::uint32_t>(row) * loop_.input_row_pitch +
                            static_cast<std::uint32_t>(col) * loop_.input_pixel_pitch + channel;
        load.dram_pitch = loop_.input_pixel_pitch * step_;
        load.rows = rows;
        load.row_bytes = channels;
        load.destination = to;
        load.block_pitch = loop_.batches * in_plane_;
        load.pixel_repeats = loop_.pixels_per_row;
        commands.push_back({load});
      }
      col += pixels;
    }
  }

  /// The pairs of one stationary block of weights.
  void fold(std::uint32_t out, std::uint32_t kernel_row, std::uint32_t kernel_col, std::uint32_t in,
            std::vector<Command>& commands) const {
    const std::uint32_t pixels = std::min(loop_.pixels_per_row, loop_.kernel_cols - kernel_col);
    const std::uint32_t k = pixels * std::min(dim_, loop_.in_channels - in);
    bool first = true;
    for_each_pixel_run([&](std::uint32_t b, std::uint32_t row, std::uint32_t col) {
      PreloadCommand preload;
      preload.new_weights = first;
      preload.weights = {LocalMemory::Scratchpad, weight_row(out, kernel_row, kernel_col, in)};
      preload.k = k;
      preload.n = std::min(dim_, loop_.out_channels - out);
      preload.acc_row = sum_row(out, b, row, col);
      preload.acc_rows = std::min(dim_, loop_.cols - col);
      preload.accumulate = true;
      ComputeCommand compute;
      const std::uint32_t in_row = (row * loop_.stride + kernel_row * loop_.dilation) / step_;
      const std::uint32_t in_col = (col * loop_.stride + kernel_col * loop_.dilation) / step_;
      compute.ifmap_row = place_.scratchpad_first + in / dim_ * loop_.batches * in_plane_ +
                          b * in_plane_ + in_row * in_cols_ + in_col;
      compute.count_w = preload.acc_rows;
      compute.pitch_w = loop_.stride / step_;
      compute.k = k;
      commands.push_back({preload});
      commands.push_back({compute});
      first = false;
    });
  }

  std::vector<Command> plain_stores() const {
    std::vector<Command> commands;
    for_each_pixel_run([&](std::uint32_t b, std::uint32_t row, std::uint32_t col) {
      for (std::uint32_t channel = 0; channel < loop_.out_channels; channel += dim_) {
        StoreCommand store;
        store.source = {LocalMemory::Accumulators, sum_row(channel, b, row, col)};
        store.rows = std::min(dim_, loop_.cols - col);
        store.elements = std::min(dim_, loop_.out_channels - channel);
        store.table_row = loop_.table_row + channel / dim_;
        store.dram_address = loop_.output_address + b * loop_.output_batch_pitch +
                             row * loop_.output_row_pitch + col * loop_.output_pixel_pitch +
                             channel;
        store.dram_pitch = loop_.output_pixel_pitch;
        commands.push_back({store});
      }
    });
    return commands;
  }

  std::vector<Command> pooled_stores() const {
    std::vector<Command> commands{{ConfigureCommand{CommandClass::Store}}};
    for (std::uint32_t b = 0; b < loop_.batches; ++b) {
      for (std::uint32_t channel = 0; channel < loop_.out_channels; channel += dim_) {
        StoreCommand store;
        store.source = {LocalMemory::Accumulators, sum_row(channel, b, 0, 0)};
        store.rows = loop_.pool.out_rows * loop_.pool.out_cols;
        store.elements = std::min(dim_, loop_.out_channels - channel);
        store.table_row = loop_.table_row + channel / dim_;
        store.dram_address = loop_.output_address + b * loop_.output_batch_pitch + channel;
        store.pool = loop_.pool;
        commands.push_back({store});
      }
    }
    commands.push_back({ConfigureCommand{CommandClass::Store}});
    return commands;
  }

  std::uint32_t sum_row(std::uint32_t channel, std::uint32_t b, std::uint32_t row,
                        std::uint32_t col) const {
    const std::uint32_t plane = loop_.rows * loop_.cols;
    return place_.accumulator_first + (channel / dim_ * loop_.batches + b) * plane +
           row * loop_.cols + col;
  }

  std::uint32_t weight_row(std::uint32_t out, std::uint32_t row, std::uint32_t col,
                           std::uint32_t in) const {
    return weights_first_ + out / dim_ * weight_block_ +
           (row * loop_.kernel_cols + col) * loop_.in_channels + in;
  }

  /// Scratchpad row of an input pixel; those of the padding above and on the left are negative.
  std::uint32_t input_place(std::uint32_t channel, std::uint32_t b, std::int32_t row,
                            std::int32_t col) const {
    const std::uint32_t padded_row = static_cast<std::uint32_t>(row + signed_of(loop_.up)) / step_;
    const std::uint32_t padded_col =
        static_cast<std::uint32_t>(col + signed_of(loop_.left)) / step_;
    return place_.scratchpad_first + channel / dim_ * loop_.batches * in_plane_ + b * in_plane_ +
           padded_row * in_cols_ + padded_col;
  }

  const ConvLoop& loop_;
  const LoopPlace& place_;
  const std::uint32_t dim_;
  const std::uint32_t max_channels_;  // of a load
  const std::uint32_t step_;          // input pixels to one that is loaded, each way
  const std::uint32_t in_cols_;       // in the scratchpad, padding included
  const std::uint32_t in_plane_;
  const std::uint32_t weight_block_;  // rows of array.cols output channels' weights
  const std::uint32_t weights_first_;
};

}  // namespace

ConvLoopCommands conv_loop_commands(const ConvLoop& loop, const LoopPlace& place,
                                    const LoopShape& shape) {
  const Generator generator{loop, place, shape};
  return {generator.bias(), generator.input(), generator.weights(), generator.execute(),
          generator.store()};
}

}  // namespace systole

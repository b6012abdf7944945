#pragma once

#include <cstdint>
#include <optional>

#include "sim/compiler/dram_pitches.hpp"
#include "sim/compiler/kept_tensor.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// Consecutive channels.
struct ChannelRange {
  std::int64_t first = 0;
  std::int64_t count = 0;

  bool operator==(const ChannelRange& o) const { return first == o.first && count == o.count; }
};

/// The pixels of an image row that lie side by side in one scratchpad row: the `taps` from pixel
/// column * stride - pad on, of a row of `in_w`.
struct PixelGroup {
  std::int64_t taps = 1, stride = 1, pad = 0, in_w = 1;
};

/// A convolution, a fully connected layer or a matrix product, as the one thing the array does:
/// a sliding window over an NHWC ifmap. Matrices are 1x1 convolutions over rows of pixels.
///
/// `pixel_pitch`, `row_pitch` and `image_pitch` say where the ifmap's pixels lie in DRAM, so that
/// a 1x1 convolution with a stride is one without over every other pixel.
struct ConvLayer {
  std::int64_t batch = 1, in_h = 1, in_w = 1, in_c = 1;
  std::int64_t out_h = 1, out_w = 1, out_c = 1;
  std::uint64_t pixel_pitch = 0, row_pitch = 0, image_pitch = 0;  ///< bytes
  std::uint64_t ofmap_pitch = 0;                                  ///< bytes from pixel to pixel
  Window window;
  std::int64_t groups = 1;

  TensorId ifmap = 0, weight = 0, ofmap = 0;
  std::optional<TensorId> bias;
  bool weight_is_k_by_n = false;      ///< [K][N] (matmul's b) rather than [N][...K]
  bool weight_is_activation = false;  ///< computed by another layer
  ElementFormat ifmap_format, weight_format, ofmap_format;
  std::int32_t ifmap_zero_point = 0;
  const Requantizer* requant = nullptr;
  PinnedMapping pinned;
  bool one_group_a_block = false;  ///< else array.cols output channels, of several groups
  /// With packed taps a scratchpad row holds what a row of the kernel covers, as one pixel of
  /// kernel_w * in_c channels: in_c, in_w and the window are those of such pixels.
  std::optional<PixelGroup> packed;
  std::uint64_t needed_ifmap_bytes = 0;  ///< of the different pixels that some window reaches

  /// Where the ifmap lies if it is in the scratchpad, and the ofmap if it is to stay there.
  std::optional<KeptTensor> kept_ifmap, kept_ofmap;

  std::int64_t taps() const { return window.kernel_h * window.kernel_w; }
  bool needs_bias() const { return bias.has_value() || ifmap_zero_point != 0; }
  /// Its biases contain sums of weights that are known only when another layer has computed them.
  bool has_run_time_bias() const { return weight_is_activation && ifmap_zero_point != 0; }
  bool per_channel_requant() const { return requant->entries() > 1; }

  /// Ifmap rows (columns) under `count` output rows (columns).
  std::int64_t input_rows(std::int64_t count) const {
    return (count - 1) * window.stride_h + (window.kernel_h - 1) * window.dilation_h + 1;
  }
  std::int64_t input_cols(std::int64_t count) const {
    return (count - 1) * window.stride_w + (window.kernel_w - 1) * window.dilation_w + 1;
  }

  /// Scratchpad rows from a row of pixels of a tile's ifmap to the next, under `cols` output
  /// columns.
  std::int64_t ifmap_pitch(std::int64_t cols) const {
    const bool one_line = out_h == 1 && window.kernel_h == 1;
    return kept_ifmap && !one_line ? kept_ifmap->row_pitch() : input_cols(cols);
  }
  bool stores_ofmap() const { return !kept_ofmap || kept_ofmap->in_dram; }

  /// Pixels outside the image that some window reaches.
  Border padding() const;

  /// Input channels that the output channels [first, first + count) touch: all of
  /// them, or those of their groups, from a whole byte of a pixel on.
  ChannelRange input_window(std::int64_t first, std::int64_t count) const;
};

/// The layer as a convolution; none if its operator is another. `activation[id]` says whether
/// tensor `id` is computed or given at run time. `kept_ifmap`: where the ifmap lies if it is not
/// to be loaded; null: it is.
std::optional<ConvLayer> as_conv(const Network& network, const Layer& layer,
                                 const std::vector<bool>& activation,
                                 const DramPitches& pitches = {},
                                 const KeptTensor* kept_ifmap = nullptr);

/// The layer with the taps of each kernel row packed; none where they are no neighbours in DRAM.
std::optional<ConvLayer> with_packed_taps(const ConvLayer& layer);

/// Whether the vector unit runs it (compiler.depthwise: vector); other layers of groups stay in the
/// array, side by side or, with `column`, a group at a time.
bool runs_in_vector_unit(const ConvLayer& layer, const AcceleratorConfig& config);
bool runs_by_groups(const ConvLayer& layer, const AcceleratorConfig& config);

}  // namespace systole

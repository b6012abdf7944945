#include "sim/compiler/conv_layer.hpp"

#include <algorithm>
#include <numeric>

#include "sim/compiler/arithmetic.hpp"
#include "sim/network/packing.hpp"

namespace systole {
namespace {

std::uint64_t row_bytes(std::int64_t elements, ElementFormat format) {
  return packed_bytes(to_u64(elements), format.bits);
}

ConvLayer from_tensors(const Network& network, const Layer& layer, const Requantizer& requant,
                       bool has_bias) {
  ConvLayer conv;
  conv.ifmap = layer.inputs.at(0);
  conv.weight = layer.inputs.at(1);
  conv.ofmap = layer.output;
  if (has_bias) {
    conv.bias = layer.inputs.at(2);
  }
  conv.ifmap_format = network.tensor(conv.ifmap).format;
  conv.weight_format = network.tensor(conv.weight).format;
  conv.ofmap_format = network.tensor(conv.ofmap).format;
  conv.ifmap_zero_point = network.tensor(conv.ifmap).zero_point;
  conv.requant = &requant;
  return conv;
}

/// A 1x1 window needs every stride-th pixel only: the others are never loaded.
void drop_skipped_pixels(ConvLayer& conv) {
  const Window& w = conv.window;
  const bool padded = w.pad_top + w.pad_left + w.pad_bottom + w.pad_right != 0;
  if (w.kernel_h != 1 || w.kernel_w != 1 || padded) {
    return;
  }
  conv.pixel_pitch *= to_u64(w.stride_w);
  conv.row_pitch *= to_u64(w.stride_h);
  conv.in_h = conv.out_h;
  conv.in_w = conv.out_w;
  conv.window = Window{};
}

/// Pixels that follow one another in DRAM, rows and images included, are one long row: the tiling
/// then cuts it anywhere. Pinned rows and columns keep the image's shape.
void flatten_pixels(ConvLayer& conv, const PinnedMapping& pinned) {
  const bool one_by_one = conv.taps() == 1 && conv.in_h == conv.out_h && conv.in_w == conv.out_w &&
                          conv.window.stride_h == 1 && conv.window.stride_w == 1;
  const bool contiguous =
      conv.row_pitch == to_u64(conv.in_w) * conv.pixel_pitch &&
      (conv.batch == 1 || conv.image_pitch == to_u64(conv.in_h) * conv.row_pitch);
  if (!one_by_one || !contiguous || pinned.tile_oh != 0 || pinned.tile_ow != 0) {
    return;
  }
  conv.in_w = conv.out_w = conv.batch * conv.in_h * conv.in_w;
  conv.batch = conv.in_h = conv.out_h = 1;
  conv.row_pitch = conv.image_pitch = to_u64(conv.in_w) * conv.pixel_pitch;
}

ConvLayer from_conv2d(const Network& network, const Layer& layer, const Conv2d& op,
                      std::uint64_t ifmap_pitch, const KeptTensor* kept_ifmap) {
  ConvLayer conv = from_tensors(network, layer, op.requant, op.has_bias);
  const Shape& in = network.tensor(conv.ifmap).shape;
  const Shape& out = network.tensor(conv.ofmap).shape;
  conv.batch = in.at(0);
  conv.in_h = in.at(1);
  conv.in_w = in.at(2);
  conv.in_c = in.at(3);
  conv.out_h = out.at(1);
  conv.out_w = out.at(2);
  conv.out_c = out.at(3);
  conv.window = op.window;
  conv.groups = op.groups;
  conv.pixel_pitch = ifmap_pitch != 0 ? ifmap_pitch : row_bytes(conv.in_c, conv.ifmap_format);
  conv.row_pitch = to_u64(conv.in_w) * conv.pixel_pitch;
  conv.image_pitch = to_u64(conv.in_h) * conv.row_pitch;
  if (kept_ifmap == nullptr) {
    drop_skipped_pixels(conv);
  }
  if (kept_ifmap == nullptr || kept_ifmap->border.none()) {
    flatten_pixels(conv, layer.mapping);
  }
  return conv;
}

ConvLayer from_matrices(const Network& network, const Layer& layer, const Requantizer& requant,
                        bool has_bias, bool weight_is_k_by_n) {
  ConvLayer conv = from_tensors(network, layer, requant, has_bias);
  conv.weight_is_k_by_n = weight_is_k_by_n;
  const Shape& weight = network.tensor(conv.weight).shape;
  conv.in_c = weight.at(weight_is_k_by_n ? 0 : 1);
  conv.out_c = weight.at(weight_is_k_by_n ? 1 : 0);
  conv.in_w = conv.out_w = network.tensor(conv.ifmap).elements() / conv.in_c;
  conv.pixel_pitch = row_bytes(conv.in_c, conv.ifmap_format);
  conv.row_pitch = conv.image_pitch = to_u64(conv.in_w) * conv.pixel_pitch;
  return conv;
}

/// Rows of an image that some window reaches, along one dimension.
std::int64_t reached(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                     std::int64_t dilation, std::int64_t pad) {
  std::vector<bool> seen(to_u64(in), false);
  std::int64_t count = 0;
  for (std::int64_t o = 0; o < out; ++o) {
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t i = o * stride - pad + k * dilation;
      if (i >= 0 && i < in && !seen[to_u64(i)]) {
        seen[to_u64(i)] = true;
        ++count;
      }
    }
  }
  return count;
}

std::int64_t needed_pixels(const ConvLayer& layer) {
  const Window& w = layer.window;
  return layer.batch *
         reached(layer.in_h, layer.out_h, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top) *
         reached(layer.in_w, layer.out_w, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left);
}

DepthwiseMapping mapping_of_groups(const ConvLayer& layer, const AcceleratorConfig& config) {
  return layer.pinned.depthwise.value_or(config.compiler.depthwise);
}

}  // namespace

ChannelRange ConvLayer::input_window(std::int64_t first, std::int64_t count) const {
  if (groups == 1) {
    return {0, in_c};
  }
  const std::int64_t in_per_group = in_c / groups;
  const std::int64_t out_per_group = out_c / groups;
  const std::int64_t first_group = first / out_per_group;
  const std::int64_t last_group = (first + count - 1) / out_per_group;
  // From a whole byte on: a load cannot start within one.
  const std::int64_t per_whole_bytes =
      8 / std::gcd(std::int64_t{ifmap_format.bits}, std::int64_t{8});
  const std::int64_t start = first_group * in_per_group / per_whole_bytes * per_whole_bytes;
  return {start, (last_group + 1) * in_per_group - start};
}

Border ConvLayer::padding() const {
  const auto past = [](std::int64_t end, std::int64_t in) {
    return std::max<std::int64_t>(0, end - in);
  };
  return {window.pad_top, past(input_rows(out_h) - window.pad_top, in_h), window.pad_left,
          past(input_cols(out_w) - window.pad_left, in_w)};
}

std::optional<ConvLayer> as_conv(const Network& network, const Layer& layer,
                                 const std::vector<bool>& activation, const DramPitches& pitches,
                                 const KeptTensor* kept_ifmap) {
  std::optional<ConvLayer> conv;
  if (const auto* conv2d = std::get_if<Conv2d>(&layer.op)) {
    conv = from_conv2d(network, layer, *conv2d, pitches.ifmap, kept_ifmap);
  } else if (const auto* fc = std::get_if<FullyConnected>(&layer.op)) {
    conv = from_matrices(network, layer, fc->requant, fc->has_bias, false);
  } else if (const auto* matmul = std::get_if<MatMul>(&layer.op)) {
    conv = from_matrices(network, layer, matmul->requant, false, true);
  }
  if (conv && kept_ifmap != nullptr) {
    conv->kept_ifmap = *kept_ifmap;
  }
  if (conv) {
    conv->pinned = layer.mapping;
    conv->ofmap_pitch =
        pitches.ofmap != 0 ? pitches.ofmap : row_bytes(conv->out_c, conv->ofmap_format);
    conv->needed_ifmap_bytes =
        to_u64(needed_pixels(*conv)) * packed_bytes(to_u64(conv->in_c), conv->ifmap_format.bits);
    conv->weight_is_activation = activation.at(conv->weight);
  }
  return conv;
}

std::optional<ConvLayer> with_packed_taps(const ConvLayer& layer) {
  const Window& w = layer.window;
  const std::uint64_t pixel_bits = to_u64(layer.in_c) * layer.ifmap_format.bits;
  const bool neighbours =
      w.dilation_w == 1 && pixel_bits % 8 == 0 && layer.pixel_pitch == pixel_bits / 8;
  if (layer.groups > 1 || layer.kept_ifmap || w.kernel_w == 1 || !neighbours) {
    return std::nullopt;
  }
  ConvLayer packed = layer;
  packed.packed = PixelGroup{w.kernel_w, w.stride_w, w.pad_left, layer.in_w};
  packed.in_c *= w.kernel_w;
  packed.in_w = layer.out_w;
  packed.window.kernel_w = packed.window.stride_w = 1;
  packed.window.pad_left = packed.window.pad_right = 0;
  return packed;
}

bool runs_in_vector_unit(const ConvLayer& layer, const AcceleratorConfig& config) {
  const bool depthwise =
      layer.groups > 1 && layer.groups == layer.in_c && layer.in_c == layer.out_c;
  return depthwise && mapping_of_groups(layer, config) == DepthwiseMapping::Vector;
}

bool runs_by_groups(const ConvLayer& layer, const AcceleratorConfig& config) {
  return layer.groups > 1 && mapping_of_groups(layer, config) == DepthwiseMapping::Column;
}

}  // namespace systole

#include "sim/quantize/float_executor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace systole::quantize {
namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Offset of the first of `count` images, each of the value's shape.
std::size_t whole(const Shape& shape, std::int64_t count) {
  return index(element_count(shape) * count);
}

/// Of the sizes of the axes in [from, to).
std::int64_t product(const Shape& shape, std::size_t from, std::size_t to) {
  std::int64_t sizes = 1;
  for (std::size_t axis = from; axis < to; ++axis) {
    sizes *= shape[axis];
  }
  return sizes;
}

/// [groups][rows][columns] with the two inner dimensions swapped, so that the innermost loop of
/// a product runs over output channels, which lie side by side in the output as well.
std::vector<float> transposed(const std::vector<float>& from, std::int64_t groups,
                              std::int64_t rows, std::int64_t columns) {
  std::vector<float> to(from.size());
  for (std::int64_t g = 0; g < groups; ++g) {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        to[index((g * columns + c) * rows + r)] = from[index((g * rows + r) * columns + c)];
      }
    }
  }
  return to;
}

/// One image of a convolution.
class ConvolutionImage {
 public:
  ConvolutionImage(const FloatConv2d& op, const Shape& ifmap, const Shape& ofmap)
      : op_{op},
        ifmap_{ifmap},
        ofmap_{ofmap},
        group_inputs_{op.weight.shape[3]},
        group_outputs_{op.weight.shape[0] / op.groups},
        // [group][kh][kw][ic][oc]
        weight_{transposed(op.weight.data, op.groups, group_outputs_,
                           op.window.kernel_h * op.window.kernel_w * group_inputs_)} {}

  void run(const float* ifmap, float* ofmap) const {
    const std::int64_t channels = ofmap_[3];
    for (std::int64_t oh = 0; oh < ofmap_[1]; ++oh) {
      for (std::int64_t ow = 0; ow < ofmap_[2]; ++ow) {
        float* sums = ofmap + (oh * ofmap_[2] + ow) * channels;
        if (op_.bias.empty()) {
          std::fill(sums, sums + channels, 0.0F);
        } else {
          std::copy(op_.bias.begin(), op_.bias.end(), sums);
        }
        add_taps(ifmap, oh, ow, sums);
      }
    }
  }

 private:
  void add_taps(const float* ifmap, std::int64_t oh, std::int64_t ow, float* sums) const {
    const Window& w = op_.window;
    for (std::int64_t kh = 0; kh < w.kernel_h; ++kh) {
      const std::int64_t ih = oh * w.stride_h + kh * w.dilation_h - w.pad_top;
      if (ih < 0 || ih >= ifmap_[1]) {
        continue;
      }
      for (std::int64_t kw = 0; kw < w.kernel_w; ++kw) {
        const std::int64_t iw = ow * w.stride_w + kw * w.dilation_w - w.pad_left;
        if (iw >= 0 && iw < ifmap_[2]) {
          add_pixel(ifmap + (ih * ifmap_[2] + iw) * ifmap_[3], kh * w.kernel_w + kw, sums);
        }
      }
    }
  }

  void add_pixel(const float* pixel, std::int64_t tap, float* sums) const {
    const std::int64_t taps = op_.window.kernel_h * op_.window.kernel_w;
    for (std::int64_t g = 0; g < op_.groups; ++g) {
      const float* weight = weight_.data() + (g * taps + tap) * group_inputs_ * group_outputs_;
      for (std::int64_t ic = 0; ic < group_inputs_; ++ic) {
        const float x = pixel[g * group_inputs_ + ic];
        float* sum = sums + g * group_outputs_;
        for (std::int64_t oc = 0; oc < group_outputs_; ++oc) {
          sum[oc] += x * weight[ic * group_outputs_ + oc];
        }
      }
    }
  }

  const FloatConv2d& op_;
  const Shape& ifmap_;
  const Shape& ofmap_;
  std::int64_t group_inputs_, group_outputs_;
  std::vector<float> weight_;
};

/// Calls `tap(offset of the pixel in the image)` for each tap of an output inside the image.
template <typename Tap>
void each_tap(const Window& w, const Shape& ifmap, std::int64_t oh, std::int64_t ow,
              const Tap& tap) {
  for (std::int64_t kh = 0; kh < w.kernel_h; ++kh) {
    for (std::int64_t kw = 0; kw < w.kernel_w; ++kw) {
      const std::int64_t ih = oh * w.stride_h + kh * w.dilation_h - w.pad_top;
      const std::int64_t iw = ow * w.stride_w + kw * w.dilation_w - w.pad_left;
      if (ih >= 0 && ih < ifmap[1] && iw >= 0 && iw < ifmap[2]) {
        tap((ih * ifmap[2] + iw) * ifmap[3]);
      }
    }
  }
}

/// `start` and each tap's pixel combined into each output channel by `step`, ended by `finish`.
template <typename Step, typename Finish>
void pool_image(const Window& window, const Shape& ifmap, const Shape& ofmap, const float* from,
                float* to, float start, const Step& step, const Finish& finish) {
  for (std::int64_t oh = 0; oh < ofmap[1]; ++oh) {
    for (std::int64_t ow = 0; ow < ofmap[2]; ++ow) {
      float* pixel = to + (oh * ofmap[2] + ow) * ofmap[3];
      std::fill(pixel, pixel + ofmap[3], start);
      std::int64_t taps = 0;
      each_tap(window, ifmap, oh, ow, [&](std::int64_t offset) {
        ++taps;
        for (std::int64_t c = 0; c < ofmap[3]; ++c) {
          pixel[c] = step(pixel[c], from[offset + c]);
        }
      });
      for (std::int64_t c = 0; c < ofmap[3]; ++c) {
        pixel[c] = finish(pixel[c], taps);
      }
    }
  }
}

void average_image(const Window& window, bool counts_padding, const Shape& ifmap,
                   const Shape& ofmap, const float* from, float* to) {
  const std::int64_t all = window.kernel_h * window.kernel_w;
  pool_image(
      window, ifmap, ofmap, from, to, 0.0F, [](float sum, float x) { return sum + x; },
      [&](float sum, std::int64_t taps) {
        return sum / static_cast<float>(counts_padding ? all : taps);
      });
}

void transpose_image(const std::vector<std::size_t>& permutation, const Shape& ifmap,
                     const Shape& ofmap, const float* from, float* to) {
  std::vector<std::int64_t> stride(ifmap.size(), 1);  // in the input, by axis of the output
  for (std::size_t axis = 0; axis < permutation.size(); ++axis) {
    for (std::size_t inner = permutation[axis] + 1; inner < ifmap.size(); ++inner) {
      stride[axis] *= ifmap[inner];
    }
  }
  const std::int64_t elements = element_count(ofmap);
  for (std::int64_t i = 0; i < elements; ++i) {
    std::int64_t rest = i;
    std::int64_t source = 0;
    for (std::size_t axis = ofmap.size(); axis-- > 0;) {
      source += rest % ofmap[axis] * stride[axis];
      rest /= ofmap[axis];
    }
    to[i] = from[source];
  }
}

/// Runs one layer; each operator works image by image.
struct LayerRun {
  const FloatNetwork& network;
  const FloatLayer& layer;
  const std::vector<const Activations*>& inputs;
  std::int64_t images;
  Activations result{};

  const Shape& ifmap() const { return network.value(layer.inputs[0]).shape; }
  const Shape& ofmap() const { return network.value(layer.output).shape; }

  /// `run(from, to)` for each image of the first input and of the output.
  template <typename Run>
  void each_image(const Run& run) {
    for (std::int64_t i = 0; i < images; ++i) {
      run(inputs[0]->data() + whole(ifmap(), i), result.data() + whole(ofmap(), i));
    }
  }

  void operator()(const FloatConv2d& op) {
    const ConvolutionImage image{op, ifmap(), ofmap()};
    each_image([&](const float* from, float* to) { image.run(from, to); });
  }
  void operator()(const FloatFullyConnected& op) {
    const std::int64_t n = op.weight.shape[0];
    const std::int64_t k = op.weight.shape[1];
    const std::vector<float> weight = transposed(op.weight.data, 1, n, k);
    const std::int64_t rows = static_cast<std::int64_t>(result.size()) / n;
    for (std::int64_t row = 0; row < rows; ++row) {
      float* sums = result.data() + row * n;
      std::copy(op.bias.begin(), op.bias.end(), sums);
      for (std::int64_t i = 0; i < k; ++i) {
        const float x = (*inputs[0])[index(row * k + i)];
        for (std::int64_t o = 0; o < n; ++o) {
          sums[o] += x * weight[index(i * n + o)];
        }
      }
    }
  }
  void operator()(const FloatBatchNorm& op) {
    const std::vector<ChannelLine> lines = lines_of(op);
    for (std::size_t i = 0; i < result.size(); ++i) {
      const ChannelLine& line = lines[i % lines.size()];
      result[i] = (*inputs[0])[i] * line.slope + line.offset;
    }
  }
  void operator()(const FloatClip& op) {
    std::transform(inputs[0]->begin(), inputs[0]->end(), result.begin(),
                   [&](float x) { return std::min(std::max(x, op.low), op.high); });
  }
  void operator()(const FloatMaxPool& op) {
    each_image([&](const float* from, float* to) {
      pool_image(
          op.window, ifmap(), ofmap(), from, to, -std::numeric_limits<float>::infinity(),
          [](float most, float x) { return std::max(most, x); },
          [](float most, std::int64_t /*taps*/) { return most; });
    });
  }
  void operator()(const FloatAveragePool& op) {
    each_image([&](const float* from, float* to) {
      average_image(op.window, op.counts_padding, ifmap(), ofmap(), from, to);
    });
  }
  void operator()(const FloatGlobalAveragePool& /*op*/) {
    Window all;
    all.kernel_h = ifmap()[1];
    all.kernel_w = ifmap()[2];
    each_image([&](const float* from, float* to) {
      average_image(all, false, ifmap(), ofmap(), from, to);
    });
  }
  void operator()(const FloatAdd& /*op*/) {
    std::transform(inputs[0]->begin(), inputs[0]->end(), inputs[1]->begin(), result.begin(),
                   [](float a, float b) { return a + b; });
  }
  void operator()(const FloatConcat& op) {
    const std::int64_t outer = images * product(ofmap(), 0, op.axis);
    float* to = result.data();
    for (std::int64_t row = 0; row < outer; ++row) {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Shape& shape = network.value(layer.inputs[i]).shape;
        const std::int64_t inner = product(shape, op.axis, shape.size());
        to = std::copy_n(inputs[i]->data() + row * inner, inner, to);
      }
    }
  }
  void operator()(const FloatReshape& /*op*/) { result = *inputs[0]; }
  void operator()(const FloatTranspose& op) {
    each_image([&](const float* from, float* to) {
      transpose_image(op.permutation, ifmap(), ofmap(), from, to);
    });
  }
};

}  // namespace

Activations run_float_layer(const FloatNetwork& network, const FloatLayer& layer,
                            const std::vector<const Activations*>& inputs, std::int64_t images) {
  for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
    if (inputs.at(i)->size() != whole(network.value(layer.inputs[i]).shape, images)) {
      throw std::logic_error{"layer " + layer.name + " is given an input of the wrong size"};
    }
  }
  LayerRun run{network, layer, inputs, images};
  run.result.resize(whole(network.value(layer.output).shape, images));
  std::visit(run, layer.op);
  return std::move(run.result);
}

std::vector<std::size_t> last_uses(const FloatNetwork& network) {
  std::vector<std::size_t> last(network.values.size(), 0);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    for (const ValueId id : network.layers[i].inputs) {
      last.at(id) = i;
    }
  }
  for (const ValueId id : network.outputs) {
    last.at(id) = network.layers.size();
  }
  return last;
}

namespace {

void expect_finite(const Activations& values, const FloatValue& value, std::int64_t images,
                   const char* what) {
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); });
  if (bad != values.end()) {
    const auto each = static_cast<std::ptrdiff_t>(values.size()) / images;
    throw NotFinite{"[" + std::to_string((bad - values.begin()) / each) + "]: gives '" +
                    value.name + "' numbers " + what};
  }
}

}  // namespace

void require_finite(const Activations& values, const FloatValue& value, std::int64_t images) {
  expect_finite(values, value, images,
                "that float32 cannot hold, expected smaller ones, or smaller weights");
}

void require_finite_rounded(const Activations& values, const FloatValue& value,
                            std::int64_t images) {
  expect_finite(values, value, images,
                "so near the largest float32 that their integers stand for more than it holds, "
                "expected smaller ones");
}

void clip(Activations& values, const FloatClip& limits) {
  if (std::isfinite(limits.low) || std::isfinite(limits.high)) {
    for (float& value : values) {
      value = std::min(std::max(value, limits.low), limits.high);
    }
  }
}

void run_float(const FloatNetwork& network, const Activations& input, std::int64_t images,
               const std::function<void(ValueId, const Activations&)>& see,
               const std::vector<FloatClip>& limits) {
  const std::vector<std::size_t> last = last_uses(network);
  std::vector<Activations> alive(network.values.size());
  alive.at(network.inputs.at(0)) = input;
  see(network.inputs[0], input);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const FloatLayer& layer = network.layers[i];
    std::vector<const Activations*> inputs;
    for (const ValueId id : layer.inputs) {
      inputs.push_back(&alive.at(id));
    }
    alive.at(layer.output) = run_float_layer(network, layer, inputs, images);
    if (!limits.empty()) {
      clip(alive[layer.output], limits.at(i));
    }
    see(layer.output, alive[layer.output]);
    for (const ValueId id : layer.inputs) {
      if (last[id] == i) {
        Activations{}.swap(alive[id]);
      }
    }
  }
}

Activations run_float(const FloatNetwork& network, const Activations& input, std::int64_t images) {
  Activations output;
  run_float(network, input, images, [&](ValueId id, const Activations& values) {
    if (id == network.outputs.at(0)) {
      output = values;
    }
  });
  return output;
}

std::int64_t count_right(const Activations& outputs, const std::vector<int>& labels) {
  const std::size_t classes = labels.empty() ? 0 : outputs.size() / labels.size();
  std::int64_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float* row = outputs.data() + i * classes;
    right += std::max_element(row, row + classes) - row == labels[i] ? 1 : 0;
  }
  return right;
}

}  // namespace systole::quantize

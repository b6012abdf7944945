#include "sim/convert/same_network.hpp"

#include <map>
#include <tuple>
#include <type_traits>
#include <utility>

namespace systole {
namespace {

template <typename Op, typename... Ops>
constexpr bool kIsAnyOf = (std::is_same_v<Op, Ops> || ...);

/// Every member of an operator; the bindings do not compile when one is added.
template <typename Op>
auto members(const Op& op) {
  if constexpr (std::is_empty_v<Op>) {
    return std::tuple<>{};
  } else if constexpr (kIsAnyOf<Op, Conv2d>) {
    const auto& [window, groups, has_bias, requant] = op;
    return std::tie(window, groups, has_bias, requant);
  } else if constexpr (kIsAnyOf<Op, MaxPool, AveragePool, Mean, Pad, StridedSlice, TransposeConv,
                                BatchMatMul>) {
    const auto& [a, b, c] = op;
    return std::tie(a, b, c);
  } else if constexpr (kIsAnyOf<Op, FullyConnected, ReduceExtremum, ArgExtremum, Gather, Softmax,
                                Logistic, LeakyRelu, Prelu, ResizeNearest, ResizeBilinear,
                                ConvInteger, FloatClip>) {
    const auto& [a, b] = op;
    return std::tie(a, b);
  } else {
    const auto& [only] = op;
    return std::tie(only);
  }
}

template <typename Value>
bool same(const Value& a, const Value& b) {
  return a == b;
}

bool same(const Window& a, const Window& b) {
  const auto all = [](const Window& window) {
    const auto& [kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, top, left, bottom,
                 right] = window;
    return std::tie(kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, top, left,
                    bottom, right);
  };
  return all(a) == all(b);
}

bool same(const QuantizedMultiplier& a, const QuantizedMultiplier& b) {
  return a.multiplier == b.multiplier && (a.multiplier == 0 || a.exponent == b.exponent);
}

bool same(const Accumulator& a, const Accumulator& b) {
  return a.bits == b.bits && a.overflow == b.overflow;
}

bool same(const Requantizer& a, const Requantizer& b) {
  const auto limits = [](const Requantizer& requant) {
    return std::tie(requant.zero_point, requant.clamp_min, requant.clamp_max);
  };
  if (limits(a) != limits(b) || !same(a.accumulator, b.accumulator)) {
    return false;
  }
  if (a.entries() == 0 && b.entries() == 0) {
    return true;
  }
  if (a.mode != b.mode) {
    return false;
  }
  switch (a.mode) {
    case RequantMode::FloatScale:
      return a.scale == b.scale;
    case RequantMode::ShiftOnly:
      return a.exponent == b.exponent && a.rounding == b.rounding;
    case RequantMode::MultiplierShift:
      break;
  }
  return a.variant == b.variant && a.multiplier == b.multiplier && a.exponent == b.exponent &&
         (a.variant == RequantVariant::Tflite || a.rounding == b.rounding);
}

bool same(const Add& a, const Add& b) {
  if (a.input_zero_point != b.input_zero_point || !same(a.output, b.output)) {
    return false;
  }
  if (a.output.entries() == 0) {
    return true;
  }
  if (a.output.mode == RequantMode::FloatScale) {
    return a.input_scale == b.input_scale;
  }
  return a.left_shift == b.left_shift && same(a.input[0], b.input[0]) &&
         same(a.input[1], b.input[1]);
}

template <typename Members, std::size_t... I>
bool same_members(const Members& a, const Members& b, std::index_sequence<I...> /*each*/) {
  return (same(std::get<I>(a), std::get<I>(b)) && ...);
}

struct SameOperator {
  const LayerOp& other;

  bool operator()(const Add& op) const { return same(op, std::get<Add>(other)); }
  template <typename Op>
  bool operator()(const Op& op) const {
    const auto mine = members(op);
    return same_members(mine, members(std::get<Op>(other)),
                        std::make_index_sequence<std::tuple_size_v<decltype(mine)>>{});
  }
};

}  // namespace

bool same_operator(const LayerOp& a, const LayerOp& b) {
  return a.index() == b.index() && std::visit(SameOperator{b}, a);
}

bool same_mapping(const PinnedMapping& a, const PinnedMapping& b) {
  const auto all = [](const PinnedMapping& mapping) {
    const auto& [oh, ow, oc, ic, depthwise, pack_taps] = mapping;
    return std::tie(oh, ow, oc, ic, depthwise, pack_taps);
  };
  return all(a) == all(b);
}

bool same_tensor(const Tensor& a, const Tensor& b) {
  return a.shape == b.shape && a.format == b.format && a.zero_point == b.zero_point &&
         a.data == b.data && (a.scale == b.scale || a.format.bits == 32);
}

bool same_connections(const Network& a, const Network& b) {
  if (a.inputs.size() != b.inputs.size() || a.outputs.size() != b.outputs.size() ||
      a.layers.size() != b.layers.size()) {
    return false;
  }
  std::map<TensorId, TensorId> ids;  // of tensors that are no constants
  for (std::size_t i = 0; i < a.inputs.size(); ++i) {
    ids.emplace(a.inputs[i], b.inputs[i]);
  }
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    ids.emplace(a.layers[i].output, b.layers[i].output);
  }
  const auto corresponds = [&](const std::vector<TensorId>& mine,
                               const std::vector<TensorId>& others) {
    for (std::size_t i = 0; i < mine.size(); ++i) {
      const auto found = ids.find(mine[i]);
      if (found != ids.end() && (i >= others.size() || others[i] != found->second)) {
        return false;
      }
    }
    return mine.size() == others.size();
  };
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    if (!corresponds(a.layers[i].inputs, b.layers[i].inputs)) {
      return false;
    }
  }
  return corresponds(a.outputs, b.outputs);
}

}  // namespace systole

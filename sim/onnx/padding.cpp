// What puts elements around a tensor, or takes them off.

#include <algorithm>
#include <cmath>

#include "sim/onnx/axis.hpp"
#include "sim/onnx/operators.hpp"
#include "sim/onnx/pending.hpp"
#include "sim/onnx/quantization.hpp"
#include "sim/onnx/selection.hpp"

namespace systole::onnx {
namespace {

// How many elements a Pad adds before and behind each axis, or takes off where that is negative:
// two for each axis, or for each that an input names.
std::vector<std::int64_t> pads_of(Graph& graph, const Node& node, const Shape& from) {
  const std::size_t rank = from.size();
  const std::vector<std::int64_t> given =
      node.has(1) ? integers_of(graph.constant(node, 1))
                  : node.integers("pads").value_or(std::vector<std::int64_t>{});
  const bool named = node.has(3);
  const auto axes = named ? integers_of(graph.constant(node, 3)) : std::vector<std::int64_t>{};
  const std::size_t count = named ? axes.size() : rank;
  if (given.size() != 2 * count) {
    throw NodeError{"has " + std::to_string(given.size()) + " pads, expected two " +
                    (named ? "for each of " + std::to_string(count) + " axes" : "per dimension")};
  }
  std::vector<std::int64_t> pads(2 * rank, 0);
  std::vector<bool> known(rank, false);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t axis = named ? axis_below(axes[i], rank) : i;
    if (known[axis]) {
      throw NodeError{"names an axis twice"};
    }
    known[axis] = true;
    pads[axis] = given[i];
    pads[axis + rank] = given[i + count];
  }
  return pads;
}

// What is left where pads are negative, and what is added to that.
struct Padding {
  std::vector<std::int64_t> begin, added;
  Shape kept;
};

Padding padding_of(const Shape& from, const std::vector<std::int64_t>& pads) {
  constexpr std::int64_t kMost = std::int64_t{1} << 16;
  Padding result;
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    for (const std::int64_t pad : {pads[axis], pads[axis + from.size()]}) {
      if (pad <= -from[axis] || pad > kMost) {
        throw NodeError{"has a pad of " + std::to_string(pad) + " on axis " + std::to_string(axis) +
                        ", expected " + std::to_string(1 - from[axis]) + "..65536"};
      }
    }
    result.begin.push_back(std::max<std::int64_t>(-pads[axis], 0));
    result.kept.push_back(from[axis] - result.begin[axis] +
                          std::min<std::int64_t>(pads[axis + from.size()], 0));
    if (result.kept[axis] < 1) {
      throw NodeError{"has pads that leave nothing of axis " + std::to_string(axis)};
    }
  }
  for (const std::int64_t pad : pads) {
    result.added.push_back(std::max<std::int64_t>(pad, 0));
  }
  return result;
}

const Constant& padding_constant(Graph& graph, const Node& node) {
  const Constant& constant = graph.constant(node, 2);
  if (constant.values.size() != 1) {
    throw NodeError{"pads with " + std::to_string(constant.values.size()) +
                    " numbers, expected one"};
  }
  return constant;
}

// Among floats, or integers that stand for nothing.
std::int32_t raw_padding_value(Graph& graph, const Node& node, ElementType type) {
  if (!node.has(2)) {
    return 0;
  }
  const Constant& constant = padding_constant(graph, node);
  if (constant.type != type) {
    throw NodeError{std::string{"pads "} + type_name(type) + " with " + type_name(constant.type) +
                    ", expected one type"};
  }
  return constant.values[0];
}

std::int32_t padding_value(Graph& graph, const Node& node, const QuantParams* params,
                           const Clip* clip, ElementType type) {
  if (params == nullptr) {
    return raw_padding_value(graph, node, type);
  }
  const float real = node.has(2) ? floats_of(padding_constant(graph, node)).at(0) : 0.0F;
  if (std::isnan(real)) {
    throw NodeError{"pads with a NaN, expected a number"};
  }
  const float scale = params->scale.at(0);
  if (clip != nullptr) {  // the number is clipped and rounded with the others
    return quantized(std::clamp(real, clip->low, clip->high), scale, params->zero_point.at(0),
                     format_of(params->type));
  }
  const std::int32_t q = quantized(real, scale, params->zero_point.at(0), format_of(params->type));
  const auto steps = static_cast<float>(q - params->zero_point.at(0));
  // 40 x 0.04 is not 1.6 in binary32, and 1.6 / 0.04 is 40: DequantizeLinear's or QuantizeLinear's
  // way.
  if (steps * scale != real && real / scale != steps) {
    throw NodeError{"pads with a value that is no integer of the input's scale"};
  }
  return q;
}

// With one number around what `from` is.
Move padded(Graph& graph, const Node& node, const Shape& from,
            const std::vector<std::int64_t>& pads) {
  Shape to = from;
  for (std::size_t i = 0; i < pads.size(); ++i) {
    to[i % from.size()] += pads[i];
  }
  checked_elements(to);
  return {to, [&graph, node, pads, to](Builder& builder, ValueId id, const QuantParams* params,
                                       const Clip* clip) {
            const ElementType type = builder.value(id).type;
            const Permutation layout = builder.present_layout(id);
            Pad op;
            op.value = padding_value(graph, node, params, clip, type);
            for (const std::size_t axis : layout) {
              op.before.push_back(pads[axis]);
              op.after.push_back(pads[axis + layout.size()]);
            }
            return builder.add_layer(op, {builder.tensor(id, layout)}, to, type, layout);
          }};
}

}  // namespace

void build_pad(Graph& graph, const Node& node) {
  constexpr std::int64_t kNamesAxes = 18;
  node.expect_inputs(1, node.opset() < kNamesAxes ? 3 : 4);
  const std::string mode = node.text("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge") {
    throw NodeError{"has the mode '" + printable_name(mode) +
                    "', expected constant, reflect or edge"};
  }
  if (node.opset() < 11 && node.real("value", 0) != 0) {
    throw NodeError{
        "pads with a value that is not 0, which in opset 10 and before is not supported"};
  }
  const Shape from = graph.in_value(node, 0).shape;
  const Padding padding = padding_of(from, pads_of(graph, node, from));
  const Move added = mode == "constant" ? padded(graph, node, padding.kept, padding.added)
                                        : mirrored(padding.kept, padding.added, mode);
  if (padding.kept == from) {
    define_moved(graph, node, added);
    return;
  }
  const Move cut = slice_axes(padding.begin, padding.kept);
  const bool only_cut = added.shape == padding.kept;
  define_moved(graph, node,
               {added.shape, [cut, added, only_cut](Builder& builder, ValueId id,
                                                    const QuantParams* params, const Clip* clip) {
                  const ValueId left = cut.apply(builder, id, params, clip);
                  return only_cut ? left : added.apply(builder, left, params, clip);
                }});
}

}  // namespace systole::onnx

// What makes one element of all those along some axes.

#include <algorithm>

#include "sim/onnx/axis.hpp"
#include "sim/onnx/operators.hpp"
#include "sim/onnx/pending.hpp"
#include "sim/onnx/quantization.hpp"

namespace systole::onnx {
namespace {

struct Reduced {
  std::vector<bool> axes;
  std::int64_t count = 1;  // elements that become one
  Shape kept, shape;       // with axes of 1, and as the node wants it
};

// Axes as an attribute or, from some opset on, an input; all of them where there is neither.
Reduced reduced_axes(Graph& graph, const Node& node) {
  const Shape from = graph.in_value(node, 0).shape;
  const auto axes = node.has(1) ? integers_of(graph.constant(node, 1))
                                : node.integers("axes").value_or(std::vector<std::int64_t>{});
  const bool none_are_none = node.integer("noop_with_empty_axes", 0) != 0;
  const bool keep = node.integer("keepdims", 1) != 0;
  const bool spatial = node.op() == "GlobalMaxPool";  // all but batch and channels
  Reduced result;
  result.axes.assign(from.size(), axes.empty() && !none_are_none);
  for (std::size_t axis = 0; spatial && axis < std::min<std::size_t>(2, from.size()); ++axis) {
    result.axes[axis] = false;
  }
  for (const std::int64_t axis : axes) {
    result.axes[axis_below(axis, from.size())] = true;
  }
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    result.kept.push_back(result.axes[axis] ? 1 : from[axis]);
    result.count *= result.axes[axis] ? from[axis] : 1;
    if (keep || !result.axes[axis]) {
      result.shape.push_back(result.kept.back());
    }
  }
  return result;
}

std::vector<std::size_t> placed_axes(const Reduced& reduced, const Permutation& layout) {
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < layout.size(); ++i) {
    if (reduced.axes[layout[i]]) {
      axes.push_back(i);
    }
  }
  return axes;
}

ValueId under(Builder& builder, ValueId id, const Shape& shape) {
  return builder.value(id).shape == shape ? id : builder.reshaped(id, shape);
}

}  // namespace

// A sum of integers, requantized once.
void build_reduce_sum(Graph& graph, const Node& node) {
  node.expect_inputs(1, 2);
  const Reduced reduced = reduced_axes(graph, node);
  const Operand x = quantized_operand(graph, node, 0);
  const bool is_sum = node.op() == "ReduceSum";
  Builder& builder = graph.builder();
  Pending pending;
  pending.quantized = [&builder, reduced, x, is_sum](const QuantParams& out, const Clip& clip) {
    const Permutation layout = builder.present_layout(x.integers);
    const float count = is_sum ? 1.0F : static_cast<float>(reduced.count);
    Mean op;
    op.axes = placed_axes(reduced, layout);
    op.is_sum = is_sum;
    op.requant = requantizer({x.params.scale.at(0) / count}, out, clip);
    const ValueId sums =
        builder.add_layer(op, {builder.tensor(x, layout)}, reduced.kept, out, layout);
    return under(builder, sums, reduced.shape);
  };
  define_pending(graph, node, std::move(pending), reduced.shape, graph.in_value(node, 0).depth);
}

void build_reduce_extremum(Graph& graph, const Node& node) {
  node.expect_inputs(1, 2);
  const Reduced reduced = reduced_axes(graph, node);
  const bool largest = node.op() != "ReduceMin";  // GlobalMaxPool, too
  define_moved(graph, node,
               {reduced.shape,
                [reduced, largest](Builder& builder, ValueId id, const QuantParams*, const Clip*) {
                  const Permutation layout = builder.present_layout(id);
                  const ElementType type = builder.value(id).type;
                  if (format_of(type).is_float) {
                    throw NodeError{"has an input of FLOAT, expected DequantizeLinear before it"};
                  }
                  const ValueId extrema =
                      builder.add_layer(ReduceExtremum{placed_axes(reduced, layout), largest},
                                        {builder.tensor(id, layout)}, reduced.kept, type, layout);
                  return under(builder, extrema, reduced.shape);
                }});
}

// Positions are INT64 in the file and INT32 in the network.
void build_arg_extremum(Graph& graph, const Node& node) {
  node.expect_inputs(1, 1);
  const Shape from = graph.in_value(node, 0).shape;
  const std::size_t axis = axis_below(node.integer("axis", 0), from.size());
  if (node.integer("select_last_index", 0) != 0) {
    throw NodeError{"selects the last of equal elements, which is not supported"};
  }
  Builder& builder = graph.builder();
  const ValueId id = graph.in(node, 0);
  const std::optional<Operand> operand = find_quantized(graph, id);
  const ElementType type = builder.value(id).type;
  if (!operand && type != ElementType::Int8 && type != ElementType::UInt8) {
    throw NodeError{std::string{"has an input of "} + type_name(type) +
                    ", expected INT8 or UINT8, or DequantizeLinear before it"};
  }
  if (operand && !operand->params.per_tensor() &&
      operand->params.axis == static_cast<std::int64_t>(axis)) {
    throw NodeError{"compares integers with a scale per channel, which is not supported"};
  }
  Shape kept = from;
  kept[axis] = 1;
  const TensorId tensor = builder.file_tensor(operand ? operand->integers : id);
  const ValueId where = builder.add_layer(ArgExtremum{axis, node.op() == "ArgMax"}, {tensor}, kept,
                                          ElementType::Int32, identity(kept.size()));
  Shape shape = kept;
  if (node.integer("keepdims", 1) == 0) {
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  graph.out(node, 0, under(builder, where, shape));
}

}  // namespace systole::onnx

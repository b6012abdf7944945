// What moves, joins or selects elements, whatever they stand for.

#include <algorithm>

#include "sim/onnx/axis.hpp"
#include "sim/onnx/operators.hpp"
#include "sim/onnx/pending.hpp"
#include "sim/onnx/quantization.hpp"

namespace systole::onnx {
namespace {

Move reshape_to(const Shape& from, const Shape& to) {
  if (checked_elements(from) != checked_elements(to)) {
    throw NodeError{"has an input of " + shape_text(from) + " for an output of " + shape_text(to)};
  }
  return {to, [to](Builder& builder, ValueId id, const QuantParams*, const Clip*) {
            return builder.reshaped(id, to);
          }};
}

// Sizes of 0 are the input's, one of -1 is what is left.
Shape target_shape(const Shape& from, const std::vector<std::int64_t>& wanted, bool zero_is_zero) {
  Shape to;
  std::int64_t known = 1;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool copied = wanted[i] == 0 && !zero_is_zero && i < from.size();
    to.push_back(copied ? from[i] : wanted[i]);
    if (to[i] < -1 || to[i] == 0 || to[i] > (std::int64_t{1} << 28)) {
      throw NodeError{"has a size of " + std::to_string(to[i]) +
                      " in its shape, expected 1..2^28, -1 or 0"};
    }
    known = std::min(known * std::max<std::int64_t>(to[i], 1), std::int64_t{1} << 30);
  }
  if (const auto open = std::find(to.begin(), to.end(), -1); open != to.end()) {
    *open = checked_elements(from) / known;
  }
  return to;
}

// Axes as an attribute (before opset 13) or an input.
std::optional<std::vector<std::int64_t>> axes_of(Graph& graph, const Node& node) {
  if (node.has(1)) {
    return integers_of(graph.constant(node, 1));
  }
  return node.integers("axes");
}

ValueId concat_raw(Builder& builder, const std::vector<ValueId>& ids, std::size_t axis) {
  std::vector<Shape> shapes;
  bool channels_last = false;
  const ElementType type = builder.value(ids.at(0)).type;
  for (const ValueId id : ids) {
    const Value& value = builder.value(id);
    if (value.type != type) {
      throw NodeError{std::string{"has inputs of "} + type_name(type) + " and " +
                      type_name(value.type) + ", expected one type"};
    }
    shapes.push_back(value.shape);
    channels_last =
        channels_last || (!value.constant && builder.present_layout(id) == kChannelsLast);
  }
  const Shape shape = concat_shape(shapes, axis);
  const Permutation layout =
      channels_last && shape.size() == 4 ? kChannelsLast : identity(shape.size());
  std::vector<TensorId> tensors;
  tensors.reserve(ids.size());
  for (const ValueId id : ids) {
    tensors.push_back(builder.tensor(id, layout));
  }
  const auto at = std::find(layout.begin(), layout.end(), axis) - layout.begin();
  return builder.add_layer(Concat{static_cast<std::size_t>(at)}, tensors, shape, type, layout);
}

// Each either stands for integers, or waits to become them.
bool concat_quantized(Graph& graph, const Node& node, const std::vector<ValueId>& ids,
                      std::size_t axis) {
  Builder& builder = graph.builder();
  std::vector<Value> values;
  std::vector<Shape> shapes;
  bool alike = true;
  int depth = 0;
  for (const ValueId id : ids) {
    values.push_back(builder.value(id));
    const Value& value = values.back();
    const std::optional<Operand> operand = find_quantized(graph, id);
    if (!operand && !(value.pending && value.pending->quantized)) {
      return false;
    }
    alike = alike && operand && operand->params == values[0].dequantized->params;
    shapes.push_back(value.shape);
    depth = std::max(depth, value.depth);
  }
  if (alike) {
    std::vector<ValueId> integers;
    integers.reserve(values.size());
    for (const Value& value : values) {
      integers.push_back(value.dequantized->integers);
    }
    define_dequantized(graph, node,
                       {concat_raw(builder, integers, axis), values[0].dequantized->params});
    return true;
  }
  Pending pending;
  pending.quantized = [&builder, values, axis, index = node.index()](const QuantParams& out,
                                                                     const Clip& clip) {
    std::vector<Operand> operands;
    operands.reserve(values.size());
    for (const Value& value : values) {
      operands.push_back(value.dequantized ? *value.dequantized
                                           : Operand{value.pending->quantized(out, clip), out});
    }
    builder.set_node(index);
    return concat(builder, operands, axis, out, clip);
  };
  define_pending(graph, node, std::move(pending), concat_shape(shapes, axis), depth);
  return true;
}

// Lists of sizes, which some exporters put together piece by piece.
bool concat_sizes(Graph& graph, const Node& node, const std::vector<ValueId>& ids) {
  std::vector<std::int64_t> joined;
  for (const ValueId id : ids) {
    const Value& value = graph.builder().value(id);
    if (!value.constant || value.type != ElementType::Int64 || value.shape.size() != 1) {
      return false;
    }
    const std::vector<std::int64_t> part = integers_of(*value.constant);
    joined.insert(joined.end(), part.begin(), part.end());
  }
  Constant result{ElementType::Int64, {static_cast<std::int64_t>(joined.size())}, {}, joined};
  integers_of(result);  // not too many
  graph.out(node, 0, graph.builder().add_constant(std::move(result)));
  return true;
}

}  // namespace

void build_max_pool(Graph& graph, const Node& node) {
  node.expect_inputs(1, 1);
  const WindowAttributes window = window_attributes(node);
  if (node.integer("storage_order", 0) != 0) {
    throw NodeError{"has a storage_order, which is not supported"};
  }
  const Shape shape = pool_shape(window, graph.in_value(node, 0).shape);
  define_moved(graph, node,
               {shape, [window](Builder& builder, ValueId id, const QuantParams*, const Clip*) {
                  return max_pool(builder, window, id);
                }});
}

void build_concat(Graph& graph, const Node& node) {
  node.expect_inputs(1, node.inputs());
  node.expect_inputs(node.inputs(), node.inputs());
  std::vector<ValueId> ids;
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    ids.push_back(graph.in(node, i));
  }
  const std::size_t axis =
      axis_below(node.integer("axis", 1), graph.in_value(node, 0).shape.size());
  if (!concat_sizes(graph, node, ids) && !concat_quantized(graph, node, ids, axis)) {
    graph.out(node, 0, concat_raw(graph.builder(), ids, axis));
  }
}

// Also Dropout, which does nothing where nobody trains.
void build_identity(Graph& graph, const Node& node) {
  node.expect_inputs(1, 3);
  node.real("ratio", 0);
  node.integer("seed", 0);
  graph.alias(node, graph.in(node, 0));
}

void build_reshape(Graph& graph, const Node& node) {
  node.expect_inputs(2, 2);
  const Shape from = graph.in_value(node, 0).shape;
  const Shape to =
      target_shape(from, integers_of(graph.constant(node, 1)), node.integer("allowzero", 0) != 0);
  define_moved(graph, node, reshape_to(from, to));
}

void build_flatten(Graph& graph, const Node& node) {
  node.expect_inputs(1, 1);
  const Shape from = graph.in_value(node, 0).shape;
  const std::int64_t axis = node.integer("axis", 1);
  const auto rank = static_cast<std::int64_t>(from.size());
  if (axis < -rank || axis > rank) {
    throw NodeError{"has the axis " + std::to_string(axis) + ", expected " + std::to_string(-rank) +
                    ".." + std::to_string(rank)};
  }
  const auto middle = from.begin() + (axis < 0 ? axis + rank : axis);
  const Shape to{element_count({from.begin(), middle}), element_count({middle, from.end()})};
  define_moved(graph, node, reshape_to(from, to));
}

void build_squeeze(Graph& graph, const Node& node) {
  node.expect_inputs(1, 2);
  const Shape from = graph.in_value(node, 0).shape;
  const auto axes = axes_of(graph, node);
  std::vector<bool> dropped(from.size(), false);
  for (const std::int64_t axis : axes.value_or(std::vector<std::int64_t>{})) {
    dropped[axis_below(axis, from.size())] = true;
  }
  Shape to;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (axes ? !dropped[i] : from[i] != 1) {
      to.push_back(from[i]);
    }
  }
  define_moved(graph, node, reshape_to(from, to));
}

void build_unsqueeze(Graph& graph, const Node& node) {
  node.expect_inputs(1, 2);
  const Shape from = graph.in_value(node, 0).shape;
  const std::vector<std::int64_t> axes = axes_of(graph, node).value_or(std::vector<std::int64_t>{});
  std::vector<bool> added(from.size() + axes.size(), false);
  for (const std::int64_t axis : axes) {
    added[axis_below(axis, added.size())] = true;
  }
  Shape to;
  auto next = from.begin();
  for (const bool is_new : added) {
    if (!is_new && next == from.end()) {
      throw NodeError{"names an axis twice"};
    }
    to.push_back(is_new ? 1 : *next++);
  }
  define_moved(graph, node, reshape_to(from, to));
}

void build_transpose(Graph& graph, const Node& node) {
  node.expect_inputs(1, 1);
  const Shape from = graph.in_value(node, 0).shape;
  std::vector<std::int64_t> reversed(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    reversed[i] = static_cast<std::int64_t>(from.size() - 1 - i);
  }
  Permutation permutation;
  Move move;
  for (const std::int64_t axis : node.integers("perm").value_or(reversed)) {
    permutation.push_back(axis_below(axis, from.size()));
    move.shape.push_back(from[permutation.back()]);
  }
  const Permutation all = identity(from.size());
  if (!std::is_permutation(permutation.begin(), permutation.end(), all.begin(), all.end())) {
    throw NodeError{"has a perm that does not name each axis once"};
  }
  move.transposition = permutation;
  move.apply = [permutation](Builder& builder, ValueId id, const QuantParams*, const Clip*) {
    return builder.transposed(id, permutation);
  };
  define_moved(graph, node, move);
}

void build_constant(Graph& graph, const Node& node) {
  node.expect_inputs(0, 0);
  Builder& builder = graph.builder();
  if (const file::TensorProto* const tensor = node.tensor("value")) {
    graph.out(node, 0, builder.add_constant(read_constant(*tensor)));
  } else if (const auto list = node.integers("value_ints")) {
    const auto count = static_cast<std::int64_t>(list->size());
    graph.out(node, 0, builder.add_constant({ElementType::Int64, {count}, {}, *list}));
  } else if (node.has_attribute("value_int")) {
    graph.out(node, 0,
              builder.add_constant({ElementType::Int64, {}, {}, {node.integer("value_int", 0)}}));
  } else if (node.has_attribute("value_float")) {
    graph.out(node, 0, builder.add_constant(constant_of({node.real("value_float", 0)}, {})));
  } else {
    throw NodeError{"has no value that is a tensor or a number"};
  }
}

void build_shape(Graph& graph, const Node& node) {
  node.expect_inputs(1, 1);
  const Shape shape = graph.in_value(node, 0).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto place = [rank](std::int64_t axis) {
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const std::int64_t start = place(node.integer("start", 0));
  const std::int64_t end = std::max(start, place(node.integer("end", rank)));
  Constant result{
      ElementType::Int64, {end - start}, {}, {shape.begin() + start, shape.begin() + end}};
  graph.out(node, 0, graph.builder().add_constant(std::move(result)));
}

}  // namespace systole::onnx

// What takes elements out of a tensor, repeats them or puts them elsewhere.

#include <algorithm>
#include <memory>

#include "sim/network/ceil_div.hpp"
#include "sim/onnx/axis.hpp"
#include "sim/onnx/operators.hpp"
#include "sim/onnx/pending.hpp"
#include "sim/onnx/selection.hpp"

namespace systole::onnx {
namespace {

std::size_t place_in(const Permutation& layout, std::size_t axis) {
  return static_cast<std::size_t>(std::find(layout.begin(), layout.end(), axis) - layout.begin());
}

ValueId gathered(Builder& builder, ValueId id, std::size_t axis, const Indices& indices) {
  const Permutation layout = builder.present_layout(id);
  Shape shape = builder.value(id).shape;
  const ElementType type = builder.value(id).type;
  shape.at(axis) = static_cast<std::int64_t>(indices.size());
  builder.charge(2 * shape[axis]);
  return builder.add_layer(Gather{place_in(layout, axis), indices}, {builder.tensor(id, layout)},
                           shape, type, layout);
}

struct Range {
  Indices begin, stride, count;  // one for each axis
};

Move slice_of(const Range& range) {
  return {range.count, [range](Builder& builder, ValueId id, const QuantParams*, const Clip*) {
            const Permutation layout = builder.present_layout(id);
            const ElementType type = builder.value(id).type;
            StridedSlice op;
            for (const std::size_t axis : layout) {
              op.begin.push_back(range.begin[axis]);
              op.stride.push_back(range.stride[axis]);
              op.count.push_back(range.count[axis]);
            }
            return builder.add_layer(op, {builder.tensor(id, layout)}, range.count, type, layout);
          }};
}

// One axis, much as Python slices; ends far out of range mean the edge.
void slice_axis(Range& range, std::size_t axis, std::int64_t start, std::int64_t end,
                std::int64_t step) {
  constexpr std::int64_t kMostStep = std::int64_t{1} << 31;
  const std::int64_t size = range.count[axis];
  if (step == 0 || step > kMostStep || step < -kMostStep) {
    throw NodeError{"has a step of " + std::to_string(step) + ", expected -2^31..2^31 without 0"};
  }
  const std::int64_t high = step > 0 ? size : size - 1;
  const auto place = [&](std::int64_t at, std::int64_t low) {
    return std::clamp(at < 0 && at >= -size ? at + size : at, low, high);
  };
  // ONNX, unlike Python, begins with the first element where a start lies before it.
  const std::int64_t first = place(start, 0);
  const std::int64_t last = place(end, step > 0 ? 0 : -1);
  const std::int64_t distance = step > 0 ? last - first : first - last;
  const std::int64_t stride = step > 0 ? step : -step;
  if (distance <= 0) {
    throw NodeError{"takes nothing of axis " + std::to_string(axis)};
  }
  range.begin[axis] = first;
  range.stride[axis] = step;
  range.count[axis] = (distance + stride - 1) / stride;
}

Range whole(const Shape& shape) {
  return {Indices(shape.size(), 0), Indices(shape.size(), 1), shape};
}

}  // namespace

Move gather_axes(const Shape& from, const std::vector<Indices>& indices) {
  Move move;
  move.shape = from;
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    if (!indices[axis].empty()) {
      move.shape[axis] = static_cast<std::int64_t>(indices[axis].size());
    }
  }
  checked_elements(move.shape);
  // Shared: values are copied, and lists may be long.
  move.apply = [shared = std::make_shared<const std::vector<Indices>>(indices)](
                   Builder& builder, ValueId id, const QuantParams*, const Clip*) {
    for (std::size_t axis = 0; axis < shared->size(); ++axis) {
      id = (*shared)[axis].empty() ? id : gathered(builder, id, axis, (*shared)[axis]);
    }
    return id;
  };
  return move;
}

Move slice_axes(const Indices& begin, const Indices& count) {
  return slice_of({begin, Indices(count.size(), 1), count});
}

void expect_indices(std::int64_t count) {
  if (count < 1 || count > kMostIndices) {
    throw NodeError{"takes " + std::to_string(count) + " elements of an axis, expected 1..2^20"};
  }
}

void build_slice(Graph& graph, const Node& node) {
  node.expect_inputs(3, 5);
  const Value& data = graph.in_value(node, 0);
  const bool is_list = data.constant && data.type == ElementType::Int64 && data.shape.size() == 1;
  const Indices list = is_list ? integers_of(*data.constant) : Indices{};
  const Indices starts = integers_of(graph.constant(node, 1));
  const Indices ends = integers_of(graph.constant(node, 2));
  Indices axes;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    axes.push_back(static_cast<std::int64_t>(i));
  }
  axes = node.has(3) ? integers_of(graph.constant(node, 3)) : axes;
  const Indices steps =
      node.has(4) ? integers_of(graph.constant(node, 4)) : Indices(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    throw NodeError{"has " + std::to_string(starts.size()) + " starts, " +
                    std::to_string(ends.size()) + " ends, " + std::to_string(axes.size()) +
                    " axes and " + std::to_string(steps.size()) +
                    " steps, expected as many of each"};
  }
  Range range = whole(graph.in_value(node, 0).shape);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    slice_axis(range, axis_below(axes[i], range.count.size()), starts[i], ends[i], steps[i]);
  }
  if (!is_list) {
    define_moved(graph, node, slice_of(range));
    return;
  }
  Constant result{ElementType::Int64, range.count, {}, {}};
  for (std::int64_t i = 0; i < range.count[0]; ++i) {
    result.wide.push_back(list[static_cast<std::size_t>(range.begin[0] + i * range.stride[0])]);
  }
  graph.out(node, 0, graph.builder().add_constant(std::move(result)));
}

void build_split(Graph& graph, const Node& node) {
  node.expect_inputs(1, 2);
  const Shape from = graph.in_value(node, 0).shape;
  const std::size_t axis = axis_below(node.integer("axis", 0), from.size());
  const auto parts = static_cast<std::int64_t>(node.outputs());
  if (const std::int64_t wanted = node.integer("num_outputs", parts); wanted != parts) {
    throw NodeError{"has " + std::to_string(parts) + " outputs and a num_outputs of " +
                    std::to_string(wanted) + ", expected the same"};
  }
  const std::int64_t part = ceil_div(from[axis], parts);  // the last may be smaller
  Indices sizes = node.has(1) ? integers_of(graph.constant(node, 1))
                              : node.integers("split").value_or(Indices{});
  if (sizes.empty()) {
    for (std::int64_t left = from[axis]; left > 0; left -= part) {
      sizes.push_back(std::min(part, left));
    }
  }
  if (static_cast<std::int64_t>(sizes.size()) != parts) {
    throw NodeError{"cuts " + shape_text(from) + " into " + std::to_string(sizes.size()) +
                    " parts for " + std::to_string(parts) + " outputs"};
  }
  Range range = whole(from);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 1 || sizes[i] > from[axis] - range.begin[axis]) {
      throw NodeError{"takes " + std::to_string(sizes[i]) + " from " +
                      std::to_string(range.begin[axis]) + " on of axis " + std::to_string(axis) +
                      " of " + shape_text(from)};
    }
    range.count[axis] = sizes[i];
    define_moved(graph, node, slice_of(range), i);
    range.begin[axis] += sizes[i];
  }
}

// Of data at constant indices; of lists of sizes a constant.
void build_gather(Graph& graph, const Node& node) {
  node.expect_inputs(2, 2);
  const Value& data = graph.in_value(node, 0);
  const Shape from = data.shape;
  const std::size_t axis = axis_below(node.integer("axis", 0), from.size());
  const bool is_list = data.constant && from.size() == 1 &&
                       (data.type == ElementType::Int64 || data.type == ElementType::Int32);
  const Indices list = is_list ? integers_of(*data.constant) : Indices{};
  const Constant& at = graph.constant(node, 1);
  if (at.type != ElementType::Int32 && at.type != ElementType::Int64) {
    throw NodeError{std::string{"has indices of "} + type_name(at.type) +
                    ", expected INT32 or INT64"};
  }
  Indices indices = at.wide;
  if (at.type == ElementType::Int32) {
    indices.assign(at.values.begin(), at.values.end());
  }
  expect_indices(static_cast<std::int64_t>(indices.size()));
  for (std::int64_t& index : indices) {
    if (index < -from[axis] || index >= from[axis]) {
      throw NodeError{"takes element " + std::to_string(index) + " of axis " +
                      std::to_string(axis) + " of " + shape_text(from)};
    }
    index += index < 0 ? from[axis] : 0;
  }
  if (is_list) {
    Constant result{ElementType::Int64, at.shape, {}, {}};
    for (const std::int64_t index : indices) {
      result.wide.push_back(list[static_cast<std::size_t>(index)]);
    }
    graph.out(node, 0, graph.builder().add_constant(std::move(result)));
    return;
  }
  Move move;
  move.shape = {from.begin(), from.begin() + static_cast<std::ptrdiff_t>(axis)};
  move.shape.insert(move.shape.end(), at.shape.begin(), at.shape.end());
  move.shape.insert(move.shape.end(), from.begin() + static_cast<std::ptrdiff_t>(axis) + 1,
                    from.end());
  checked_elements(move.shape);
  move.apply = [axis, shared = std::make_shared<const Indices>(std::move(indices)),
                shape = move.shape](Builder& builder, ValueId id, const QuantParams*, const Clip*) {
    const ValueId taken = gathered(builder, id, axis, *shared);
    return builder.value(taken).shape == shape ? taken : builder.reshaped(taken, shape);
  };
  define_moved(graph, node, move);
}

void build_tile(Graph& graph, const Node& node) {
  node.expect_inputs(2, 2);
  const Shape from = graph.in_value(node, 0).shape;
  const Indices times = integers_of(graph.constant(node, 1));
  if (times.size() != from.size()) {
    throw NodeError{"has " + std::to_string(times.size()) + " repeats for an input of " +
                    shape_text(from) + ", expected one for each dimension"};
  }
  std::vector<Indices> indices(from.size());
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    expect_indices(std::clamp<std::int64_t>(times[axis], 0, kMostIndices + 1) * from[axis]);
    for (std::int64_t i = 0; times[axis] > 1 && i < times[axis] * from[axis]; ++i) {
      indices[axis].push_back(i % from[axis]);
    }
  }
  define_moved(graph, node, gather_axes(from, indices));
}

void build_expand(Graph& graph, const Node& node) {
  node.expect_inputs(2, 2);
  const Shape from = graph.in_value(node, 0).shape;
  const Shape to = broadcast_shape(from, integers_of(graph.constant(node, 1)));
  Shape extended(to.size() - from.size(), 1);
  extended.insert(extended.end(), from.begin(), from.end());
  std::vector<Indices> indices(to.size());
  for (std::size_t axis = 0; axis < to.size(); ++axis) {
    if (extended[axis] != to[axis]) {
      expect_indices(to[axis]);
      indices[axis].assign(static_cast<std::size_t>(to[axis]), 0);
    }
  }
  const Move repeat = gather_axes(extended, indices);
  define_moved(graph, node,
               {to, [repeat, extended](Builder& builder, ValueId id, const QuantParams* params,
                                       const Clip* clip) {
                  const bool same = builder.value(id).shape == extended;
                  return repeat.apply(builder, same ? id : builder.reshaped(id, extended), params,
                                      clip);
                }});
}

Move mirrored(const Shape& from, const Indices& pads, const std::string& mode) {
  std::vector<Indices> indices(from.size());
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    const std::int64_t before = pads[axis];
    const std::int64_t after = pads[axis + from.size()];
    if (before == 0 && after == 0) {
      continue;
    }
    const std::int64_t last = from[axis] - 1;
    if (mode == "reflect" && std::max(before, after) > last) {
      throw NodeError{"reflects " + std::to_string(before) + " and " + std::to_string(after) +
                      " elements of axis " + std::to_string(axis) + ", expected 0.." +
                      std::to_string(last)};
    }
    expect_indices(before + from[axis] + after);
    for (std::int64_t i = -before; i <= last + after; ++i) {
      const std::int64_t reflected = i < 0 ? -i : i > last ? 2 * last - i : i;
      indices[axis].push_back(mode == "reflect" ? reflected : std::clamp<std::int64_t>(i, 0, last));
    }
  }
  return gather_axes(from, indices);
}

void build_depth_to_space(Graph& graph, const Node& node) {
  node.expect_inputs(1, 1);
  constexpr std::int64_t kMostBlock = 1 << 12;
  const bool to_space = node.op() == "DepthToSpace";
  const Shape from = graph.in_value(node, 0).shape;
  const std::int64_t block = node.integer("blocksize", 0);
  const std::string mode = to_space ? node.text("mode", "DCR") : "DCR";
  if (from.size() != 4) {
    throw NodeError{"has an input of " + shape_text(from) + ", expected 4 dimensions: N, C, H, W"};
  }
  if (block < 1 || block > kMostBlock) {
    throw NodeError{"has a blocksize of " + std::to_string(block) + ", expected 1..4096"};
  }
  if (mode != "DCR" && mode != "CRD") {
    throw NodeError{"has the mode '" + printable_name(mode) + "', expected DCR or CRD"};
  }
  const std::int64_t area = block * block;
  if (to_space ? from[1] % area != 0 : from[2] % block != 0 || from[3] % block != 0) {
    throw NodeError{"has blocks of " + std::to_string(block) + " in an input of " +
                    shape_text(from)};
  }
  Shape apart, to;
  Permutation order;
  if (!to_space) {
    apart = {from[0], from[1], from[2] / block, block, from[3] / block, block};
    order = {0, 3, 5, 1, 2, 4};
    to = {from[0], from[1] * area, from[2] / block, from[3] / block};
  } else {
    const std::int64_t channels = from[1] / area;
    apart = mode == "DCR" ? Shape{from[0], block, block, channels, from[2], from[3]}
                          : Shape{from[0], channels, block, block, from[2], from[3]};
    order = mode == "DCR" ? Permutation{0, 3, 4, 1, 5, 2} : Permutation{0, 1, 4, 2, 5, 3};
    to = {from[0], channels, from[2] * block, from[3] * block};
  }
  define_moved(graph, node,
               {to, [=](Builder& builder, ValueId id, const QuantParams*, const Clip*) {
                  const ValueId turned = builder.transposed(builder.reshaped(id, apart), order);
                  return builder.reshaped(turned, to);
                }});
}

}  // namespace systole::onnx

#include "sim/onnx/pending.hpp"

#include <algorithm>
#include <cmath>

#include "sim/onnx/quantization.hpp"

namespace systole::onnx {
namespace {

// The axis of the scales after the move.
std::int64_t moved_axis(const QuantParams& params, const Permutation& transposition) {
  const auto at =
      std::find(transposition.begin(), transposition.end(), static_cast<std::size_t>(params.axis));
  if (at == transposition.end()) {
    throw NodeError{"moves integers with a scale per channel, which is not supported"};
  }
  return at - transposition.begin();
}

}  // namespace

Clip composed(const Clip& first, const Clip& second) {
  return {std::clamp(first.low, second.low, second.high),
          std::clamp(first.high, second.low, second.high)};
}

void define_dequantized(Graph& graph, const Node& node, const Operand& operand,
                        std::size_t output) {
  Value value;
  const Value& integers = graph.builder().value(operand.integers);
  value.shape = integers.shape;
  value.depth = integers.depth + 1;
  value.dequantized = operand;
  graph.out(node, output, graph.builder().add(std::move(value)));
}

void define_pending(Graph& graph, const Node& node, Pending pending, const Shape& shape, int depth,
                    std::size_t output) {
  // Its layers are the node's, whoever makes them, and so are its mistakes.
  Builder& builder = graph.builder();
  const auto as_the_nodes = [&builder, index = node.index(), where = node.where()](auto make) {
    return [&builder, index, where, make = std::move(make)](const auto&... arguments) {
      builder.set_node(index);
      try {
        return make(arguments...);
      } catch (const NodeError& e) {
        throw NodeError{e.what(), e.where().empty() ? where : e.where()};
      }
    };
  };
  if (pending.quantized) {
    pending.quantized = as_the_nodes(std::move(pending.quantized));
  }
  if (pending.real) {
    pending.real = as_the_nodes(std::move(pending.real));
  }
  pending.what = node.where();
  Value value;
  value.shape = shape;
  value.depth = depth + 1;
  value.pending = std::make_shared<const Pending>(std::move(pending));
  graph.out(node, output, builder.add(std::move(value)));
}

void define_float_layer(Graph& graph, const Node& node, LayerOp op,
                        const std::vector<ValueId>& inputs, const Shape& shape) {
  Builder& builder = graph.builder();
  std::vector<TensorId> tensors;
  for (const ValueId input : inputs) {
    if (builder.value(input).type != ElementType::Float) {
      throw NodeError{std::string{"has an input of "} + type_name(builder.value(input).type) +
                      ", expected FLOAT"};
    }
    tensors.push_back(builder.file_tensor(input));
  }
  graph.out(
      node, 0,
      builder.add_layer(std::move(op), tensors, shape, ElementType::Float, identity(shape.size())));
}

std::optional<Operand> find_quantized(const Graph& graph, ValueId id) {
  const auto& dequantized = graph.builder().value(id).dequantized;
  const bool narrow = dequantized && (dequantized->params.type == ElementType::Int8 ||
                                      dequantized->params.type == ElementType::UInt8);
  return narrow ? dequantized : std::nullopt;
}

Operand quantized_operand(Graph& graph, const Node& node, std::size_t i) {
  const ValueId id = graph.in(node, i);
  if (const std::optional<Operand> found = find_quantized(graph, id)) {
    return *found;
  }
  const auto& pending = graph.builder().value(id).pending;
  throw NodeError{"has a float operand '" + printable_name(node.input(i)) + "'" +
                  (pending ? ", which " + pending->what + " computes" : std::string{}) +
                  ": expected integers through DequantizeLinear"};
}

Bias bias_operand(Graph& graph, const Node& node, std::size_t i) {
  Bias bias;
  if (!node.has(i)) {
    return bias;
  }
  const Value& value = graph.in_value(node, i);
  bias.constant = value.constant;
  if (value.dequantized) {
    bias.constant = graph.builder().value(value.dequantized->integers).constant;
    bias.params = value.dequantized->params;
  }
  if (!bias.constant) {
    throw NodeError{"has a bias '" + printable_name(node.input(i)) +
                    "' that is computed, expected a constant"};
  }
  return bias;
}

void define_moved(Graph& graph, const Node& node, const Move& move, std::size_t output) {
  Builder& builder = graph.builder();
  const ValueId id = graph.in(node, 0);
  const Value value = builder.value(id);
  if (value.dequantized) {
    Operand operand = *value.dequantized;
    if (!operand.params.per_tensor()) {
      operand.params.axis = moved_axis(operand.params, move.transposition);
    }
    operand.integers = move.apply(builder, operand.integers, &operand.params, nullptr);
    define_dequantized(graph, node, operand, output);
    return;
  }
  if (!value.pending) {
    graph.out(node, output, move.apply(builder, id, nullptr, nullptr));
    return;
  }
  Pending pending;
  if (value.pending->quantized) {
    pending.quantized = [&builder, inner = value.pending, move](const QuantParams& out,
                                                                const Clip& clip) {
      return move.apply(builder, inner->quantized(out, clip), &out, &clip);
    };
  }
  if (value.pending->real) {
    pending.real = [&builder, inner = value.pending, move] {
      return move.apply(builder, inner->real(), nullptr, nullptr);
    };
  }
  define_pending(graph, node, std::move(pending), move.shape, value.depth, output);
}

std::optional<Unary> find_unary(const Graph& graph, ValueId id) {
  const std::optional<Operand> operand = find_quantized(graph, id);
  if (!operand) {
    const auto& pending = graph.builder().value(id).pending;
    return pending ? pending->unary : std::nullopt;
  }
  return operand->params.per_tensor() ? std::optional{reals_of(*operand)} : std::nullopt;
}

Unary reals_of(const Operand& operand) {
  Unary unary{operand, {}};
  const ElementFormat format = format_of(operand.params.type);
  for (std::int64_t q = format.min(); q <= format.max(); ++q) {
    const auto centred = static_cast<float>(q - operand.params.zero_point.at(0));
    unary.reals.push_back(centred * operand.params.scale.at(0));
  }
  return unary;
}

Unary mapped(Unary unary, const std::function<float(float)>& function) {
  std::transform(unary.reals.begin(), unary.reals.end(), unary.reals.begin(), function);
  return unary;
}

ValueId tabulated(Builder& builder, const Unary& unary, const QuantParams& out, const Clip& clip) {
  if (!out.per_tensor()) {
    throw NodeError{"has an output with a scale per channel, expected one"};
  }
  Lookup op;
  for (const float real : unary.reals) {
    if (std::isnan(real)) {
      throw NodeError{"has no result for some of the integers that it takes"};
    }
    op.table.push_back(quantized(std::clamp(real, clip.low, clip.high), out.scale[0],
                                 out.zero_point[0], format_of(out.type)));
  }
  const Permutation layout = builder.present_layout(unary.x.integers);
  const TensorId x = builder.tensor(unary.x, layout);
  return builder.add_layer(std::move(op), {x}, Shape{builder.value(unary.x.integers).shape}, out,
                           layout);
}

Pending pending_unary(Builder& builder, Unary unary, std::function<ValueId()> real) {
  Pending pending;
  pending.quantized = [&builder, unary](const QuantParams& out, const Clip& clip) {
    return tabulated(builder, unary, out, clip);
  };
  pending.real = std::move(real);
  pending.unary = std::move(unary);
  return pending;
}

}  // namespace systole::onnx

#pragma once

#include <functional>
#include <optional>

#include "sim/onnx/graph.hpp"
#include "sim/onnx/layers.hpp"

namespace systole::onnx {

/// First `first`, then `second`.
Clip composed(const Clip& first, const Clip& second);

/// Defines the node's output as floats that stand for integers.
void define_dequantized(Graph& graph, const Node& node, const Operand& operand,
                        std::size_t output = 0);
/// Defines the node's output as an operator that waits for its QuantizeLinear.
void define_pending(Graph& graph, const Node& node, Pending pending, const Shape& shape, int depth,
                    std::size_t output = 0);
/// A layer named after the node, on floats in the file's layout; defines the node's output.
void define_float_layer(Graph& graph, const Node& node, LayerOp op,
                        const std::vector<ValueId>& inputs, const Shape& shape);

/// The 8-bit integers that the float at input i stands for; throws NodeError where it is no such.
Operand quantized_operand(Graph& graph, const Node& node, std::size_t i);
std::optional<Operand> find_quantized(const Graph& graph, ValueId id);
/// A constant bias at input i, if there is one: floats, or integers with their scale.
Bias bias_operand(Graph& graph, const Node& node, std::size_t i);

/// What moves or selects elements, and does so with integers as with the floats they stand for.
struct Move {
  Shape shape;  ///< of the result
  /// On integers (their quantization where it is known, and where they are of a QuantizeLinear that
  /// comes after this, what clips the reals before it), floats or constants.
  std::function<ValueId(Builder&, ValueId, const QuantParams*, const Clip*)> apply;
  Permutation transposition{};  ///< that this is, for weights with a scale per channel
};
void define_moved(Graph& graph, const Node& node, const Move& move, std::size_t output = 0);

/// The function that the value is of some integers, if it is one; they themselves if it is
/// dequantized.
std::optional<Unary> find_unary(const Graph& graph, ValueId id);
/// What the integers stand for, with one scale.
Unary reals_of(const Operand& operand);
/// A function of what each integer stands for.
Unary mapped(Unary unary, const std::function<float(float)>& function);
/// Clip(function) of each integer, quantized: a layer that looks it up.
ValueId tabulated(Builder& builder, const Unary& unary, const QuantParams& out, const Clip& clip);
/// Waits for its QuantizeLinear, then looks up; `real` where floats will do as well, or null.
Pending pending_unary(Builder& builder, Unary unary, std::function<ValueId()> real);

}  // namespace systole::onnx

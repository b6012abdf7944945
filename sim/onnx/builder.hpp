#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/network/network.hpp"
#include "sim/onnx/node.hpp"
#include "sim/onnx/value.hpp"

namespace systole::onnx {

/// Images: [N,C,H,W] in the file, [N,H,W,C] in the network.
extern const Permutation kChannelsLast;
Permutation identity(std::size_t rank);

/// The network under construction, and the values of the file that stand in it.
///
/// A value has a tensor for each layout in which somebody needed it. Moving a value (reshape,
/// transpose) computes nothing until somebody needs the result, so that transposes which cancel
/// out leave no layer.
class Builder {
 public:
  explicit Builder(std::string name) { network_.name = std::move(name); }

  Network& network() { return network_; }
  /// Layers are named after the node at work.
  void set_node(std::size_t index) { node_ = index; }

  ValueId add(Value value);
  const Value& value(ValueId id) const { return values_.at(id); }
  void rename(ValueId id, const std::string& name);
  ValueId add_constant(Constant constant);
  ValueId add_input(const std::string& name, const Shape& shape, ElementType type);

  ValueId transposed(ValueId id, const Permutation& permutation);
  ValueId reshaped(ValueId id, const Shape& shape);

  /// The value's tensor with its axes in this order. Adds layers where there is none yet.
  TensorId tensor(ValueId id, const Permutation& layout);
  TensorId file_tensor(ValueId id) { return tensor(id, identity(value(id).shape.size())); }
  /// The same for integers that stand for reals: the tensor has their scale and zero point.
  TensorId tensor(const Operand& operand, const Permutation& layout);
  /// A layout in which the value already is.
  Permutation present_layout(ValueId id) const;

  /// The same elements in memory under another shape.
  TensorId under_shape(TensorId from, const Shape& shape);

  /// Counts what a layer keeps beside tensors, in units of four bytes; throws NodeError where it is
  /// too much together.
  void charge(std::int64_t elements);

  /// A constant's tensor.
  TensorId constant_tensor(const Constant& constant, const std::string& name);
  /// One float, or one integer, as operands of host operators: [1].
  TensorId scale_tensor(const std::vector<float>& values);
  TensorId zero_point_tensor(const std::vector<std::int32_t>& values, ElementType type);

  /// Adds a layer whose result is a value of this shape (the file's), in this layout.
  ValueId add_layer(LayerOp op, std::vector<TensorId> inputs, const Shape& shape, ElementType type,
                    const Permutation& layout);
  /// The same, its integers quantized so.
  ValueId add_layer(LayerOp op, std::vector<TensorId> inputs, const Shape& shape,
                    const QuantParams& params, const Permutation& layout);

  /// What integers stand for, of those that nobody reads as reals: the same as what they were
  /// moved or selected from, or become when they are moved.
  void hand_on_marks();

 private:
  TensorId append(LayerOp op, std::vector<TensorId> inputs, Tensor output);
  TensorId materialize(ValueId id);
  TensorId turned(TensorId from, const Permutation& permutation);
  void mark(ValueId id, const QuantParams& params);

  Network network_;
  std::vector<Value> values_;
  std::set<std::string> layer_names_;
  std::map<std::string, std::size_t> names_used_;  // numbers behind a name
  std::set<TensorId> marked_;
  std::size_t node_ = 0;
  std::int64_t constant_elements_ = 0;
};

}  // namespace systole::onnx

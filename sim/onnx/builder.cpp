#include "sim/onnx/builder.hpp"

#include <algorithm>
#include <numeric>

namespace systole::onnx {

const Permutation kChannelsLast{0, 2, 3, 1};

namespace {

constexpr std::int64_t kMaxConstantElements = std::int64_t{1} << 28;
constexpr int kMaxDepth = 200;
// Operators that wait are repeated for each that reads them.
constexpr std::size_t kMostLayers = std::size_t{1} << 16U;

Permutation inverse(const Permutation& permutation) {
  Permutation result(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i) {
    result.at(permutation[i]) = i;
  }
  return result;
}

// First `first`, then `second` on its result.
Permutation composed(const Permutation& first, const Permutation& second) {
  Permutation result;
  for (const std::size_t axis : second) {
    result.push_back(first.at(axis));
  }
  return result;
}

Shape permuted_shape(const Shape& shape, const Permutation& permutation) {
  Shape result;
  for (const std::size_t axis : permutation) {
    result.push_back(shape.at(axis));
  }
  return result;
}

// Axes of size 1 may go anywhere without an element moving.
bool moves_elements(const Shape& shape, const Permutation& permutation) {
  std::vector<std::size_t> order;
  std::copy_if(permutation.begin(), permutation.end(), std::back_inserter(order),
               [&](std::size_t axis) { return shape[axis] != 1; });
  return !std::is_sorted(order.begin(), order.end());
}

// Integers in, some of them out.
struct MovesIntegers {
  bool operator()(const MaxPool&) const { return true; }
  bool operator()(const Reshape&) const { return true; }
  bool operator()(const Pad&) const { return true; }
  bool operator()(const Concat&) const { return true; }
  bool operator()(const Transpose&) const { return true; }
  bool operator()(const StridedSlice&) const { return true; }
  bool operator()(const Gather&) const { return true; }
  bool operator()(const ResizeNearest&) const { return true; }
  bool operator()(const Extremum&) const { return true; }
  bool operator()(const ReduceExtremum&) const { return true; }
  template <typename Computes>
  bool operator()(const Computes& /*op*/) const {
    return false;
  }
};

}  // namespace

Permutation identity(std::size_t rank) {
  Permutation result(rank);
  std::iota(result.begin(), result.end(), std::size_t{0});
  return result;
}

ValueId Builder::add(Value value) {
  checked_elements(value.shape);
  if (value.depth > kMaxDepth) {
    throw NodeError{"follows more than 200 operators that wait for their QuantizeLinear"};
  }
  values_.push_back(std::move(value));
  return values_.size() - 1;
}

void Builder::rename(ValueId id, const std::string& name) {
  Value& value = values_.at(id);
  if (!value.name.empty()) {
    return;
  }
  value.name = name;
  for (const auto& [layout, tensor] : value.layouts) {
    std::string& tensor_name = network_.tensors[tensor].name;
    tensor_name = tensor_name.empty() ? printable_name(name) : tensor_name;
  }
}

ValueId Builder::add_constant(Constant constant) {
  Value value;
  value.shape = constant.shape;
  value.type = constant.type;
  value.constant = std::make_shared<const Constant>(std::move(constant));
  values_.push_back(std::move(value));  // may be an empty list
  return values_.size() - 1;
}

ValueId Builder::add_input(const std::string& name, const Shape& shape, ElementType type) {
  Value value;
  value.name = name;
  value.shape = shape;
  value.type = type;
  Tensor tensor;
  tensor.name = printable_name(name);
  tensor.shape = shape;
  tensor.format = format_of(type);
  network_.tensors.push_back(std::move(tensor));
  network_.inputs.push_back(network_.tensors.size() - 1);
  value.layouts[identity(shape.size())] = network_.inputs.back();
  return add(std::move(value));
}

ValueId Builder::transposed(ValueId id, const Permutation& permutation) {
  const Value& source = value(id);
  if (source.constant) {
    return add_constant(permuted(*source.constant, permutation));
  }
  Value result;
  result.shape = permuted_shape(source.shape, permutation);
  result.type = source.type;
  result.depth = source.depth + 1;
  result.moved = id;
  result.transposition = permutation;
  return add(std::move(result));
}

ValueId Builder::reshaped(ValueId id, const Shape& shape) {
  const Value& source = value(id);
  if (source.constant) {
    Constant constant = *source.constant;
    constant.shape = shape;
    return add_constant(std::move(constant));
  }
  Value result;
  result.shape = shape;
  result.type = source.type;
  result.depth = source.depth + 1;
  result.moved = id;
  return add(std::move(result));
}

TensorId Builder::append(LayerOp op, std::vector<TensorId> inputs, Tensor output) {
  if (network_.layers.size() >= kMostLayers) {
    throw NodeError{"the file becomes more than 65536 layers"};
  }
  network_.tensors.push_back(std::move(output));
  Layer layer;
  layer.op = std::move(op);
  layer.inputs = std::move(inputs);
  layer.output = network_.tensors.size() - 1;
  const std::string base = op_name(network_, layer) + "_" + std::to_string(node_);
  layer.name = base;
  for (std::size_t& used = names_used_[base]; !layer_names_.insert(layer.name).second;) {
    layer.name = base + "_" + std::to_string(++used);
  }
  network_.layers.push_back(std::move(layer));
  return network_.layers.back().output;
}

// What moving leaves alone: format, scale, zero point.
TensorId Builder::under_shape(TensorId from, const Shape& shape) {
  Tensor result = network_.tensor(from);
  result.data.reset();
  result.name.clear();
  result.shape = shape;
  const bool is_marked = marked_.count(from) != 0;
  const TensorId id = append(Reshape{}, {from}, std::move(result));
  if (is_marked) {
    marked_.insert(id);
  }
  return id;
}

TensorId Builder::turned(TensorId from, const Permutation& permutation) {
  const Shape shape = permuted_shape(network_.tensor(from).shape, permutation);
  if (permutation == identity(permutation.size())) {
    return from;
  }
  if (!moves_elements(network_.tensor(from).shape, permutation)) {
    return under_shape(from, shape);
  }
  Tensor result = network_.tensor(from);
  result.data.reset();
  result.name.clear();
  result.shape = shape;
  const bool is_marked = marked_.count(from) != 0;
  const TensorId id = append(Transpose{permutation}, {from}, std::move(result));
  if (is_marked) {
    marked_.insert(id);
  }
  return id;
}

TensorId Builder::tensor(ValueId id, const Permutation& layout) {
  const Value& value = values_.at(id);
  if (const auto found = value.layouts.find(layout); found != value.layouts.end()) {
    return found->second;
  }
  TensorId result = 0;
  if (value.constant) {
    result = constant_tensor(permuted(*value.constant, layout), value.name);
  } else if (!value.layouts.empty()) {
    const Permutation present = present_layout(id);
    result = turned(value.layouts.at(present), composed(inverse(present), layout));
  } else if (value.moved && !value.transposition.empty()) {
    const Permutation of_source = composed(value.transposition, layout);
    result = tensor(*value.moved, of_source);
  } else {
    const Permutation file = identity(value.shape.size());
    const TensorId whole = materialize(id);
    values_.at(id).layouts[file] = whole;
    result = layout == file ? whole : turned(whole, layout);
  }
  Value& made = values_.at(id);  // others may have been added
  made.layouts[layout] = result;
  std::string& name = network_.tensors[result].name;
  name = name.empty() ? printable_name(made.name) : name;
  return result;
}

// In the file's layout.
TensorId Builder::materialize(ValueId id) {
  const Value value = values_.at(id);
  if (value.moved) {
    return under_shape(file_tensor(*value.moved), value.shape);
  }
  if (value.dequantized) {
    const QuantParams& params = value.dequantized->params;
    const TensorId integers = file_tensor(value.dequantized->integers);
    const ValueId made = add_layer(
        DequantizeLinear{static_cast<std::size_t>(params.axis)},
        {integers, scale_tensor(params.scale), zero_point_tensor(params.zero_point, params.type)},
        value.shape, ElementType::Float, identity(value.shape.size()));
    return file_tensor(made);
  }
  if (value.pending) {
    if (!value.pending->real) {
      throw NodeError{"needs the float result of " + value.pending->what +
                      ", which can be computed in integers only: expected QuantizeLinear behind "
                      "it, and DequantizeLinear before each of its operands"};
    }
    return file_tensor(value.pending->real());
  }
  throw std::logic_error{"onnx: a value without a source"};
}

Permutation Builder::present_layout(ValueId id) const {
  const Value& value = values_.at(id);
  Permutation file = identity(value.shape.size());
  if (value.layouts.empty() || value.layouts.count(file) != 0) {
    return file;
  }
  return value.layouts.begin()->first;
}

TensorId Builder::tensor(const Operand& operand, const Permutation& layout) {
  if (!operand.params.per_tensor()) {
    throw NodeError{"has an operand with a scale per channel, expected one: only weights can"};
  }
  TensorId id = tensor(operand.integers, layout);
  mark(operand.integers, operand.params);
  if (network_.tensor(id).zero_point != operand.params.zero_point[0]) {
    // The same integers, read in two ways.
    id = under_shape(id, Shape{network_.tensor(id).shape});
    network_.tensors[id].zero_point = operand.params.zero_point[0];
    network_.tensors[id].scale = operand.params.scale;
  }
  return id;
}

// What the integers stand for is said by those who read them.
void Builder::mark(ValueId id, const QuantParams& params) {
  for (const auto& [layout, tensor] : values_.at(id).layouts) {
    if (marked_.insert(tensor).second) {
      network_.tensors[tensor].scale = params.scale;
      network_.tensors[tensor].zero_point = params.zero_point[0];
    }
  }
  if (const auto& moved = values_.at(id).moved) {
    mark(*moved, params);
  }
}

void Builder::hand_on_marks() {
  std::vector<std::vector<const Layer*>> movers(network_.tensors.size());  // of each tensor
  for (const Layer& layer : network_.layers) {
    if (!std::visit(MovesIntegers{}, layer.op)) {
      continue;
    }
    movers.at(layer.output).push_back(&layer);
    for (const TensorId input : layer.inputs) {
      movers.at(input).push_back(&layer);
    }
  }
  std::vector<TensorId> from{marked_.begin(), marked_.end()};
  for (std::size_t next = 0; next < from.size(); ++next) {
    const Tensor& known = network_.tensor(from[next]);
    const auto hand_to = [&](TensorId id) {
      Tensor& tensor = network_.tensors[id];
      if (tensor.format == known.format && marked_.insert(id).second) {
        tensor.scale = known.scale;
        tensor.zero_point = known.zero_point;
        from.push_back(id);
      }
    };
    for (const Layer* layer : movers.at(from[next])) {
      hand_to(layer->output);
      std::for_each(layer->inputs.begin(), layer->inputs.end(), hand_to);
    }
  }
}

void Builder::charge(std::int64_t elements) {
  constant_elements_ += elements;
  if (constant_elements_ > kMaxConstantElements) {
    throw NodeError{"the constants of the file have more than 2^28 elements"};
  }
}

TensorId Builder::constant_tensor(const Constant& constant, const std::string& name) {
  Tensor tensor;
  tensor.name = printable_name(name);
  tensor.shape = constant.shape;
  tensor.format = format_of(constant.type);
  charge(checked_elements(constant.shape));
  tensor.data = constant.values;
  network_.tensors.push_back(std::move(tensor));
  return network_.tensors.size() - 1;
}

TensorId Builder::scale_tensor(const std::vector<float>& values) {
  return constant_tensor(constant_of(values, {static_cast<std::int64_t>(values.size())}), "");
}

TensorId Builder::zero_point_tensor(const std::vector<std::int32_t>& values, ElementType type) {
  return constant_tensor(Constant{type, {static_cast<std::int64_t>(values.size())}, values}, "");
}

ValueId Builder::add_layer(LayerOp op, std::vector<TensorId> inputs, const Shape& shape,
                           ElementType type, const Permutation& layout) {
  checked_elements(shape);
  Tensor output;
  output.shape = permuted_shape(shape, layout);
  output.format = format_of(type);
  Value value;
  value.shape = shape;
  value.type = type;
  value.layouts[layout] = append(std::move(op), std::move(inputs), std::move(output));
  return add(std::move(value));
}

ValueId Builder::add_layer(LayerOp op, std::vector<TensorId> inputs, const Shape& shape,
                           const QuantParams& params, const Permutation& layout) {
  const ValueId id = add_layer(std::move(op), std::move(inputs), shape, params.type, layout);
  mark(id, params);
  return id;
}

}  // namespace systole::onnx

#include "sim/float_onnx/float_onnx.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "sim/config/error_log.hpp"
#include "sim/onnx/constant.hpp"
#include "sim/onnx/node.hpp"
#include "sim/onnx/windows.hpp"

namespace systole::quantize {
namespace {

using onnx::Constant;
using onnx::Node;
using onnx::NodeError;
namespace file = onnx::file;

const std::vector<std::size_t> kToChannelsLast{0, 2, 3, 1};
const std::vector<std::size_t> kToChannelsFirst{0, 3, 1, 2};

/// A value of the file: four dimensions are an image, NHWC in the network.
struct Known {
  ValueId id = 0;
  Shape shape;                 ///< as the file has it
  std::optional<Shape> image;  ///< id is this image [N,C,H,W], and the value is it laid flat
};

FloatTensor tensor_of(const Constant& constant) {
  return {constant.shape, onnx::floats_of(constant)};
}

bool moves_nothing(const Shape& image) { return image[1] == 1 || image[2] * image[3] == 1; }

// One binary64 as a binary32.
Constant narrowed(const file::TensorProto& tensor) {
  double value = 0;
  if (tensor.raw_data().size() == sizeof value) {
    std::memcpy(&value, tensor.raw_data().data(), sizeof value);
  } else if (tensor.double_data_size() == 1) {
    value = tensor.double_data(0);
  } else {
    throw NodeError{"casts a constant of DOUBLE that is not one number"};
  }
  return onnx::constant_of({static_cast<float>(value)}, {});
}

class FloatReader {
 public:
  FloatReader(std::string path, const onnx::ModelFile& model)
      : path_{std::move(path)}, model_{model} {
    network_.name = std::filesystem::path{path_}.stem().string();
  }

  FloatNetwork read() {
    const file::GraphProto& graph = model_.graph();
    for (const file::TensorProto& tensor : graph.initializer()) {
      initializers_[tensor.name()] = &tensor;
    }
    for (const file::ValueInfoProto& input : graph.input()) {
      guarded("input '" + onnx::printable_name(input.name()) + "'", {input.name()},
              [&] { read_input(input); });
    }
    for (int i = 0; i < graph.node_size(); ++i) {
      const Node node{graph.node(i), static_cast<std::size_t>(i), model_.opset()};
      const std::vector<std::string> outputs{graph.node(i).output().begin(),
                                             graph.node(i).output().end()};
      guarded(node.where(), outputs, [&] { read_node(node); });
    }
    for (const file::ValueInfoProto& output : graph.output()) {
      guarded("output '" + onnx::printable_name(output.name()) + "'", {},
              [&] { network_.outputs.push_back(plain(find(output.name()))); });
    }
    if (errors_.empty() && (network_.inputs.empty() || network_.outputs.empty())) {
      errors_.push_back(path_ + ": has no inputs or no outputs");
    }
    if (!errors_.empty()) {
      throw ConfigError{errors_};
    }
    return std::move(network_);
  }

 private:
  /// An error of one node is no reason to leave out the others, nor to blame those who read it.
  template <typename Read>
  void guarded(const std::string& where, const std::vector<std::string>& outputs,
               const Read& read) {
    constexpr std::size_t kMostErrors = 100;
    try {
      read();
      return;
    } catch (const GivenUp&) {
    } catch (const NodeError& e) {
      errors_.push_back(path_ + ": " + where + ": " + e.what());
    } catch (const std::invalid_argument& e) {  // of add_layer
      errors_.push_back(path_ + ": " + where + ": " + e.what());
    }
    errors_.resize(std::min(errors_.size(), kMostErrors));
    given_up_.insert(outputs.begin(), outputs.end());
  }
  struct GivenUp {};

  void read_input(const file::ValueInfoProto& input) {
    if (initializers_.count(input.name()) != 0) {
      return;
    }
    Shape shape;
    for (const auto& size : input.type().tensor_type().shape().dim()) {
      shape.push_back(size.has_dim_value() ? size.dim_value() : shape.empty() ? 1 : 0);
    }
    onnx::checked_elements(shape);
    if (onnx::element_type(input.type().tensor_type().elem_type()) != onnx::ElementType::Float) {
      throw NodeError{"is not of FLOAT"};
    }
    ValueId id = network_.add_input(onnx::printable_name(input.name()), shape);
    if (shape.size() == 4) {
      const Shape last{shape[0], shape[2], shape[3], shape[1]};
      const std::string name = onnx::printable_name(input.name()) + "_nhwc";
      id = moves_nothing(shape) ? network_.add_layer(name, FloatReshape{last}, {id})
                                : network_.add_layer(name, FloatTranspose{kToChannelsLast}, {id});
    }
    define(input.name(), {id, shape, {}});
  }

  void read_node(const Node& node) {
    const std::string op = node.op();
    node.expect_outputs(node.outputs());
    if (op == "Conv") {
      read_conv(node);
    } else if (op == "Gemm") {
      read_gemm(node);
    } else if (op == "MatMul") {
      node.expect_inputs(2, 2);
      read_product(node, constant(node, 1), false, {});
    } else if (op == "Add") {
      read_add(node);
    } else if (op == "BatchNormalization") {
      read_batch_norm(node);
    } else if (op == "Relu" || op == "Clip") {
      read_clip(node);
    } else if (op == "MaxPool" || op == "AveragePool") {
      read_pool(node);
    } else if (op == "GlobalAveragePool") {
      node.expect_inputs(1, 1);
      const Known x = image(node);
      out(node, FloatGlobalAveragePool{}, {x.id}, {x.shape[0], x.shape[1], 1, 1});
    } else if (op == "Concat") {
      read_concat(node);
    } else if (op == "Flatten" || op == "Reshape") {
      read_reshape(node);
    } else if (op == "Identity" || op == "Dropout") {
      node.expect_inputs(1, 3);
      node.real("ratio", 0);
      node.integer("seed", 0);
      define(node.output(0), find(node.input(0)));
    } else if (op == "Cast" || op == "Transpose") {
      read_constant_operator(node);
    } else if (op == "Pad") {
      read_pad(node);
    } else if (op == "Constant") {
      const file::TensorProto* const tensor = node.tensor("value");
      if (tensor == nullptr) {
        throw NodeError{"has no value that is a tensor"};
      }
      initializers_[node.output(0)] = tensor;
    } else {
      throw NodeError{
          "is not supported; expected Conv, Gemm, MatMul, Add, BatchNormalization, Relu, Clip, "
          "MaxPool, AveragePool, GlobalAveragePool, Concat, Flatten, Reshape, Identity, Dropout, "
          "Constant, or Cast, Transpose and Pad as exporters leave them"};
    }
    node.expect_no_other_attributes();
  }

  // What exporters leave around constants: casts to their own type, transposes of weights.
  void read_constant_operator(const Node& node) {
    node.expect_inputs(1, 1);
    const std::int64_t to = node.op() == "Cast" ? node.integer("to", 0) : 0;
    const auto given = initializers_.find(node.input(0));
    if (to == file::TensorProto::FLOAT && given != initializers_.end() &&
        given->second->data_type() == file::TensorProto::DOUBLE) {
      folded_[node.output(0)] = narrowed(*given->second);  // limits of clamp
      return;
    }
    Constant from = constant(node, 0);
    if (to == file::TensorProto::FLOAT && from.wide.size() == 1) {
      folded_[node.output(0)] = onnx::constant_of({static_cast<float>(from.wide[0])}, {});
      return;
    }
    if (node.op() == "Cast") {
      if (to != file::TensorProto::FLOAT || from.type != onnx::ElementType::Float) {
        throw NodeError{"casts a constant to another type, which is not supported"};
      }
    } else {
      const auto perm = node.integers("perm").value_or(std::vector<std::int64_t>{1, 0});
      if (perm != std::vector<std::int64_t>{1, 0} || from.shape.size() != 2) {
        throw NodeError{"transposes other than a constant of 2 dimensions"};
      }
      from = onnx::permuted(from, {1, 0});
    }
    folded_[node.output(0)] = std::move(from);
  }

  // Padding of nothing, before a pooling that pads itself.
  void read_pad(const Node& node) {
    node.expect_inputs(1, 3);
    node.text("mode", "constant");
    node.real("value", 0);
    const std::vector<std::int64_t> pads =
        node.has(1) ? onnx::integers_of(constant(node, 1))
                    : node.integers("pads").value_or(std::vector<std::int64_t>{1});
    if (std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; })) {
      throw NodeError{"pads, which is not supported before other operators than Conv and pooling"};
    }
    define(node.output(0), find(node.input(0)));
  }

  void read_conv(const Node& node) {
    node.expect_inputs(2, 3);
    const onnx::WindowAttributes attributes = onnx::window_attributes(node);
    const Known x = image(node);
    const Constant weight = constant(node, 1);
    if (weight.shape.size() != 4) {
      throw NodeError{"has weights of " + onnx::shape_text(weight.shape) +
                      ", expected 4 dimensions"};
    }
    const onnx::PlacedWindow placed =
        onnx::place_window(attributes, x.shape, weight.shape[2], weight.shape[3]);
    FloatConv2d op;
    op.window = placed.window;
    op.groups = node.integer("group", 1);
    op.weight = tensor_of(onnx::permuted(weight, kToChannelsLast));
    if (node.has(2)) {
      op.bias = onnx::floats_of(constant(node, 2));
    }
    out(node, std::move(op), {x.id}, {x.shape[0], weight.shape[0], placed.out_h, placed.out_w});
  }

  void read_gemm(const Node& node) {
    node.expect_inputs(2, 3);
    if (node.real("alpha", 1) != 1 || node.integer("transA", 0) != 0 ||
        (node.real("beta", 1) != 1 && node.has(2))) {
      throw NodeError{"has transA, or an alpha or beta that is not 1, which is not supported"};
    }
    const bool transposed = node.integer("transB", 0) != 0;
    read_product(node, constant(node, 1), transposed,
                 node.has(2) ? onnx::floats_of(constant(node, 2)) : std::vector<float>{});
  }

  void read_product(const Node& node, Constant weight, bool rows_are_outputs,
                    std::vector<float> bias) {
    if (weight.shape.size() != 2) {
      throw NodeError{"has weights of " + onnx::shape_text(weight.shape) +
                      ", expected 2 dimensions"};
    }
    if (!rows_are_outputs) {
      weight = onnx::permuted(weight, {1, 0});
    }
    Known x = find(node.input(0));
    if (x.image) {  // columns in the order of an NHWC image
      const Shape in = *x.image;
      const Shape flat = weight.shape;
      if (flat[1] != in[1] * in[2] * in[3]) {
        throw NodeError{"has weights of " + onnx::shape_text(flat) + " for an image of " +
                        onnx::shape_text(in)};
      }
      weight.shape = {flat[0], in[1], in[2], in[3]};
      weight = onnx::permuted(weight, kToChannelsLast);
      weight.shape = flat;
      x.id = layer(node, FloatReshape{x.shape}, {x.id}, "_flat");
    } else if (x.shape.size() != 2) {
      throw NodeError{"has an input of " + onnx::shape_text(x.shape) + ", expected 2 dimensions"};
    }
    if (bias.size() == 1) {
      bias.resize(static_cast<std::size_t>(weight.shape[0]), bias[0]);
    }
    const Shape shape{x.shape[0], weight.shape[0]};
    out(node, FloatFullyConnected{tensor_of(weight), std::move(bias)}, {x.id}, shape);
  }

  void read_add(const Node& node) {
    node.expect_inputs(2, 2);
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      if (is_constant(node.input(i))) {
        add_constant(node, find(node.input(1 - i)), constant(node, i));
        return;
      }
    }
    const Known a = find(node.input(0));
    const Known b = find(node.input(1));
    if (a.shape != b.shape) {
      throw NodeError{"adds " + onnx::shape_text(a.shape) + " and " + onnx::shape_text(b.shape) +
                      ", expected two of one shape"};
    }
    out(node, FloatAdd{}, {inner(a), inner(b)}, a.shape);
  }

  // A bias, as an exporter writes it behind MatMul.
  void add_constant(const Node& node, const Known& x, const Constant& bias) {
    std::vector<float> values = onnx::floats_of(bias);
    const auto channels = static_cast<std::size_t>(x.shape.back());
    const bool last = !bias.shape.empty() && bias.shape.back() == x.shape.back();
    if (x.shape.size() != 2 || x.image ||
        !(values.size() == 1 || (last && values.size() == channels))) {
      throw NodeError{"adds a constant of " + onnx::shape_text(bias.shape) + " to " +
                      onnx::shape_text(x.shape) + ", expected a bias behind MatMul or Gemm"};
    }
    values.resize(channels, values[0]);
    FloatBatchNorm op;  // gamma and variance of 1: what is left is the addition
    op.gamma.assign(channels, 1.0F);
    op.variance.assign(channels, 1.0F);
    op.mean.assign(channels, 0.0F);
    op.beta = std::move(values);
    op.epsilon = 0;
    out(node, std::move(op), {x.id}, x.shape);
  }

  void read_batch_norm(const Node& node) {
    node.expect_inputs(5, 5);
    node.expect_outputs(1);
    node.real("momentum", 0);
    if (node.integer("training_mode", 0) != 0) {
      throw NodeError{"is in training mode"};
    }
    FloatBatchNorm op;
    op.epsilon = node.real("epsilon", 1e-5F);
    op.gamma = onnx::floats_of(constant(node, 1));
    op.beta = onnx::floats_of(constant(node, 2));
    op.mean = onnx::floats_of(constant(node, 3));
    op.variance = onnx::floats_of(constant(node, 4));
    const Known x = find(node.input(0));
    if (x.shape.size() != 2 && x.shape.size() != 4) {
      throw NodeError{"has an input of " + onnx::shape_text(x.shape) +
                      ", expected 2 or 4 dimensions"};
    }
    out(node, std::move(op), {inner(x)}, x.shape);
  }

  float limit(const Node& node, const char* attribute, std::size_t i, float fallback) {
    if (node.opset() < 11) {
      return node.real(attribute, fallback);
    }
    if (!node.has(i)) {
      return fallback;
    }
    const std::vector<float> values = onnx::floats_of(constant(node, i));
    if (values.size() != 1 || std::isnan(values[0])) {
      throw NodeError{"has a limit that is not one number"};
    }
    return values[0];
  }

  void read_clip(const Node& node) {
    FloatClip op;
    if (node.op() == "Relu") {
      node.expect_inputs(1, 1);
      op.low = 0;
    } else {
      node.expect_inputs(1, 3);
      op.low = limit(node, "min", 1, op.low);
      op.high = limit(node, "max", 2, op.high);
    }
    const Known x = find(node.input(0));
    if (x.image) {  // still a flattened image behind it
      define(node.output(0), {layer(node, op, {x.id}, ""), x.shape, x.image});
      return;
    }
    out(node, op, {x.id}, x.shape);
  }

  void read_pool(const Node& node) {
    node.expect_inputs(1, 1);
    node.expect_outputs(1);
    const onnx::WindowAttributes attributes = onnx::window_attributes(node);
    const Known x = image(node);
    const onnx::PlacedWindow placed = onnx::place_window(attributes, x.shape);
    const Shape shape{x.shape[0], x.shape[1], placed.out_h, placed.out_w};
    if (node.op() == "MaxPool") {
      node.integer("storage_order", 0);  // of the indices, which nobody reads
      out(node, FloatMaxPool{placed.window}, {x.id}, shape);
      return;
    }
    const bool counts_padding = node.integer("count_include_pad", 0) != 0;
    if (counts_padding && attributes.ceil_mode) {
      throw NodeError{"has ceil_mode and count_include_pad, which is not supported"};
    }
    out(node, FloatAveragePool{placed.window, counts_padding}, {x.id}, shape);
  }

  void read_concat(const Node& node) {
    node.expect_inputs(1, node.inputs());
    std::vector<ValueId> ids;
    Shape shape = find(node.input(0)).shape;
    const auto rank = static_cast<std::int64_t>(shape.size());
    std::int64_t axis = node.integer("axis", 1);
    axis += axis < 0 ? rank : 0;
    if (axis < 0 || axis >= rank) {
      throw NodeError{"has an axis that does not exist"};
    }
    const auto at = static_cast<std::size_t>(axis);
    shape[at] = 0;
    for (std::size_t i = 0; i < node.inputs(); ++i) {
      const Known x = find(node.input(i));
      if (x.shape.size() != shape.size()) {
        throw NodeError{"has inputs of different dimensions"};
      }
      shape[at] += x.shape[at];
      ids.push_back(inner(x));
    }
    constexpr std::size_t kInChannelsLast[] = {0, 3, 1, 2};
    out(node, FloatConcat{rank == 4 ? kInChannelsLast[at] : at}, ids, shape);
  }

  void read_reshape(const Node& node) {
    const Known x = find(node.input(0));
    Shape to;
    if (node.op() == "Flatten") {
      node.expect_inputs(1, 1);
      if (node.integer("axis", 1) != 1 || x.shape.empty()) {
        throw NodeError{"has an axis that is not 1, which is not supported"};
      }
      to = {x.shape[0], element_count(x.shape) / x.shape[0]};
    } else {
      node.expect_inputs(2, 2);
      node.integer("allowzero", 0);
      to = onnx::integers_of(constant(node, 1));
      std::int64_t known = 1;
      for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] = to[i] == 0 && i < x.shape.size() ? x.shape[i] : to[i];
        known *= to[i] > 0 && to[i] <= element_count(x.shape) ? to[i] : 1;
        known = std::min(known, std::int64_t{1} << 30);
      }
      if (const auto open = std::find(to.begin(), to.end(), -1); open != to.end()) {
        *open = element_count(x.shape) / known;
      }
      if (onnx::checked_elements(to) != element_count(x.shape)) {
        throw NodeError{"has an input of " + onnx::shape_text(x.shape) + " for an output of " +
                        onnx::shape_text(to)};
      }
    }
    if (to == x.shape) {
      define(node.output(0), x);
    } else if (x.shape.size() == 4 && to.size() == 2 && !moves_nothing(x.shape)) {
      define(node.output(0), {x.id, to, x.shape});
    } else if (to.size() == 4) {
      throw NodeError{"makes an image of " + onnx::shape_text(x.shape) +
                      ", which is not supported"};
    } else {
      const ValueId from = x.shape.size() == 4 && !moves_nothing(x.shape) ? plain(x) : inner(x);
      out(node, FloatReshape{to}, {from}, to);
    }
  }

  Known find(const std::string& name) const {
    if (given_up_.count(name) != 0) {
      throw GivenUp{};
    }
    const auto found = known_.find(name);
    if (found == known_.end()) {
      throw NodeError{"reads '" + onnx::printable_name(name) +
                      "', which is constant or which no node before it computes"};
    }
    return found->second;
  }
  Known image(const Node& node) const {
    const Known x = find(node.input(0));
    if (x.shape.size() != 4) {
      throw NodeError{"has an input of " + onnx::shape_text(x.shape) +
                      ", expected 4 dimensions: N, C, H, W"};
    }
    return x;
  }
  bool is_constant(const std::string& name) const {
    return initializers_.count(name) + folded_.count(name) != 0;
  }
  Constant constant(const Node& node, std::size_t i) const {
    if (given_up_.count(node.input(i)) != 0) {
      throw GivenUp{};
    }
    if (const auto folded = folded_.find(node.input(i)); folded != folded_.end()) {
      return folded->second;
    }
    const auto found = initializers_.find(node.input(i));
    if (found == initializers_.end()) {
      throw NodeError{"computes its input " + std::to_string(i) + ", expected a constant"};
    }
    return onnx::read_constant(*found->second);
  }

  /// For operators that take images as NHWC and all else as it is.
  ValueId inner(const Known& x) { return x.image ? plain(x) : x.id; }
  /// In the file's layout.
  ValueId plain(const Known& x) {
    const Shape* const shape = x.image ? &*x.image : x.shape.size() == 4 ? &x.shape : nullptr;
    if (shape == nullptr) {
      return x.id;
    }
    const std::string name = network_.value(x.id).name;
    ValueId id = x.id;
    if (!moves_nothing(*shape)) {
      id = network_.add_layer(unique(name + "_nchw"), FloatTranspose{kToChannelsFirst}, {id});
    }
    return network_.value(id).shape == x.shape
               ? id
               : network_.add_layer(unique(name + "_plain"), FloatReshape{x.shape}, {id});
  }

  std::string unique(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 1; !names_.insert(name).second; ++i) {
      name = wanted + "_" + std::to_string(i);
    }
    return name;
  }
  ValueId layer(const Node& node, FloatOp op, const std::vector<ValueId>& from,
                const std::string& suffix) {
    const std::string name = std::string{float_op_name(op)} + "_" + std::to_string(node.index());
    return network_.add_layer(unique(name + suffix), std::move(op), from);
  }
  void out(const Node& node, FloatOp op, const std::vector<ValueId>& from, const Shape& shape) {
    onnx::checked_elements(shape);
    define(node.output(0), {layer(node, std::move(op), from, ""), shape, {}});
  }
  void define(const std::string& name, const Known& value) {
    if (is_constant(name) || !known_.emplace(name, value).second) {
      throw NodeError{"writes '" + onnx::printable_name(name) +
                      "', which is constant, an input, or computed before"};
    }
  }

  const std::string path_;
  const onnx::ModelFile& model_;
  FloatNetwork network_;
  std::map<std::string, const file::TensorProto*> initializers_;
  std::map<std::string, Constant> folded_;
  std::map<std::string, Known> known_;
  std::set<std::string> given_up_, names_;
  std::vector<std::string> errors_;
};

}  // namespace

FloatNetwork load_float_onnx(const std::string& path) {
  const onnx::ModelFile model{path};
  return FloatReader{path, model}.read();
}

}  // namespace systole::quantize

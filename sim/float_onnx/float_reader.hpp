#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "sim/config/error_log.hpp"
#include "sim/network/refusal.hpp"
#include "sim/onnx/constant.hpp"
#include "sim/onnx/node.hpp"
#include "sim/onnx/value_info.hpp"
#include "sim/onnx/windows.hpp"
#include "sim/quantize/float_network.hpp"

namespace systole::quantize {

using onnx::Constant;
using onnx::Node;
using onnx::NodeError;
namespace file = onnx::file;

inline const std::vector<std::size_t> kToChannelsLast{0, 2, 3, 1};
inline const std::vector<std::size_t> kToChannelsFirst{0, 3, 1, 2};

/// A value of the file: four dimensions are an image, NHWC in the network.
struct Known {
  ValueId id = 0;
  Shape shape;                 ///< as the file has it
  std::optional<Shape> image;  ///< id is this image [N,C,H,W], and the value is it laid flat
};

/// Of weights and other constants; throws NodeError for what is no finite number.
std::vector<float> numbers_of(const Constant& constant);

inline FloatTensor tensor_of(const Constant& constant) {
  return {constant.shape, numbers_of(constant)};
}

inline bool moves_nothing(const Shape& image) { return image[1] == 1 || image[2] * image[3] == 1; }

// One binary64 as a binary32.
inline Constant narrowed(const file::TensorProto& tensor) {
  double value = 0;
  if (tensor.raw_data().size() == sizeof value) {
    std::memcpy(&value, tensor.raw_data().data(), sizeof value);
  } else if (tensor.double_data_size() == 1) {
    value = tensor.double_data(0);
  } else {
    throw NodeError{"casts a constant of DOUBLE, expected one number"};
  }
  return onnx::constant_of({static_cast<float>(value)}, {});
}

/// Reads one float model; load_float_onnx.
class FloatReader {
 public:
  FloatReader(std::string path, const onnx::ModelFile& model)
      : path_{std::move(path)}, model_{model} {
    network_.name = std::filesystem::path{path_}.stem().string();
  }

  FloatNetwork read() {
    const file::GraphProto& graph = model_.graph();
    for (const file::TensorProto& tensor : graph.initializer()) {
      guarded("initializer '" + onnx::printable_name(tensor.name()) + "'", {}, [&] {
        if (!initializers_.emplace(tensor.name(), &tensor).second) {
          throw NodeError{"is given twice"};
        }
      });
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
              [&] { read_output(output); });
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
    } catch (const Refusal& e) {  // of add_layer
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
    const Shape shape = onnx::input_shape(input);
    if (onnx::element_type(input.type().tensor_type().elem_type()) != onnx::ElementType::Float) {
      throw NodeError{"is of integers, expected FLOAT"};
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

  void read_output(const file::ValueInfoProto& output) {
    const Known value = find(output.name());
    onnx::check_declared(output, value.shape, onnx::ElementType::Float);
    const ValueId id = plain(value);
    if (std::find(network_.inputs.begin(), network_.inputs.end(), id) != network_.inputs.end()) {
      throw NodeError{"is an input, expected what a node computes"};
    }
    if (std::find(network_.outputs.begin(), network_.outputs.end(), id) != network_.outputs.end()) {
      throw NodeError{"is another output by a second name, expected it once"};
    }
    network_.outputs.push_back(id);
  }

  void read_node(const Node& node) {
    const std::string op = node.op();
    node.expect_outputs(op == "Dropout" ? 2 : 1);
    if (op == "Conv") {
      read_conv(node);
    } else if (op == "Gemm") {
      read_gemm(node);
    } else if (op == "MatMul") {
      node.expect_inputs(2, 2);
      read_product(node, constant(node, 1), false, std::nullopt);
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
      expect_new(node.output(0));
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
    node.integer("saturate", 1);  // of 8-bit floats
    expect_new(node.output(0));
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
        throw NodeError{"casts a constant other than to FLOAT, which is not supported"};
      }
    } else {
      const auto perm = node.integers("perm").value_or(std::vector<std::int64_t>{1, 0});
      if (perm != std::vector<std::int64_t>{1, 0} || from.shape.size() != 2) {
        throw NodeError{"transposes a constant of " + onnx::shape_text(from.shape) +
                        ", expected 2 dimensions that change places"};
      }
      from = onnx::permuted(from, {1, 0});
    }
    folded_[node.output(0)] = std::move(from);
  }

  // Padding of nothing, before a pooling that pads itself.
  void read_pad(const Node& node);
  void read_conv(const Node& node);
  void read_gemm(const Node& node);
  void read_product(const Node& node, Constant weight, bool rows_are_outputs,
                    const std::optional<Constant>& bias);
  void read_add(const Node& node);
  // A bias, as an exporter writes it behind MatMul.
  void add_constant(const Node& node, const Known& x, const Constant& bias);
  void read_batch_norm(const Node& node);
  float limit(const Node& node, const char* attribute, std::size_t i, float none);
  void read_clip(const Node& node);
  void read_pool(const Node& node);
  void read_concat(const Node& node);
  void read_reshape(const Node& node);

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
    Known x = find(node.input(0));
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
    return network_.add_layer(unique(name + suffix), std::move(op), from,
                              path_ + ": " + node.where());
  }
  void out(const Node& node, FloatOp op, const std::vector<ValueId>& from, const Shape& shape) {
    onnx::checked_elements(shape);
    define(node.output(0), {layer(node, std::move(op), from, ""), shape, {}});
  }
  void define(const std::string& name, const Known& value) {
    expect_new(name);
    known_.emplace(name, value);
  }
  void expect_new(const std::string& name) const {
    if (is_constant(name) || known_.count(name) != 0) {
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

}  // namespace systole::quantize

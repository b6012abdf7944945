#include "sim/onnx/onnx.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sim/config/error_log.hpp"
#include "sim/onnx/operators.hpp"
#include "sim/onnx/value_info.hpp"

namespace systole {
namespace onnx {
namespace {

constexpr std::size_t kMostErrors = 100;  // more help nobody

/// Whether a file has layers with weights and nothing that quantizes or takes integers.
bool is_float_network(const file::GraphProto& graph) {
  bool has_layers = false;
  for (const file::NodeProto& node : graph.node()) {
    const std::string& op = node.op_type();
    if (op.rfind('Q', 0) == 0 || op.find("uantize") != std::string::npos ||
        op.find("Integer") != std::string::npos) {
      return false;
    }
    has_layers = has_layers || op == "Conv" || op == "Gemm" || op == "MatMul";
  }
  return has_layers;
}

/// Builds the network node by node. An error of one node is no reason to leave out the others.
class GraphReader {
 public:
  GraphReader(std::string path, const ModelFile& model)
      : path_{std::move(path)},
        model_{model},
        file_{model.graph()},
        builder_{std::filesystem::path{path_}.stem().string()},
        graph_{builder_} {}

  Network read() {
    if (is_float_network(file_)) {
      throw ConfigError{{path_ +
                         ": is a float network, nothing in it is quantized: `systole quantize` "
                         "makes a workload of it"}};
    }
    for (const file::TensorProto& tensor : file_.initializer()) {
      if (!graph_.add_initializer(tensor)) {
        error("initializer '" + printable_name(tensor.name()) + "'", "is given twice");
      }
    }
    if (file_.sparse_initializer_size() > 0) {
      error("sparse initializers", "are not supported");
    }
    for (const file::ValueInfoProto& input : file_.input()) {
      read_input(input);
    }
    for (int i = 0; i < file_.node_size(); ++i) {
      read_node(Node{file_.node(i), static_cast<std::size_t>(i), model_.opset()});
    }
    builder_.set_node(static_cast<std::size_t>(file_.node_size()));  // layers of the outputs
    for (const file::ValueInfoProto& output : file_.output()) {
      read_output(output);
    }
    const bool has_inputs = input_is_wrong_ || !builder_.network().inputs.empty();
    if (file_.output_size() == 0 || !has_inputs) {
      errors_.push_back(path_ + ": has no inputs or no outputs");
    }
    if (unknown_operators_) {
      errors_.push_back(path_ + ": supported operators are " + supported_operators());
    }
    if (!errors_.empty()) {
      throw ConfigError{errors_};
    }
    builder_.hand_on_marks();
    return std::move(builder_.network());
  }

 private:
  void error(const std::string& where, const std::string& what) {
    const std::string text = path_ + ": " + where + ": " + what;
    // Of an operator that several QuantizeLinear wait for it would come for each.
    const bool told = std::find(errors_.begin(), errors_.end(), text) != errors_.end();
    if (!told && errors_.size() < kMostErrors) {
      errors_.push_back(text);
    }
  }

  void read_input(const file::ValueInfoProto& input) {
    if (graph_.knows(input.name())) {
      return;  // a constant with a default, in old files
    }
    try {
      const ElementType type = element_type(input.type().tensor_type().elem_type());
      graph_.define(input.name(), builder_.add_input(input.name(), input_shape(input), type));
    } catch (const NodeError& e) {
      input_is_wrong_ = true;
      error("input '" + printable_name(input.name()) + "'", e.what());
      graph_.give_up(input.name());
    }
  }

  void read_node(const Node& node) {
    builder_.set_node(node.index());
    try {
      build_node(graph_, node);
      return;
    } catch (const UnknownOperator& e) {
      unknown_operators_ = true;
      error(node.where(), e.what());
    } catch (const NodeError& e) {
      if (!reads_given_up(node)) {
        error(e.where().empty() ? node.where() : e.where(), e.what());
      }
    }
    for (std::size_t i = 0; i < node.outputs(); ++i) {
      graph_.give_up(node.output(i));
    }
  }

  bool reads_given_up(const Node& node) const {
    for (std::size_t i = 0; i < node.inputs(); ++i) {
      if (graph_.is_given_up(node.input(i))) {
        return true;
      }
    }
    return false;
  }

  void read_output(const file::ValueInfoProto& output) {
    const std::string& name = output.name();
    if (graph_.is_given_up(name)) {
      return;
    }
    try {
      Network& network = builder_.network();
      const ValueId id = graph_.find(name);
      if (builder_.value(id).constant) {
        throw NodeError{"is a constant, expected what a node computes"};
      }
      const TensorId tensor = builder_.file_tensor(id);
      const auto& inputs = network.inputs;
      if (std::find(inputs.begin(), inputs.end(), tensor) != inputs.end()) {
        throw NodeError{"is the input '" + network.tensor(tensor).name +
                        "' as it is, expected what a node computes"};
      }
      check_declared(output, builder_.value(id).shape, builder_.value(id).type);
      network.outputs.push_back(tensor);
    } catch (const NodeError& e) {
      error("output '" + printable_name(name) + "'", e.what());
    }
  }

  const std::string path_;
  const ModelFile& model_;
  const file::GraphProto& file_;
  Builder builder_;
  Graph graph_;
  bool input_is_wrong_ = false;
  bool unknown_operators_ = false;
  std::vector<std::string> errors_;
};

}  // namespace
}  // namespace onnx

Network load_onnx(const std::string& path) {
  const onnx::ModelFile file{path};
  return onnx::GraphReader{path, file}.read();
}

}  // namespace systole

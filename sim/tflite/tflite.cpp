#include "sim/tflite/tflite.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "sim/config/error_log.hpp"
#include "sim/tflite/model_file.hpp"
#include "sim/tflite/operators.hpp"
#include "sim/tflite/tensor_table.hpp"

namespace systole {
namespace tflite {
namespace {

constexpr std::uint32_t kSchemaVersion = 3;
constexpr std::size_t kMostErrors = 100;  // more help nobody

/// Builds the network node by node. An error of one node is no reason to leave out the others.
class GraphReader {
 public:
  GraphReader(std::string path, const file::Model& model)
      : path_{std::move(path)}, model_{model}, graph_{only_subgraph()}, tensors_{table()} {
    network_.name = std::filesystem::path{path_}.stem().string();
  }

  Network read() {
    computed_.resize(tensors_.size(), false);
    read_inputs();
    const auto* const nodes = graph_.operators();
    if (nodes == nullptr || nodes->size() == 0) {
      fail("has no operators");
    }
    for (flatbuffers::uoffset_t i = 0; i < nodes->size(); ++i) {
      read_node(*nodes->Get(i), i);
    }
    read_outputs();
    if (!errors_.empty()) {
      throw ConfigError{errors_};
    }
    return std::move(network_);
  }

 private:
  /// For what leaves nothing more to be looked at; what was found before is told with it.
  [[noreturn]] void fail(const std::string& what) {
    errors_.push_back(path_ + ": " + what);
    throw ConfigError{errors_};
  }
  void error(const std::string& where, const std::string& what) {
    if (errors_.size() < kMostErrors) {
      errors_.push_back(path_ + ": " + where + ": " + what);
    }
  }

  const file::SubGraph& only_subgraph() {
    if (model_.version() != kSchemaVersion) {
      fail("has version " + std::to_string(model_.version()) + " of the format, expected 3");
    }
    const std::size_t count = model_.subgraphs() == nullptr ? 0 : model_.subgraphs()->size();
    if (count != 1) {
      fail("has " + std::to_string(count) + " subgraphs, expected 1: no control flow is supported");
    }
    return *model_.subgraphs()->Get(0);
  }
  TensorTable table() { return TensorTable{model_, graph_, network_}; }

  // What is not constant: checked, once, and of a type that a network's edge can have.
  void read_inputs() {
    if (graph_.inputs() == nullptr || graph_.inputs()->size() == 0) {
      fail("has no inputs");
    }
    for (const std::int32_t index : *graph_.inputs()) {
      const std::string where = "input tensor " + std::to_string(index);
      if (!exists(index)) {
        error(where, "does not exist");
        continue;
      }
      const TensorId id = id_of(index);
      if (tensors_.is_constant(id) || computed_[id]) {
        error(where, computed_[id] ? "is named twice" : "is constant");
        continue;
      }
      try {
        tensors_.check(id);
        if (tensors_.type(id) == file::TensorType::INT64) {
          throw NodeError{tensors_.describe(id) +
                          " is of INT64, expected INT8, UINT8, INT32 or FLOAT32"};
        }
        if (network_.tensor(id).shape.empty()) {
          throw NodeError{tensors_.describe(id) + " is a scalar, expected one dimension or more"};
        }
      } catch (const NodeError& e) {
        error(where, e.what());
      }
      computed_[id] = true;
      network_.inputs.push_back(id);
    }
  }

  void read_outputs() {
    const std::size_t count = graph_.outputs() == nullptr ? 0 : graph_.outputs()->size();
    if (count == 0) {
      fail("has no outputs");
    }
    for (const std::int32_t index : *graph_.outputs()) {
      const TensorId id = exists(index) ? id_of(index) : 0;
      const bool is_input =
          std::find(network_.inputs.begin(), network_.inputs.end(), id) != network_.inputs.end();
      if (!exists(index) || is_input || !computed_[id] || tensors_.is_constant(id)) {
        error("output tensor " + std::to_string(index), "is not computed by any node");
      } else {
        network_.outputs.push_back(id);
      }
    }
  }

  void read_node(const file::Operator& op, std::size_t index) {
    const std::optional<std::int32_t> code = code_of(op);
    const std::string where =
        "node " + std::to_string(index) + " (" + (code ? name_of(op, *code) : "?") + ")";
    const std::string out_of_order = claim_tensors(op);
    try {
      if (!code) {
        throw NodeError{"names operator code " + std::to_string(op.opcode_index()) +
                        ", which does not exist"};
      }
      Node node{op, tensors_, network_};
      if (!out_of_order.empty()) {
        throw NodeError{out_of_order};
      }
      if (const auto known = known_integers(*code, node)) {
        tensors_.set_known(node.output_id(), *known);
        return;
      }
      std::vector<Layer> layers = build_layers(*code, node);
      for (std::size_t i = 0; i < layers.size(); ++i) {
        layers[i].name = op_name(network_, layers[i]) + "_" + std::to_string(index) +
                         (layers.size() > 1 ? "_" + std::to_string(i) : "");
        network_.layers.push_back(std::move(layers[i]));
      }
    } catch (const NodeError& e) {
      error(where, e.what());
    }
  }

  // What the node reads must be there, what it writes must not. Even if the node fails its outputs
  // count as computed, so that those who read them do not fail as well.
  std::string claim_tensors(const file::Operator& op) {
    std::string problem;
    if (op.inputs() != nullptr) {
      for (const std::int32_t input : *op.inputs()) {
        if (exists(input) && !computed_[id_of(input)] && !tensors_.is_constant(id_of(input)) &&
            tensors_.is_usable(id_of(input))) {  // else Node says why not
          problem =
              "reads " + tensors_.describe(id_of(input)) + ", which no node before it computes";
        }
      }
    }
    if (op.outputs() != nullptr) {
      for (const std::int32_t output : *op.outputs()) {
        if (!exists(output)) {
          continue;  // Node says so
        }
        if (computed_[id_of(output)] || tensors_.is_constant(id_of(output))) {
          problem = "writes " + tensors_.describe(id_of(output)) +
                    ", which is constant, an input, or computed before";
        }
        computed_[id_of(output)] = true;
      }
    }
    return problem;
  }

  bool exists(std::int32_t index) const {
    return index >= 0 && static_cast<std::size_t>(index) < tensors_.size();
  }
  static TensorId id_of(std::int32_t index) { return static_cast<TensorId>(index); }

  const file::OperatorCode* operator_code(const file::Operator& op) const {
    const auto* const codes = model_.operator_codes();
    return codes == nullptr || op.opcode_index() >= codes->size() ? nullptr
                                                                  : codes->Get(op.opcode_index());
  }
  // Old files know the first field only, new ones set the second as well.
  std::optional<std::int32_t> code_of(const file::Operator& op) const {
    const file::OperatorCode* const code = operator_code(op);
    return code == nullptr ? std::nullopt
                           : std::optional{std::max<std::int32_t>(code->deprecated_builtin_code(),
                                                                  code->builtin_code())};
  }
  std::string name_of(const file::Operator& op, std::int32_t code) const {
    const auto* const custom = operator_code(op)->custom_code();
    std::string name = operator_name(code);
    if (custom != nullptr) {
      name += " " + printable_name(*custom);
    }
    return name;
  }

  const std::string path_;
  const file::Model& model_;
  std::vector<std::string> errors_;  // before graph_, which may be one
  const file::SubGraph& graph_;
  Network network_;
  TensorTable tensors_;
  std::vector<bool> computed_;
};

}  // namespace
}  // namespace tflite

Network load_tflite(const std::string& path) {
  const tflite::ModelFile file{path};
  return tflite::GraphReader{path, file.model()}.read();
}

}  // namespace systole

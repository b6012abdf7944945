#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/network/network.hpp"
#include "sim/tflite/model_file.hpp"

namespace systole::tflite {

/// Why a node cannot be run.
class NodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Names go into messages, which are lines of text: what is not printable ASCII becomes '?'.
std::string printable_name(const flatbuffers::String& name);

/// The tensors of a subgraph, as tensors of a network. What is wrong with a tensor is an error of
/// the first node that needs it.
class TensorTable {
 public:
  /// Adds all tensors to the network, none with data.
  TensorTable(const file::Model& model, const file::SubGraph& graph, Network& network);

  std::size_t size() const { return sources_.size(); }
  file::TensorType type(TensorId id) const { return sources_.at(id).type; }
  bool is_constant(TensorId id) const {
    return sources_.at(id).bytes != nullptr || sources_[id].known;
  }
  /// A computed tensor of integers turns out to be constant.
  void set_known(TensorId id, const std::vector<std::int64_t>& values);
  /// The axis of the scales, where there are several.
  std::int32_t quantized_axis(TensorId id) const { return sources_.at(id).quantized_axis; }

  /// Throws NodeError if the tensor cannot be used.
  void check(TensorId id) const;
  bool is_usable(TensorId id) const { return sources_.at(id).problem.empty(); }
  /// Counts what constants and layers keep; throws NodeError where it is too much together.
  void charge(std::int64_t elements);
  /// Gives the network's tensor its data. For tensors of 1 or 4 bytes an element.
  void load(TensorId id);
  /// Integers of a constant INT32 or INT64 tensor, `most` of them at most.
  std::vector<std::int64_t> integers(TensorId id, std::size_t most = 64) const;
  /// "tensor 7 'conv1/weights'"
  std::string describe(TensorId id) const;

 private:
  struct Source {
    file::TensorType type = file::TensorType::FLOAT32;
    const flatbuffers::Vector<std::uint8_t>* bytes = nullptr;  // null: not constant
    std::optional<std::vector<std::int64_t>> known;            // integers that nodes computed
    std::int32_t quantized_axis = 0;
    std::string problem;
  };

  void add(const file::Model& model, const file::Tensor& tensor);
  void check_bytes(TensorId id, std::size_t width) const;

  Network& network_;
  std::vector<Source> sources_;
  std::int64_t loaded_elements_ = 0;
};

}  // namespace systole::tflite

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/onnx/model_file.hpp"
#include "sim/onnx/node_error.hpp"

namespace systole::onnx {

constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();  ///< of outputs

/// One node of the graph as the file has it. What does not hold throws NodeError.
class Node {
 public:
  Node(const file::NodeProto& proto, std::size_t index, std::int64_t opset)
      : proto_{proto}, index_{index}, opset_{opset} {}

  std::size_t index() const { return index_; }
  std::int64_t opset() const { return opset_; }
  /// "Conv", or "com.microsoft.QLinearAdd".
  std::string op() const;
  /// "node 3 (Conv 'name')".
  std::string where() const;

  std::size_t inputs() const { return static_cast<std::size_t>(proto_.input_size()); }
  std::size_t outputs() const { return static_cast<std::size_t>(proto_.output_size()); }
  /// Optional inputs have an empty name, or are left out at the end.
  bool has(std::size_t i) const { return i < inputs() && !input(i).empty(); }
  const std::string& input(std::size_t i) const { return proto_.input(static_cast<int>(i)); }
  const std::string& output(std::size_t i) const { return proto_.output(static_cast<int>(i)); }
  /// From `least` to `most` inputs, the first `least` of which are there.
  void expect_inputs(std::size_t least, std::size_t most) const;
  /// From 1 to `most` outputs; those at the end that have an empty name are left out.
  void expect_outputs(std::size_t most) const;

  bool has_attribute(const std::string& name) const;
  std::int64_t integer(const std::string& name, std::int64_t fallback) const;
  float real(const std::string& name, float fallback) const;
  std::string text(const std::string& name, const std::string& fallback) const;
  std::optional<std::vector<std::int64_t>> integers(const std::string& name) const;
  const file::TensorProto* tensor(const std::string& name) const;
  /// Every attribute that the node has was asked for, and stands there once.
  void expect_no_other_attributes() const;

 private:
  const file::AttributeProto* find(const std::string& name,
                                   file::AttributeProto::AttributeType type) const;

  const file::NodeProto& proto_;
  const std::size_t index_;
  const std::int64_t opset_;
  mutable std::set<std::string> asked_;
};

}  // namespace systole::onnx

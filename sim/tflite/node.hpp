#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/network/network.hpp"
#include "sim/tflite/tensor_table.hpp"

namespace systole::tflite {

/// More tensors than a node has.
constexpr std::size_t kManyTensors = 10'000;

/// One node of the graph while it becomes a layer. Every access is checked and throws NodeError.
class Node {
 public:
  Node(const file::Operator& op, TensorTable& tensors, Network& network);

  /// The node's options, or null where it has none.
  template <typename Options>
  const Options* options() const {
    return operator_.options_type() == file::OptionsTraits<Options>::enum_value
               ? static_cast<const Options*>(operator_.options())
               : nullptr;
  }
  /// The same where the operator makes no sense without.
  template <typename Options>
  const Options& required_options() const {
    const auto* const found = options<Options>();
    if (found == nullptr) {
      throw NodeError{"has no options of its operator"};
    }
    return *found;
  }

  /// From `least` to `most` inputs, of which the first `least` are there; one output.
  void expect_inputs(std::size_t least, std::size_t most) const { expect_ends(least, most, 1); }
  /// The same with `most_outputs` outputs at most, and one at least.
  void expect_ends(std::size_t least, std::size_t most, std::size_t most_outputs) const;
  std::size_t inputs() const { return inputs_.size(); }
  bool has(std::size_t i) const { return i < inputs_.size() && inputs_[i] >= 0; }
  TensorId id(std::size_t i) const { return static_cast<TensorId>(inputs_.at(i)); }
  TensorId output_id() const { return output_id(0); }
  std::size_t outputs() const { return outputs_.size(); }
  TensorId output_id(std::size_t i) const { return static_cast<TensorId>(outputs_.at(i)); }
  const Tensor& out(std::size_t i) const { return network_.tensor(output_id(i)); }

  const Tensor& in(std::size_t i) const { return network_.tensor(id(i)); }
  const Tensor& out() const { return network_.tensor(output_id()); }
  file::TensorType in_type(std::size_t i) const { return tensors_.type(id(i)); }
  file::TensorType out_type() const { return tensors_.type(output_id()); }
  bool is_constant(std::size_t i) const { return tensors_.is_constant(id(i)); }
  const TensorData& constant(std::size_t i);
  std::vector<std::int64_t> integers(std::size_t i) const { return tensors_.integers(id(i)); }
  /// The same, many of them.
  std::vector<std::int64_t> indices(std::size_t i) const {
    return tensors_.integers(id(i), std::size_t{1} << 20U);
  }

  /// The input is a quantized 8-bit tensor with one scale; likewise the output.
  void expect_quantized(std::size_t i) const;
  void expect_quantized_output() const;
  /// The output holds integers without a scale, INT32 or INT64; the network's are INT32.
  void expect_integer_output();
  /// All of these are so, and of one type.
  void expect_same_quantized_type(std::size_t inputs) const;
  /// For operators that copy: the same type, scale and zero point.
  void expect_same_numbers(std::size_t i) const { expect_same_numbers(i, 0); }
  void expect_same_numbers(std::size_t i, std::size_t output) const;
  void expect_int8_only() const;  ///< uint8 has another arithmetic, or none, in the kernels

  /// Counts what the layer keeps beside the constants, in units of four bytes.
  void charge(std::size_t elements) { tensors_.charge(static_cast<std::int64_t>(elements)); }

  /// The next operand of the layer is input i; constants get their data.
  void feed(std::size_t i);
  /// The same for 8-bit weights of a type with the ifmap: constant, one scale or one for each index
  /// of `axis`. Unsigned ones become signed.
  void feed_weights(std::size_t i, std::size_t axis);
  /// The same for weights [1][KH][KW][OC], turned to [OC][KH][KW][1].
  void feed_depthwise_weights(std::size_t i);
  /// The bias, if there is one: INT32, `channels` elements.
  bool feed_bias(std::size_t i, std::int64_t channels);

  std::vector<TensorId> take_operands() { return std::exchange(operands_, {}); }
  /// Adds a tensor of the numbers of input i.
  TensorId add_tensor(std::size_t i, const Shape& shape);
  /// Adds a tensor of the numbers of the output.
  TensorId add_output_like(const Shape& shape);

 private:
  TensorId add_like(Tensor tensor, const Shape& shape);
  std::string describe(std::size_t i) const { return tensors_.describe(id(i)); }
  void check_weights(std::size_t i, std::size_t axis);

  const file::Operator& operator_;
  TensorTable& tensors_;
  Network& network_;
  std::vector<std::int32_t> inputs_, outputs_;
  std::vector<TensorId> operands_;
};

}  // namespace systole::tflite

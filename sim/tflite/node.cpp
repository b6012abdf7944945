#include "sim/tflite/node.hpp"

#include <algorithm>

namespace systole::tflite {
namespace {

std::vector<std::int32_t> ids_of(const flatbuffers::Vector<std::int32_t>* from) {
  return from == nullptr ? std::vector<std::int32_t>{}
                         : std::vector<std::int32_t>{from->begin(), from->end()};
}

bool is_8_bit(file::TensorType type) {
  return type == file::TensorType::INT8 || type == file::TensorType::UINT8;
}

// The same numbers with a smaller zero point: q xor 0x80 is q - 128, read as signed.
void make_signed(Tensor& tensor) {
  constexpr std::int32_t kHalf = 128;
  tensor.format.is_signed = true;
  tensor.zero_point -= kHalf;
  for (std::int32_t& value : *tensor.data) {
    value -= kHalf;
  }
}

}  // namespace

Node::Node(const file::Operator& op, TensorTable& tensors, Network& network)
    : operator_{op},
      tensors_{tensors},
      network_{network},
      inputs_{ids_of(op.inputs())},
      outputs_{ids_of(op.outputs())} {
  for (const auto* ids : {&inputs_, &outputs_}) {
    for (const std::int32_t id : *ids) {
      const bool left_out = ids == &inputs_ && id == -1;
      if (!left_out && (id < 0 || static_cast<std::size_t>(id) >= tensors.size())) {
        throw NodeError{"names tensor " + std::to_string(id) + ", which does not exist"};
      }
    }
  }
}

void Node::expect_ends(std::size_t least, std::size_t most, std::size_t most_outputs) const {
  bool complete = inputs_.size() >= least && inputs_.size() <= most && !outputs_.empty() &&
                  outputs_.size() <= most_outputs;
  for (std::size_t i = 0; i < least && complete; ++i) {
    complete = has(i);
  }
  if (!complete) {
    throw NodeError{"has " + std::to_string(inputs_.size()) + " inputs and " +
                    std::to_string(outputs_.size()) + " outputs, expected " +
                    std::to_string(least) + (most == least ? "" : " to " + std::to_string(most)) +
                    (most_outputs == 1 ? " and 1" : " and 1 or more")};
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (has(i)) {
      tensors_.check(id(i));
    }
  }
  for (const std::int32_t output : outputs_) {
    tensors_.check(static_cast<TensorId>(output));
  }
}

void Node::expect_quantized(std::size_t i) const {
  if (!is_8_bit(in_type(i)) || in(i).scale.size() != 1) {
    throw NodeError{describe(i) + " is of " + file::EnumNameTensorType(in_type(i)) + " with " +
                    std::to_string(in(i).scale.size()) +
                    " scales, expected INT8 or UINT8 with one"};
  }
}

void Node::expect_quantized_output() const {
  if (!is_8_bit(out_type()) || out().scale.size() != 1) {
    throw NodeError{
        tensors_.describe(output_id()) + " is of " + file::EnumNameTensorType(out_type()) +
        " with " + std::to_string(out().scale.size()) + " scales, expected INT8 or UINT8 with one"};
  }
}

void Node::expect_integer_output() {
  if (out_type() != file::TensorType::INT32 && out_type() != file::TensorType::INT64) {
    throw NodeError{tensors_.describe(output_id()) + " is of " +
                    file::EnumNameTensorType(out_type()) + ", expected INT32 or INT64"};
  }
  network_.tensors[output_id()].format = {32, true};
}

void Node::expect_same_quantized_type(std::size_t inputs) const {
  expect_quantized_output();
  for (std::size_t i = 0; i < inputs; ++i) {
    expect_quantized(i);
    if (in_type(i) != out_type()) {
      throw NodeError{describe(i) + " and the output differ in type"};
    }
  }
}

TensorId Node::add_tensor(std::size_t i, const Shape& shape) { return add_like(in(i), shape); }

TensorId Node::add_output_like(const Shape& shape) { return add_like(out(), shape); }

TensorId Node::add_like(Tensor tensor, const Shape& shape) {
  tensor.shape = shape;
  tensor.data.reset();
  network_.tensors.push_back(std::move(tensor));
  return network_.tensors.size() - 1;
}

void Node::expect_same_numbers(std::size_t i, std::size_t output) const {
  if (in_type(i) == file::TensorType::INT64) {
    throw NodeError{describe(i) + " is of INT64, which is for axes and sizes only"};
  }
  const Tensor& out = network_.tensor(output_id(output));
  if (in_type(i) != tensors_.type(output_id(output)) || in(i).scale != out.scale ||
      in(i).zero_point != out.zero_point) {
    throw NodeError{describe(i) + " and the output differ in type, scale or zero point"};
  }
}

void Node::expect_int8_only() const {
  if (out_type() != file::TensorType::INT8) {
    throw NodeError{std::string{"is of "} + file::EnumNameTensorType(out_type()) +
                    ", of this operator only INT8 is supported"};
  }
}

const TensorData& Node::constant(std::size_t i) {
  tensors_.load(id(i));
  return *in(i).data;
}

void Node::feed(std::size_t i) {
  if (is_constant(i)) {
    tensors_.load(id(i));
  }
  operands_.push_back(id(i));
}

void Node::check_weights(std::size_t i, std::size_t axis) {
  const Tensor& weight = in(i);
  if (in_type(i) != out_type() || !is_8_bit(in_type(i))) {
    throw NodeError{describe(i) + " is of " + file::EnumNameTensorType(in_type(i)) +
                    ", expected the activations' type: weights alone, or of other widths, are not "
                    "supported"};
  }
  const bool per_channel = weight.scale.size() == static_cast<std::size_t>(weight.shape[axis]) &&
                           tensors_.quantized_axis(id(i)) == static_cast<std::int32_t>(axis);
  if (weight.scale.size() != 1 && !per_channel) {
    throw NodeError{describe(i) + " has " + std::to_string(weight.scale.size()) + " scales" +
                    (weight.scale.size() > 1
                         ? " on axis " + std::to_string(tensors_.quantized_axis(id(i)))
                         : "") +
                    ", expected one, or one for each of the " + std::to_string(weight.shape[axis]) +
                    " channels on axis " + std::to_string(axis)};
  }
  tensors_.load(id(i));
}

void Node::feed_weights(std::size_t i, std::size_t axis) {
  if (!is_constant(i)) {
    throw NodeError{describe(i) + " is computed, expected constant weights"};
  }
  check_weights(i, axis);
  if (!in(i).format.is_signed) {
    make_signed(network_.tensors[id(i)]);
  }
  operands_.push_back(id(i));
}

void Node::feed_depthwise_weights(std::size_t i) {
  constexpr std::size_t kChannelAxis = 3;
  feed_weights(i, kChannelAxis);
  Tensor turned = network_.tensor(operands_.back());
  const auto channels = static_cast<std::size_t>(turned.shape[kChannelAxis]);
  const std::size_t taps = turned.data->size() / channels;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t tap = 0; tap < taps; ++tap) {
      (*turned.data)[channel * taps + tap] = (*in(i).data)[tap * channels + channel];
    }
  }
  turned.shape = {turned.shape[3], turned.shape[1], turned.shape[2], 1};
  operands_.back() = network_.tensors.size();
  network_.tensors.push_back(std::move(turned));
}

bool Node::feed_bias(std::size_t i, std::int64_t channels) {
  if (!has(i)) {
    return false;
  }
  if (in_type(i) != file::TensorType::INT32 || in(i).elements() != channels || !is_constant(i)) {
    throw NodeError{describe(i) + " is no constant INT32 bias with " + std::to_string(channels) +
                    " elements"};
  }
  feed(i);
  return true;
}

}  // namespace systole::tflite

#include "tests/support/tflite_models.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace systole::test {

using namespace tflite::file;

TfliteModel::TfliteModel() {
  model.version = 3;
  model.subgraphs.push_back(std::make_unique<SubGraphT>());
  model.buffers.push_back(std::make_unique<BufferT>());
}

std::int32_t TfliteModel::tensor(TensorType type, std::vector<std::int32_t> shape,
                                 std::vector<float> scale, std::int64_t zero_point,
                                 std::vector<std::uint8_t> bytes) {
  auto result = std::make_unique<TensorT>();
  result->type = type;
  result->shape = std::move(shape);
  result->name = "t" + std::to_string(graph().tensors.size());
  if (!scale.empty()) {
    result->quantization = std::make_unique<QuantizationT>();
    result->quantization->zero_point.assign(scale.size(), zero_point);
    result->quantization->scale = std::move(scale);
  }
  if (!bytes.empty()) {
    result->buffer = static_cast<std::uint32_t>(model.buffers.size());
    model.buffers.push_back(std::make_unique<BufferT>());
    model.buffers.back()->data = std::move(bytes);
  }
  graph().tensors.push_back(std::move(result));
  return static_cast<std::int32_t>(graph().tensors.size() - 1);
}

std::int32_t TfliteModel::int8(std::vector<std::int32_t> shape, float scale,
                               std::int64_t zero_point) {
  return tensor(TensorType::INT8, std::move(shape), {scale}, zero_point);
}

std::int32_t TfliteModel::integers(const std::vector<std::int32_t>& values) {
  return tensor(TensorType::INT32, {static_cast<std::int32_t>(values.size())}, {}, 0,
                little_endian(values));
}

void TfliteModel::node(std::int32_t code, std::vector<std::int32_t> inputs,
                       std::vector<std::int32_t> outputs) {
  auto op = std::make_unique<OperatorT>();
  op->opcode_index = static_cast<std::uint32_t>(model.operator_codes.size());
  op->inputs = std::move(inputs);
  op->outputs = std::move(outputs);
  graph().operators.push_back(std::move(op));
  model.operator_codes.push_back(std::make_unique<OperatorCodeT>());
  model.operator_codes.back()->builtin_code = code;
}

void TfliteModel::set_ends(std::vector<std::int32_t> inputs, std::vector<std::int32_t> outputs) {
  graph().inputs = std::move(inputs);
  graph().outputs = std::move(outputs);
}

std::vector<std::uint8_t> TfliteModel::bytes() const {
  flatbuffers::FlatBufferBuilder builder;
  FinishModelBuffer(builder, Model::Pack(builder, &model));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

TfliteModel small_tflite_model() {
  TfliteModel m;
  const auto code = [](BuiltinOperator op) { return static_cast<std::int32_t>(op); };
  const auto weights = [&](std::vector<std::int32_t> shape, std::size_t count, std::int32_t axis,
                           std::vector<float> scale) {
    std::vector<std::uint8_t> bytes(count);
    for (std::size_t i = 0; i < count; ++i) {
      bytes[i] = static_cast<std::uint8_t>(37 * i + 11);
    }
    const std::int32_t id =
        m.tensor(TensorType::INT8, std::move(shape), std::move(scale), 0, bytes);
    m.graph().tensors.back()->quantization->quantized_dimension = axis;
    return id;
  };
  const std::int32_t in = m.int8({1, 4, 4, 2}, 0.5F, -3);
  const std::int32_t conv = m.int8({1, 4, 4, 2}, 0.75F, 5);
  const std::int32_t depthwise = m.int8({1, 4, 4, 2}, 0.75F, 5);
  const std::int32_t sum = m.int8({1, 4, 4, 2}, 1.25F, 7);
  const std::int32_t pooled = m.int8({1, 2, 2, 2}, 1.25F, 7);
  const std::int32_t flat = m.int8({1, 8}, 1.25F, 7);
  const std::int32_t scores = m.int8({1, 3}, 0.25F, 0);
  const std::int32_t probabilities = m.int8({1, 3}, 1.0F / 256, -128);

  Conv2DOptionsT conv_options;
  conv_options.stride_h = conv_options.stride_w = 1;
  conv_options.activation = Activation::RELU6;
  m.node(code(BuiltinOperator::CONV_2D),
         {in, weights({2, 3, 3, 2}, 36, 0, {0.01F, 0.02F}), m.integers({100, -200})}, {conv},
         conv_options);
  DepthwiseConv2DOptionsT depthwise_options;
  depthwise_options.stride_h = depthwise_options.stride_w = 1;
  m.node(code(BuiltinOperator::DEPTHWISE_CONV_2D),
         {conv, weights({1, 3, 3, 2}, 18, 3, {0.03F, 0.01F})}, {depthwise}, depthwise_options);
  m.node(code(BuiltinOperator::ADD), {conv, depthwise}, {sum}, AddOptionsT{});
  Pool2DOptionsT pool_options;
  pool_options.stride_h = pool_options.stride_w = 2;
  pool_options.filter_h = pool_options.filter_w = 2;
  pool_options.padding = Padding::VALID;
  m.node(code(BuiltinOperator::AVERAGE_POOL_2D), {sum}, {pooled}, pool_options);
  m.node(code(BuiltinOperator::RESHAPE), {pooled, m.integers({1, 8})}, {flat});
  m.node(code(BuiltinOperator::FULLY_CONNECTED),
         {flat, weights({3, 8}, 24, 0, {0.02F}), m.integers({5, -5, 50})}, {scores},
         FullyConnectedOptionsT{});
  SoftmaxOptionsT softmax_options;
  softmax_options.beta = 1;
  m.node(code(BuiltinOperator::SOFTMAX), {scores}, {probabilities}, softmax_options);
  m.set_ends({in}, {probabilities});
  return m;
}

std::vector<std::uint8_t> little_endian(const std::vector<std::int32_t>& values) {
  std::vector<std::uint8_t> bytes;
  for (const std::int32_t value : values) {
    for (int shift = 0; shift < 32; shift += 8) {
      bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(value) >> shift));
    }
  }
  return bytes;
}

std::string write_bytes(const std::string& name, const std::vector<std::uint8_t>& bytes) {
  const auto path =
      std::filesystem::temp_directory_path() / ("systole_" + std::to_string(getpid()) + "_" + name);
  std::ofstream file{path, std::ios::binary};
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return path.string();
}

}  // namespace systole::test

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model_generated.h"

namespace systole::test {

/// Puts TensorFlow Lite models together for tests, right ones and wrong ones.
class TfliteModel {
 public:
  TfliteModel();

  /// An activation, or a constant where there are bytes; returns its number.
  std::int32_t tensor(tflite::file::TensorType type, std::vector<std::int32_t> shape,
                      std::vector<float> scale = {}, std::int64_t zero_point = 0,
                      std::vector<std::uint8_t> bytes = {});
  std::int32_t int8(std::vector<std::int32_t> shape, float scale, std::int64_t zero_point);
  std::int32_t integers(const std::vector<std::int32_t>& values);

  template <typename Options>
  void node(std::int32_t code, std::vector<std::int32_t> inputs, std::vector<std::int32_t> outputs,
            Options options) {
    node(code, std::move(inputs), std::move(outputs));
    graph().operators.back()->options.Set(std::move(options));
  }
  void node(std::int32_t code, std::vector<std::int32_t> inputs, std::vector<std::int32_t> outputs);

  void set_ends(std::vector<std::int32_t> inputs, std::vector<std::int32_t> outputs);

  tflite::file::SubGraphT& graph() { return *model.subgraphs.front(); }
  std::vector<std::uint8_t> bytes() const;

  tflite::file::ModelT model;
};

/// A small network of many operators: convolutions, pool, sum, reshape, fully connected, softmax.
TfliteModel small_tflite_model();

/// Little-endian bytes of the values.
std::vector<std::uint8_t> little_endian(const std::vector<std::int32_t>& values);

/// Writes the bytes to a file of the test's own and returns its path.
std::string write_bytes(const std::string& name, const std::vector<std::uint8_t>& bytes);

}  // namespace systole::test

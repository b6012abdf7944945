#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sim/config/error_log.hpp"
#include "sim/tflite/tflite.hpp"
#include "tests/support/tflite_models.hpp"

namespace systole::test {

/// All errors of the file, without its path; "" where there is none.
inline std::string errors_of(const std::string& path) {
  try {
    load_tflite(path);
  } catch (const ConfigError& error) {
    std::string text;
    for (const std::string& line : error.lines()) {
      EXPECT_EQ(line.rfind(path + ": ", 0), 0U) << line;
      text += (text.empty() ? "" : "\n") + line.substr(path.size() + 2);
    }
    return text;
  }
  return "";
}
inline std::string errors_of_bytes(const std::vector<std::uint8_t>& bytes) {
  const std::string path = write_bytes("refused.tflite", bytes);
  std::string errors = errors_of(path);
  std::filesystem::remove(path);
  return errors;
}

/// A model of one node, put together tensor by tensor; t0 is the first.
class OneNode {
 public:
  using Op = tflite::file::BuiltinOperator;
  using TensorT = tflite::file::TensorT;
  using TensorType = tflite::file::TensorType;
  using Sizes = std::vector<std::int32_t>;

  /// An activation that the node reads; of int8, step 0.5, if nothing else is said.
  OneNode& reads(const Sizes& shape) { return reads(TensorType::INT8, shape, {0.5F}); }
  OneNode& reads(TensorType type, const Sizes& shape, const std::vector<float>& scale = {},
                 std::int64_t zero_point = 0) {
    return add({Kind::Activation, type, shape, scale, zero_point, {}, {}});
  }
  /// A constant of zeros.
  OneNode& has(TensorType type, const Sizes& shape, const std::vector<float>& scale = {},
               std::int64_t zero_point = 0) {
    std::size_t bytes = bytes_of(type);
    for (const std::int32_t size : shape) {
      bytes *= static_cast<std::size_t>(size);
    }
    return add(
        {Kind::Constant, type, shape, scale, zero_point, std::vector<std::uint8_t>(bytes), {}});
  }
  /// Constant sizes, axes, ...
  OneNode& has(const Sizes& values) {
    return add({Kind::Constant,
                TensorType::INT32,
                {static_cast<std::int32_t>(values.size())},
                {},
                0,
                little_endian(values),
                {}});
  }
  OneNode& writes(const Sizes& shape) { return writes(TensorType::INT8, shape, {0.5F}); }
  OneNode& writes(TensorType type, const Sizes& shape, const std::vector<float>& scale = {},
                  std::int64_t zero_point = 0) {
    return add({Kind::Output, type, shape, scale, zero_point, {}, {}});
  }
  /// Changes the last tensor.
  OneNode& with(const std::function<void(TensorT&)>& change) {
    tensors_.back().change = change;
    return *this;
  }

  /// What the reader says of the node, without its place; "" if it takes it.
  template <typename Options>
  std::string refusal(Op op, Options options) const {
    TfliteModel model = without_options(op);
    model.graph().operators.back()->options.Set(std::move(options));
    return told(op, model);
  }
  std::string refusal(Op op) const { return told(op, without_options(op)); }

 private:
  enum class Kind { Activation, Constant, Output };
  struct Described {
    Kind kind;
    TensorType type;
    Sizes shape;
    std::vector<float> scale;
    std::int64_t zero_point;
    std::vector<std::uint8_t> bytes;
    std::function<void(TensorT&)> change;
  };

  OneNode& add(Described tensor) {
    tensors_.push_back(std::move(tensor));
    return *this;
  }

  TfliteModel without_options(Op op) const {
    TfliteModel model;
    Sizes inputs;
    Sizes activations;
    Sizes outputs;
    for (const Described& t : tensors_) {
      const std::int32_t id = model.tensor(t.type, t.shape, t.scale, t.zero_point, t.bytes);
      if (t.change) {
        t.change(*model.graph().tensors.back());
      }
      (t.kind == Kind::Output ? outputs : inputs).push_back(id);
      if (t.kind == Kind::Activation) {
        activations.push_back(id);
      }
    }
    model.node(static_cast<std::int32_t>(op), inputs, outputs);
    if (activations.empty()) {
      activations.push_back(model.int8({1}, 1, 0));  // a network has an input
    }
    model.set_ends(activations, outputs);
    return model;
  }

  static std::size_t bytes_of(TensorType type) {
    switch (type) {
      case TensorType::INT8:
      case TensorType::UINT8:
        return 1;
      case TensorType::INT64:
        return 8;
      default:
        return 4;
    }
  }

  static std::string told(Op op, const TfliteModel& model) {
    const std::string error = errors_of_bytes(model.bytes());
    const std::string place =
        std::string{"node 0 ("} + tflite::file::EnumNameBuiltinOperator(op) + "): ";
    EXPECT_TRUE(error.empty() || error.rfind(place, 0) == 0) << error;
    return error.empty() ? "" : error.substr(place.size());
  }

  std::vector<Described> tensors_;
};

}  // namespace systole::test

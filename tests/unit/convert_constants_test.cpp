// What the YAML loader derives from scales is what the .tflite loader derives: a model is
// converted, its `requant:` taken out.

#include <iterator>
#include <random>

#include "sim/convert/same_network.hpp"
#include "sim/convert/trace_writer.hpp"
#include "sim/tflite/tflite.hpp"
#include "tests/support/tflite_models.hpp"
#include "tests/unit/workload_test_files.hpp"

namespace systole::test {
namespace {

using namespace tflite::file;
using Op = BuiltinOperator;
namespace fs = std::filesystem;

std::string without_requant(std::string text) {
  const std::string key = ", requant: {";
  for (auto at = text.find(key); at != std::string::npos; at = text.find(key)) {
    std::size_t end = at + key.size();
    for (int depth = 1; depth > 0; ++end) {
      depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
    }
    text.erase(at, end - at);
  }
  return text;
}

class DerivedConstants : public WorkloadFiles {
 protected:
  void expect_same(const std::string& model) {
    const Network network = load_tflite(model);
    fs::remove_all(path("converted"));
    fs::create_directories(path("converted"));
    const std::string yaml = write_trace(network, {}, path("converted"));
    std::ifstream in{yaml};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_NE(text, without_requant(text));
    std::ofstream{yaml} << without_requant(text);
    const Network derived = load_workload(yaml);
    ASSERT_EQ(network.layers.size(), derived.layers.size());
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      EXPECT_TRUE(same_operator(network.layers[i].op, derived.layers[i].op))
          << model << ": " << network.layers[i].name;
    }
  }
};

/// Operators whose constants come from scales, each of scales of its own.
class ManyScales {
 public:
  ManyScales(TensorType type, std::uint32_t seed) : type_{type}, random_{seed} {
    for (const Op op : {Op::ADD, Op::SUB, Op::MUL}) {
      node(op, {any({4, 4}), any({4, 4})}, any({4, 4}));
    }
    for (const Op op : {Op::MEAN, Op::SUM}) {
      node(op, {any({4, 7}), model_.integers({1})}, any({4}));
    }
    node(Op::RELU, {any({4, 4})}, any({4, 4}));
    node(Op::QUANTIZE, {any({4, 4})}, any({4, 4}));
    if (type == TensorType::INT8) {
      node(Op::SQUARED_DIFFERENCE, {any({4, 4}), any({4, 4})}, any({4, 4}));
      node(Op::BATCH_MATMUL, {any({4, 5}), any({5, 3})}, any({4, 3}));
      node(Op::BATCH_MATMUL, {any({2, 4, 5}), any({2, 5, 3})}, any({2, 4, 3}));
      node(Op::PRELU, {any({4, 4}), any({4})}, any({4, 4}));
      node(Op::LOGISTIC, {any({4, 4})}, model_.int8({4, 4}, 1.0F / 256, -128));
    }
    model_.set_ends(inputs_, outputs_);
  }

  std::string file() const { return write_bytes("constants.tflite", model_.bytes()); }

 private:
  std::int32_t any(std::vector<std::int32_t> shape) {
    return model_.tensor(type_, std::move(shape), {scale_(random_)});
  }
  void node(Op op, const std::vector<std::int32_t>& inputs, std::int32_t output) {
    model_.node(static_cast<std::int32_t>(op), inputs, {output});
    for (const std::int32_t input : inputs) {
      const auto& tensor = *model_.graph().tensors[static_cast<std::size_t>(input)];
      if (tensor.type == type_) {
        inputs_.push_back(input);
      }
    }
    outputs_.push_back(output);
  }

  TensorType type_;
  std::mt19937 random_;
  std::uniform_real_distribution<float> scale_{0.01F, 0.2F};
  TfliteModel model_;
  std::vector<std::int32_t> inputs_, outputs_;
};

TEST_F(DerivedConstants, OfAnyScalesAreThoseOfTheLiteLoader) {
  for (const TensorType type : {TensorType::INT8, TensorType::UINT8}) {
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
      const std::string file = ManyScales{type, seed}.file();
      expect_same(file);
      fs::remove(file);
    }
  }
}

TEST_F(DerivedConstants, OfTrainedModelsAreThoseOfTheLiteLoader) {
  const fs::path models{SYSTOLE_SOURCE_DIR "/../shared/data/tflite/models"};
  if (!fs::exists(models)) {
    GTEST_SKIP() << models << " is not there";
  }
  for (const auto& model : fs::directory_iterator{models}) {
    constexpr std::uintmax_t kSmall = 500'000;  // bytes: of the others most are weights
    if (model.file_size() < kSmall) {
      expect_same(model.path().string());
    }
  }
}

}  // namespace
}  // namespace systole::test

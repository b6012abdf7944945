#include "sim/float_onnx/float_onnx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>

#include "sim/config/error_log.hpp"
#include "sim/onnx/constant.hpp"
#include "sim/quantize/float_executor.hpp"

namespace systole::quantize {
namespace {

std::string path_of(const char* name) {
  return std::string{SYSTOLE_SOURCE_DIR} + "/tests/data/float_onnx/" + name;
}

std::vector<float> floats_in(const char* name) {
  std::ifstream in{path_of(name), std::ios::binary};
  ::onnx::TensorProto tensor;
  EXPECT_TRUE(tensor.ParseFromIstream(&in)) << name;
  return onnx::floats_of(onnx::read_constant(tensor));
}

/// The model after `spoil` has been at it.
FloatNetwork loaded_after(const std::function<void(::onnx::ModelProto&)>& spoil) {
  std::ifstream in{path_of("model.onnx"), std::ios::binary};
  ::onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromIstream(&in));
  spoil(model);
  // Of each process its own: tests run side by side.
  const std::string file = ::testing::TempDir() + "spoiled" + std::to_string(::getpid()) + ".onnx";
  std::ofstream{file, std::ios::binary} << model.SerializeAsString();
  const std::shared_ptr<void> removal{nullptr, [&](void*) { std::filesystem::remove(file); }};
  return load_float_onnx(file);
}

/// What is said of it.
std::string errors_after_all(const std::function<void(::onnx::ModelProto&)>& spoil) {
  try {
    loaded_after(spoil);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string errors_after(const std::function<void(::onnx::GraphProto&)>& spoil) {
  return errors_after_all([&](::onnx::ModelProto& model) { spoil(*model.mutable_graph()); });
}

::onnx::NodeProto& node_of(::onnx::GraphProto& graph, const std::string& op) {
  for (::onnx::NodeProto& node : *graph.mutable_node()) {
    if (node.op_type() == op) {
      return node;
    }
  }
  throw std::logic_error{"the model has no " + op};
}

/// An attribute without a value, in place of one that the node has.
::onnx::AttributeProto& fresh_attribute(::onnx::NodeProto& node, const std::string& name,
                                        ::onnx::AttributeProto::AttributeType type) {
  auto& all = *node.mutable_attribute();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const auto& attribute) { return attribute.name() == name; });
  ::onnx::AttributeProto& attribute = found == all.end() ? *all.Add() : *found;
  attribute.Clear();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

void set_integer(::onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  fresh_attribute(node, name, ::onnx::AttributeProto::INT).set_i(value);
}

void set_integers(::onnx::NodeProto& node, const std::string& name,
                  const std::vector<std::int64_t>& values) {
  fresh_attribute(node, name, ::onnx::AttributeProto::INTS)
      .mutable_ints()
      ->Add(values.begin(), values.end());
}

void set_real(::onnx::NodeProto& node, const std::string& name, float value) {
  fresh_attribute(node, name, ::onnx::AttributeProto::FLOAT).set_f(value);
}

/// Sets the first number of the node's input.
void set_constant(::onnx::GraphProto& graph, const ::onnx::NodeProto& node, int input, float to) {
  for (::onnx::TensorProto& tensor : *graph.mutable_initializer()) {
    if (tensor.name() == node.input(input)) {
      std::vector<float> values = onnx::floats_of(onnx::read_constant(tensor));
      values.front() = to;
      tensor.clear_float_data();
      tensor.set_raw_data(values.data(), values.size() * sizeof(float));
      return;
    }
  }
  throw std::logic_error{"no such constant"};
}

// Layouts, the order of a fully connected layer's columns, paddings: all of it must be right for
// the outputs to be PyTorch's. Sums run in another order here, hence the distance.
TEST(FloatOnnx, AnExportOfPyTorchGivesPyTorchsOutputs) {
  const FloatNetwork network = load_float_onnx(path_of("model.onnx"));
  const Activations outputs = run_float(network, floats_in("input_0.pb"), 1);
  const std::vector<float> expected = floats_in("output_0.pb");
  ASSERT_EQ(outputs.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(outputs[i], expected[i], 1e-5) << i;
  }
}

// Names of the network are nowhere in the model.
TEST(FloatOnnx, LayersKnowTheirNode) {
  const FloatNetwork network = load_float_onnx(path_of("model.onnx"));
  std::vector<std::string> places;
  for (const FloatLayer& layer : network.layers) {
    places.push_back(layer.place);
  }
  EXPECT_THAT(places, ::testing::Contains(::testing::HasSubstr("model.onnx: node 0 (Conv '")));
}

/// The model, its Clip with these limits.
FloatNetwork clipped(float least, float most) {
  return loaded_after([&](::onnx::ModelProto& model) {
    ::onnx::GraphProto& graph = *model.mutable_graph();
    ::onnx::NodeProto& clip = node_of(graph, "Clip");
    for (const auto& [input, value] : {std::pair{1, least}, {2, most}}) {
      ::onnx::TensorProto& tensor = *graph.add_initializer();
      tensor.set_name(input == 1 ? "least" : "most");
      tensor.set_data_type(::onnx::TensorProto::FLOAT);
      tensor.add_float_data(value);
      clip.set_input(input, tensor.name());
    }
  });
}

// The least and the largest float32 are what Clip has where nobody gives it a limit.
TEST(FloatOnnx, ALimitThatNoNumberIsBeyondIsNone) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kMost = std::numeric_limits<float>::max();
  for (const float none : {kMost, kInfinity}) {
    const FloatNetwork network = clipped(-none, none);
    const auto layer = std::find_if(
        network.layers.begin(), network.layers.end(),
        [](const FloatLayer& l) { return l.place.find("(Clip '/Clip')") != std::string::npos; });
    ASSERT_NE(layer, network.layers.end());
    EXPECT_EQ(std::get<FloatClip>(layer->op).low, -kInfinity);
    EXPECT_EQ(std::get<FloatClip>(layer->op).high, kInfinity);
  }
  const auto error = [](float least, float most) -> std::string {
    try {
      clipped(least, most);
    } catch (const ConfigError& refused) {
      return refused.what();
    }
    return "";
  };
  EXPECT_EQ(error(-1e30F, 1e30F), "");
  EXPECT_THAT(error(kInfinity, kInfinity),
              ::testing::HasSubstr("(Clip '/Clip'): has a min of inf, expected a number in "
                                   "-1e+30..1e+30"));
  EXPECT_THAT(error(0, 1e31F), ::testing::HasSubstr("has a max of 1e+31, expected a number in"));
  EXPECT_THAT(error(0, std::numeric_limits<float>::quiet_NaN()),
              ::testing::HasSubstr("has a max of nan, expected a number in"));
}

// Rows of a matrix are no image laid flat.
TEST(FloatOnnx, AnImageMayBecomeAMatrixOfSeveralRows) {
  const FloatNetwork network = loaded_after([](::onnx::ModelProto& model) {
    ::onnx::GraphProto graph;
    *graph.add_input() = model.graph().input(0);
    ::onnx::TensorProto& shape = *graph.add_initializer();
    shape.set_name("shape");
    shape.set_data_type(::onnx::TensorProto::INT64);
    shape.add_dims(2);
    shape.add_int64_data(-1);
    shape.add_int64_data(2);
    ::onnx::TensorProto& weight = *graph.add_initializer();
    weight.set_name("weight");
    weight.set_data_type(::onnx::TensorProto::FLOAT);
    weight.add_dims(2);
    weight.add_dims(1);
    weight.add_float_data(1);
    weight.add_float_data(100);
    ::onnx::NodeProto& reshape = *graph.add_node();
    reshape.set_op_type("Reshape");
    reshape.add_input(graph.input(0).name());
    reshape.add_input("shape");
    reshape.add_output("rows");
    ::onnx::NodeProto& product = *graph.add_node();
    product.set_op_type("MatMul");
    product.add_input("rows");
    product.add_input("weight");
    product.add_output("products");
    graph.add_output()->set_name("products");
    *model.mutable_graph() = graph;
  });
  const Shape& image = network.value(network.inputs.at(0)).shape;
  Activations input(static_cast<std::size_t>(element_count(image)));
  std::iota(input.begin(), input.end(), 0.0F);
  const Activations products = run_float(network, input, 1);
  ASSERT_EQ(products.size(), input.size() / 2);
  for (std::size_t row = 0; row < products.size(); ++row) {
    EXPECT_EQ(products[row], input[2 * row] + 100 * input[2 * row + 1]);
  }
}

// NHWC inside, and the file's axes outside: an image behind itself, along each axis.
TEST(FloatOnnx, ImagesAreJoinedAlongTheAxisOfTheFile) {
  for (const std::size_t axis : {1U, 2U, 3U}) {
    const FloatNetwork network = loaded_after([&](::onnx::ModelProto& model) {
      ::onnx::GraphProto graph;
      *graph.add_input() = model.graph().input(0);
      ::onnx::NodeProto& concat = *graph.add_node();
      concat.set_op_type("Concat");
      concat.add_input(graph.input(0).name());
      concat.add_input(graph.input(0).name());
      concat.add_output("joined");
      set_integer(concat, "axis", static_cast<std::int64_t>(axis));
      graph.add_output()->set_name("joined");
      *model.mutable_graph() = graph;
    });
    const Shape& image = network.value(network.inputs.at(0)).shape;
    Activations input(static_cast<std::size_t>(element_count(image)));
    std::iota(input.begin(), input.end(), 0.0F);
    const auto inner = static_cast<std::size_t>(
        std::accumulate(image.begin() + static_cast<std::ptrdiff_t>(axis), image.end(),
                        std::int64_t{1}, std::multiplies<>{}));
    Activations wanted;
    for (auto at = input.begin(); at != input.end(); at += static_cast<std::ptrdiff_t>(inner)) {
      for (int copy = 0; copy < 2; ++copy) {
        wanted.insert(wanted.end(), at, at + static_cast<std::ptrdiff_t>(inner));
      }
    }
    EXPECT_EQ(run_float(network, input, 1), wanted) << axis;
  }
}

TEST(FloatOnnx, AnOutputIsGivenOnce) {
  EXPECT_THAT(errors_after([](::onnx::GraphProto& graph) {
                ::onnx::NodeProto& copy = *graph.add_node();
                copy.set_op_type("Identity");
                copy.add_input(graph.output(0).name());
                copy.add_output("copy");
                graph.add_output()->set_name("copy");
              }),
              ::testing::HasSubstr("output 'copy': is another output by a second name, expected "
                                   "it once"));
}

TEST(FloatOnnx, ConstantsAreFiniteNumbers) {
  const auto with = [](int input, float value) {
    return errors_after([&](::onnx::GraphProto& graph) {
      set_constant(graph, node_of(graph, "Conv"), input, value);
    });
  };
  EXPECT_THAT(with(1, std::numeric_limits<float>::quiet_NaN()),
              ::testing::HasSubstr("with a NaN in it, expected finite numbers"));
  EXPECT_THAT(with(1, std::numeric_limits<float>::infinity()),
              ::testing::HasSubstr("with an infinity in it"));
  EXPECT_EQ(with(1, 1), "");
}

TEST(FloatOnnx, APadOfNothingMayNameItsAxes) {
  const auto of_opset = [](std::int64_t opset) {
    return errors_after_all([&](::onnx::ModelProto& model) {
      model.mutable_opset_import(0)->set_version(opset);
      ::onnx::TensorProto& axes = *model.mutable_graph()->add_initializer();
      axes.set_name("axes");
      axes.set_data_type(::onnx::TensorProto::INT64);
      axes.add_dims(4);
      for (const std::int64_t axis : {0, 1, 2, 3}) {
        axes.add_int64_data(axis);
      }
      ::onnx::NodeProto& pad = node_of(*model.mutable_graph(), "Pad");
      pad.add_input("");
      pad.add_input("axes");
    });
  };
  EXPECT_EQ(of_opset(18), "");
  EXPECT_THAT(of_opset(13), ::testing::HasSubstr("has 4 inputs, expected 1..3"));
}

// Exporters write attributes that have their defaults as well.
TEST(FloatOnnx, ACastOfAConstantMaySaturate) {
  EXPECT_EQ(errors_after([](::onnx::GraphProto& graph) {
              set_integer(node_of(graph, "Cast"), "saturate", 1);
            }),
            "");
}

TEST(FloatOnnx, AnInputIsNoOutput) {
  EXPECT_THAT(errors_after([](::onnx::GraphProto& graph) {
                ::onnx::ValueInfoProto& vector = *graph.add_input();
                vector.set_name("vector");
                ::onnx::TypeProto_Tensor& type = *vector.mutable_type()->mutable_tensor_type();
                type.set_elem_type(::onnx::TensorProto::FLOAT);
                type.mutable_shape()->add_dim()->set_dim_value(1);
                type.mutable_shape()->add_dim()->set_dim_value(4);
                *graph.add_output() = vector;
              }),
              ::testing::HasSubstr("output 'vector': is an input, expected what a node computes"));
}

TEST(FloatOnnx, TheConstantOfAGemmIsARowForAllRows) {
  const auto with = [](const std::vector<std::int64_t>& shape) {
    return errors_after([&](::onnx::GraphProto& graph) {
      const std::string bias = node_of(graph, "Gemm").input(2);
      for (::onnx::TensorProto& tensor : *graph.mutable_initializer()) {
        if (tensor.name() == bias) {
          tensor.clear_dims();
          tensor.mutable_dims()->Add(shape.begin(), shape.end());
        }
      }
    });
  };
  EXPECT_EQ(with({1, 10}), "");
  EXPECT_THAT(with({10, 1}),
              ::testing::HasSubstr("(Gemm '/hidden/Gemm'): has a bias of 10 x 1, expected one "
                                   "number, or one for each of 10 columns, the same for all rows"));
}

TEST(FloatOnnx, NodesWithoutInputsAreRefused) {
  for (const char* const op : {"Conv", "Relu", "MaxPool", "GlobalAveragePool", "Gemm", "MatMul",
                               "Add", "BatchNormalization", "Clip", "Concat", "Flatten", "Reshape",
                               "Identity", "Cast", "Transpose", "Pad"}) {
    const std::string error = errors_after([&](::onnx::GraphProto& graph) {
      ::onnx::NodeProto& node = *graph.add_node();
      node.set_op_type(op);
      node.add_output("of_nothing");
    });
    EXPECT_THAT(error, ::testing::HasSubstr(std::string{op} + "): has 0 inputs, expected")) << op;
  }
}

// The networks that are written have none, and an output of another size would be the best case.
TEST(FloatOnnx, PoolingWithDilationsIsRefused) {
  const auto dilate = [](::onnx::GraphProto& graph) {
    for (::onnx::NodeProto& node : *graph.mutable_node()) {
      if (node.op_type() == "MaxPool" || node.op_type() == "AveragePool") {
        set_integers(node, "dilations", {2, 1});
        return;
      }
    }
    throw std::logic_error{"the model pools nothing"};
  };
  EXPECT_THAT(errors_after(dilate), ::testing::HasSubstr("dilations"));
}

TEST(FloatOnnx, WhatCannotBeSaidOfAnAverageIsRefused) {
  const auto with = [](std::int64_t ceil_mode, std::int64_t counts_padding) {
    return errors_after([&](::onnx::GraphProto& graph) {
      ::onnx::NodeProto& pool = node_of(graph, "AveragePool");
      set_integer(pool, "ceil_mode", ceil_mode);
      set_integer(pool, "count_include_pad", counts_padding);
    });
  };
  EXPECT_EQ(with(1, 0), "");
  EXPECT_EQ(with(0, 1), "");
  EXPECT_THAT(with(1, 1), ::testing::HasSubstr("has ceil_mode and count_include_pad"));
}

TEST(FloatOnnx, AModelThatContradictsItselfIsRefused) {
  const auto expect = [](const std::string& error,
                         const std::function<void(::onnx::GraphProto&)>& spoil) {
    EXPECT_THAT(errors_after(spoil), ::testing::HasSubstr(error));
  };
  expect("initializer 'first.weight': is given twice", [](::onnx::GraphProto& graph) {
    *graph.add_initializer() = ::onnx::TensorProto{graph.initializer(0)};
  });
  expect("has the attribute 'epsilon' twice", [](::onnx::GraphProto& graph) {
    ::onnx::NodeProto& norm = node_of(graph, "BatchNormalization");
    set_real(norm, "epsilon", 1e-5F);
    ::onnx::AttributeProto& second = *norm.add_attribute();
    second.set_name("epsilon");
    second.set_type(::onnx::AttributeProto::FLOAT);
  });
  expect("has a kernel_shape of 5 x 5, and weights of ", [](::onnx::GraphProto& graph) {
    set_integers(node_of(graph, "Conv"), "kernel_shape", {5, 5});
  });
  expect("is declared as 1 x 11, and is computed as 1 x 4", [](::onnx::GraphProto& graph) {
    ::onnx::TypeProto_Tensor& type =
        *graph.mutable_output(0)->mutable_type()->mutable_tensor_type();
    type.clear_shape();
    type.mutable_shape()->add_dim()->set_dim_value(1);
    type.mutable_shape()->add_dim()->set_dim_value(11);
  });
  expect("is declared as INT8, and is computed as FLOAT", [](::onnx::GraphProto& graph) {
    graph.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
        ::onnx::TensorProto::INT8);
  });
  expect("has 2 outputs, expected 1",
         [](::onnx::GraphProto& graph) { node_of(graph, "Conv").add_output("another"); });
}

TEST(FloatOnnx, AnEpsilonIsFiniteAndNotBelowZero) {
  const auto with = [](float epsilon) {
    return errors_after([&](::onnx::GraphProto& graph) {
      set_real(node_of(graph, "BatchNormalization"), "epsilon", epsilon);
    });
  };
  EXPECT_EQ(with(0.25F), "");
  EXPECT_EQ(with(0), "");
  EXPECT_THAT(with(-1), ::testing::HasSubstr("has an epsilon of -1.0"));
  EXPECT_THAT(with(std::numeric_limits<float>::infinity()),
              ::testing::HasSubstr("has an epsilon of inf, expected a finite number"));
  EXPECT_THAT(errors_after([](::onnx::GraphProto& graph) {
                ::onnx::NodeProto& norm = node_of(graph, "BatchNormalization");
                set_real(norm, "epsilon", 0);
                set_constant(graph, norm, 4, 0);
              }),
              ::testing::HasSubstr("has a variance and an epsilon of 0, and divides by their sum"));
}

TEST(FloatOnnx, SizesOfImagesAreKnown) {
  EXPECT_THAT(errors_after([](::onnx::GraphProto& graph) {
                graph.mutable_input(0)
                    ->mutable_type()
                    ->mutable_tensor_type()
                    ->mutable_shape()
                    ->mutable_dim(2)
                    ->set_dim_param("height");
              }),
              ::testing::HasSubstr("has 'height' as size of axis 2, expected a number: only the "
                                   "first size, the batch, may be left open"));
}

}  // namespace
}  // namespace systole::quantize

#pragma once

#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sim/config/error_log.hpp"
#include "sim/onnx/onnx.hpp"

namespace systole::test {

using Sizes = std::vector<std::int64_t>;

/// A model of one input 'x' of int8, whose output is 'y'.
class Model {
 public:
  explicit Model(const Sizes& shape, std::int64_t opset = 13) {
    proto_.set_ir_version(7);
    proto_.add_opset_import()->set_version(opset);
    proto_.add_opset_import()->set_domain("com.microsoft");
    proto_.mutable_opset_import(1)->set_version(1);
    ::onnx::ValueInfoProto& input = *graph().add_input();
    input.set_name("x");
    ::onnx::TypeProto_Tensor& type = tensor_type(input);
    type.set_elem_type(::onnx::TensorProto::INT8);
    for (const std::int64_t size : shape) {
      type.mutable_shape()->add_dim()->set_dim_value(size);
    }
    graph().add_output()->set_name("y");
  }

  Model& floats(const std::string& name, const Sizes& shape, const std::vector<float>& values) {
    ::onnx::TensorProto& tensor = constant(name, shape, ::onnx::TensorProto::FLOAT);
    tensor.mutable_float_data()->Add(values.begin(), values.end());
    return *this;
  }
  /// Of INT8, INT32 or INT64; the list of sizes is one of the last.
  Model& integers(const std::string& name, const Sizes& shape, const Sizes& values,
                  ::onnx::TensorProto::DataType type) {
    ::onnx::TensorProto& tensor = constant(name, shape, type);
    for (const std::int64_t value : values) {
      if (type == ::onnx::TensorProto::INT64) {
        tensor.add_int64_data(value);
      } else {
        tensor.add_int32_data(static_cast<std::int32_t>(value));
      }
    }
    return *this;
  }
  Model& sizes(const std::string& name, const Sizes& values) {
    return integers(name, {static_cast<std::int64_t>(values.size())}, values,
                    ::onnx::TensorProto::INT64);
  }

  /// The node named like its result.
  Model& node(const std::string& op, const std::vector<std::string>& inputs,
              const std::string& result, const std::string& domain = "") {
    ::onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(op);
    node.set_name(result);
    node.set_domain(domain);
    for (const std::string& input : inputs) {
      node.add_input(input);
    }
    node.add_output(result);
    return *this;
  }
  /// Attributes of the last node.
  Model& with(const std::string& name, std::int64_t value) {
    ::onnx::AttributeProto& made = attribute(name, ::onnx::AttributeProto::INT);
    made.set_i(value);
    return *this;
  }
  Model& with(const std::string& name, const Sizes& values) {
    ::onnx::AttributeProto& made = attribute(name, ::onnx::AttributeProto::INTS);
    made.mutable_ints()->Add(values.begin(), values.end());
    return *this;
  }
  Model& with(const std::string& name, const std::string& value) {
    ::onnx::AttributeProto& made = attribute(name, ::onnx::AttributeProto::STRING);
    made.set_s(value);
    return *this;
  }

  /// Another output of the last node.
  Model& writes(const std::string& result) {
    graph().mutable_node(graph().node_size() - 1)->add_output(result);
    return *this;
  }

  Model& with_real(const std::string& name, float value) {
    ::onnx::AttributeProto& made = attribute(name, ::onnx::AttributeProto::FLOAT);
    made.set_f(value);
    return *this;
  }

  /// The input is of floats.
  Model& takes_floats() {
    tensor_type(*graph().mutable_input(0)).set_elem_type(::onnx::TensorProto::FLOAT);
    return *this;
  }
  /// Leaves a size of the input open.
  Model& input_size(int axis, const std::string& name) {
    tensor_type(*graph().mutable_input(0)).mutable_shape()->mutable_dim(axis)->set_dim_param(name);
    return *this;
  }
  /// What the output is said to be; sizes of -1 are open.
  Model& declares(::onnx::TensorProto::DataType type, const Sizes& shape) {
    ::onnx::TypeProto_Tensor& output = tensor_type(*graph().mutable_output(0));
    output.set_elem_type(type);
    for (const std::int64_t size : shape) {
      ::onnx::TensorShapeProto_Dimension& dimension = *output.mutable_shape()->add_dim();
      if (size >= 0) {
        dimension.set_dim_value(size);
      }
    }
    return *this;
  }

  /// What has no function of its own.
  template <typename Change>
  Model& changed(const Change& change) {
    change(graph());
    return *this;
  }

  /// Whatever `read` makes of a file with the model.
  template <typename Read>
  auto read_by(Read read) const {
    namespace fs = std::filesystem;
    const fs::path path =
        fs::temp_directory_path() / ("onnx_model" + std::to_string(::getpid()) + ".onnx");
    std::ofstream{path, std::ios::binary} << proto_.SerializeAsString();
    struct Removed {
      const fs::path& path;
      ~Removed() { fs::remove(path); }
    } removed{path};
    return read(path.string());
  }
  Network load() const { return read_by(load_onnx); }
  /// All errors, or "".
  std::string refusal() const {
    try {
      load();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  }

 private:
  static ::onnx::TypeProto_Tensor& tensor_type(::onnx::ValueInfoProto& value) {
    return *value.mutable_type()->mutable_tensor_type();
  }
  ::onnx::GraphProto& graph() { return *proto_.mutable_graph(); }
  ::onnx::TensorProto& constant(const std::string& name, const Sizes& shape,
                                ::onnx::TensorProto::DataType type) {
    ::onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t size : shape) {
      tensor.add_dims(size);
    }
    return tensor;
  }
  ::onnx::AttributeProto& attribute(const std::string& name,
                                    ::onnx::AttributeProto::AttributeType type) {
    ::onnx::AttributeProto& made = *graph().mutable_node(graph().node_size() - 1)->add_attribute();
    made.set_name(name);
    made.set_type(type);
    return made;
  }

  ::onnx::ModelProto proto_;
};

constexpr auto kInt8 = ::onnx::TensorProto::INT8;
constexpr auto kInt32 = ::onnx::TensorProto::INT32;

}  // namespace systole::test

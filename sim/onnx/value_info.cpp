#include "sim/onnx/value_info.hpp"

#include <algorithm>

#include "sim/onnx/node_error.hpp"

namespace systole::onnx {
namespace {

/// "'height'", or "nothing".
std::string size_text(const file::TensorShapeProto::Dimension& size) {
  return size.has_dim_param() ? "'" + printable_name(size.dim_param()) + "'" : "nothing";
}

bool fits(const file::TensorShapeProto& declared, const Shape& shape) {
  return std::equal(declared.dim().begin(), declared.dim().end(), shape.begin(), shape.end(),
                    [](const auto& said, std::int64_t size) {
                      return said.dim_value() <= 0 || said.dim_value() == size;
                    });
}

/// "? x 10", or "scalar".
std::string text_of(const file::TensorShapeProto& declared) {
  std::string text;
  for (const auto& size : declared.dim()) {
    text += (text.empty() ? "" : " x ") +
            (size.dim_value() > 0 ? std::to_string(size.dim_value()) : "?");
  }
  return text.empty() ? "scalar" : text;
}

}  // namespace

Shape input_shape(const file::ValueInfoProto& input) {
  if (!input.type().has_tensor_type() || !input.type().tensor_type().has_shape()) {
    throw NodeError{"is no tensor of a known shape, expected one"};
  }
  Shape shape;
  for (const auto& size : input.type().tensor_type().shape().dim()) {
    if (!size.has_dim_value() && !shape.empty()) {
      throw NodeError{"has " + size_text(size) + " as size of axis " +
                      std::to_string(shape.size()) +
                      ", expected a number: only the first size, "
                      "the batch, may be left open"};
    }
    shape.push_back(size.has_dim_value() ? size.dim_value() : 1);
  }
  checked_elements(shape);
  return shape;
}

void check_declared(const file::ValueInfoProto& output, const Shape& shape, ElementType type) {
  const auto& declared = output.type().tensor_type();
  if (declared.elem_type() != file::TensorProto::UNDEFINED) {
    const ElementType said = element_type(declared.elem_type());
    const bool is_position = said == ElementType::Int64 && type == ElementType::Int32;
    if (said != type && !is_position) {
      throw NodeError{std::string{"is declared as "} + type_name(said) + ", and is computed as " +
                      type_name(type)};
    }
  }
  if (declared.has_shape() && !fits(declared.shape(), shape)) {
    throw NodeError{"is declared as " + text_of(declared.shape()) + ", and is computed as " +
                    shape_text(shape)};
  }
}

}  // namespace systole::onnx

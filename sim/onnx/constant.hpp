#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/network/tensor.hpp"
#include "sim/onnx/model_file.hpp"

namespace systole::onnx {

enum class ElementType { Float, Int8, UInt8, Int32, Int64 };

/// "FLOAT", as ONNX writes them.
const char* type_name(ElementType type);
/// The type that ONNX numbers so. Throws NodeError for those that are not read.
ElementType element_type(std::int32_t number);
/// Throws NodeError for INT64, which no tensor of a network has.
ElementFormat format_of(ElementType type);

/// The product of sizes; throws NodeError unless each is 1 or more and the product 2^28 at most.
std::int64_t checked_elements(const Shape& shape);

/// A tensor whose values the file gives, or that follows from such.
struct Constant {
  ElementType type = ElementType::Float;
  Shape shape;
  TensorData values;                 ///< floats as bit patterns; empty for Int64
  std::vector<std::int64_t> wide{};  ///< Int64
};
using ConstantPtr = std::shared_ptr<const Constant>;

/// Throws NodeError.
Constant read_constant(const file::TensorProto& tensor);

std::vector<float> floats_of(const Constant& constant);
/// Of Int32 and Int64, at most 64 of them: sizes, axes. Throws NodeError.
std::vector<std::int64_t> integers_of(const Constant& constant);
Constant constant_of(const std::vector<float>& values, const Shape& shape);

/// Axis i of the result is axis permutation[i] of the constant.
Constant permuted(const Constant& constant, const std::vector<std::size_t>& permutation);

/// What is added to a product of so many columns is a bias: one number, or one for each column, the
/// same for all rows.
bool is_bias(const Shape& shape, std::int64_t columns);
/// Throws NodeError where it is none.
void expect_bias(const Shape& shape, std::int64_t columns);

/// "2 x 3", or "scalar".
std::string shape_text(const Shape& shape);

}  // namespace systole::onnx

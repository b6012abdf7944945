#include "sim/onnx/constant.hpp"

#include <cstring>

#include "sim/onnx/node_error.hpp"

namespace systole::onnx {
namespace {

constexpr std::size_t kMaxRank = 8;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 28;

std::size_t width_of(ElementType type) {
  switch (type) {
    case ElementType::Int8:
    case ElementType::UInt8:
      return 1;
    case ElementType::Int64:
      return 8;
    case ElementType::Float:
    case ElementType::Int32:
      break;
  }
  return 4;
}

// Values as they lie in the file, aligned to nothing; the host is little endian like the format.
template <typename Value>
Value value_at(const std::string& bytes, std::size_t index) {
  Value value{};
  std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
  return value;
}

std::int32_t bits_of(float real) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &real, sizeof bits);
  return bits;
}

[[noreturn]] void wrong_count(const std::string& name, std::size_t found, std::size_t expected) {
  throw NodeError{"constant '" + printable_name(name) + "' has " + std::to_string(found) +
                  " bytes or elements of data, expected " + std::to_string(expected)};
}

void read_raw(const file::TensorProto& tensor, Constant& to, std::size_t count) {
  const std::string& bytes = tensor.raw_data();
  if (bytes.size() != count * width_of(to.type)) {
    wrong_count(tensor.name(), bytes.size(), count * width_of(to.type));
  }
  for (std::size_t i = 0; i < count; ++i) {
    switch (to.type) {
      case ElementType::Int64:
        to.wide.push_back(value_at<std::int64_t>(bytes, i));
        break;
      case ElementType::Int8:
        to.values.push_back(value_at<std::int8_t>(bytes, i));
        break;
      case ElementType::UInt8:
        to.values.push_back(value_at<std::uint8_t>(bytes, i));
        break;
      case ElementType::Float:
      case ElementType::Int32:
        to.values.push_back(value_at<std::int32_t>(bytes, i));
    }
  }
}

void read_fields(const file::TensorProto& tensor, Constant& to, std::size_t count) {
  const auto expect = [&](int found) {
    if (static_cast<std::size_t>(found) != count) {
      wrong_count(tensor.name(), static_cast<std::size_t>(found), count);
    }
  };
  if (to.type == ElementType::Int64) {
    expect(tensor.int64_data_size());
    to.wide.assign(tensor.int64_data().begin(), tensor.int64_data().end());
  } else if (to.type == ElementType::Float) {
    expect(tensor.float_data_size());
    for (const float real : tensor.float_data()) {
      to.values.push_back(bits_of(real));
    }
  } else {
    expect(tensor.int32_data_size());
    const ElementFormat format = format_of(to.type);
    for (const std::int32_t value : tensor.int32_data()) {
      if (value < format.min() || value > format.max()) {
        throw NodeError{"constant '" + printable_name(tensor.name()) + "' has the value " +
                        std::to_string(value) + ", which no " + type_name(to.type) + " holds"};
      }
      to.values.push_back(value);
    }
  }
}

}  // namespace

const char* type_name(ElementType type) {
  switch (type) {
    case ElementType::Float:
      return "FLOAT";
    case ElementType::Int8:
      return "INT8";
    case ElementType::UInt8:
      return "UINT8";
    case ElementType::Int32:
      return "INT32";
    case ElementType::Int64:
      break;
  }
  return "INT64";
}

ElementType element_type(std::int32_t number) {
  switch (number) {
    case file::TensorProto::FLOAT:
      return ElementType::Float;
    case file::TensorProto::INT8:
      return ElementType::Int8;
    case file::TensorProto::UINT8:
      return ElementType::UInt8;
    case file::TensorProto::INT32:
      return ElementType::Int32;
    case file::TensorProto::INT64:
      return ElementType::Int64;
    default:
      break;
  }
  const bool known = file::TensorProto::DataType_IsValid(number);
  const std::string name =
      known ? file::TensorProto::DataType_Name(static_cast<file::TensorProto::DataType>(number))
            : "type " + std::to_string(number);
  throw NodeError{"elements are of " + name + ", expected FLOAT, INT8, UINT8, INT32 or INT64"};
}

ElementFormat format_of(ElementType type) {
  switch (type) {
    case ElementType::Float:
      return {32, true, true};
    case ElementType::Int8:
      return {8, true};
    case ElementType::UInt8:
      return {8, false};
    case ElementType::Int32:
      return {32, true};
    case ElementType::Int64:
      break;
  }
  throw NodeError{"has elements of INT64, which are for constants alone: sizes and axes"};
}

std::int64_t checked_elements(const Shape& shape) {
  if (shape.size() > kMaxRank) {
    throw NodeError{"a tensor has " + std::to_string(shape.size()) +
                    " dimensions, at most 8 are supported"};
  }
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    if (size < 1) {
      throw NodeError{"a tensor has a dimension of " + std::to_string(size) +
                      ": shapes must be known and not empty"};
    }
    if (size > kMaxElements / elements) {
      throw NodeError{"a tensor has more than 2^28 elements"};
    }
    elements *= size;
  }
  return elements;
}

Constant read_constant(const file::TensorProto& tensor) {
  const std::string name = "constant '" + printable_name(tensor.name()) + "' ";
  if (tensor.data_location() != file::TensorProto::DEFAULT || tensor.external_data_size() > 0) {
    throw NodeError{name + "keeps its data outside of the file, which is not supported"};
  }
  if (tensor.has_segment()) {
    throw NodeError{name + "is one segment of a tensor, which is not supported"};
  }
  Constant constant;
  constant.type = element_type(tensor.data_type());
  constant.shape.assign(tensor.dims().begin(), tensor.dims().end());
  std::int64_t elements = 0;
  if (constant.shape != Shape{0}) {  // empty lists of axes are common, empty tensors are not
    elements = checked_elements(constant.shape);
  }
  const auto count = static_cast<std::size_t>(elements);
  if (tensor.has_raw_data()) {
    read_raw(tensor, constant, count);
  } else {
    read_fields(tensor, constant, count);
  }
  return constant;
}

std::vector<float> floats_of(const Constant& constant) {
  if (constant.type != ElementType::Float) {
    throw NodeError{std::string{"a constant is of "} + type_name(constant.type) +
                    ", expected FLOAT"};
  }
  std::vector<float> values(constant.values.size());
  if (!values.empty()) {
    std::memcpy(values.data(), constant.values.data(), values.size() * sizeof values[0]);
  }
  return values;
}

std::vector<std::int64_t> integers_of(const Constant& constant) {
  constexpr std::size_t kMost = 64;
  if (constant.type != ElementType::Int32 && constant.type != ElementType::Int64) {
    throw NodeError{std::string{"a constant is of "} + type_name(constant.type) +
                    ", expected INT32 or INT64"};
  }
  std::vector<std::int64_t> values = constant.wide;
  if (constant.type == ElementType::Int32) {
    values.assign(constant.values.begin(), constant.values.end());
  }
  if (values.size() > kMost) {
    throw NodeError{"a list has " + std::to_string(values.size()) +
                    " elements, expected one or two per dimension"};
  }
  return values;
}

Constant constant_of(const std::vector<float>& values, const Shape& shape) {
  Constant constant{ElementType::Float, shape, TensorData(values.size())};
  std::memcpy(constant.values.data(), values.data(), values.size() * sizeof values[0]);
  return constant;
}

Constant permuted(const Constant& constant, const std::vector<std::size_t>& permutation) {
  const std::size_t rank = constant.shape.size();
  std::vector<std::size_t> distance(rank, 1);
  for (std::size_t axis = rank; axis-- > 1;) {
    distance[axis - 1] = distance[axis] * static_cast<std::size_t>(constant.shape[axis]);
  }
  Constant result{constant.type, {}, {}};
  for (const std::size_t axis : permutation) {
    result.shape.push_back(constant.shape.at(axis));
  }
  const auto move = [&](const auto& values, auto& moved) {
    std::vector<std::int64_t> index(rank, 0);
    moved.reserve(values.size());
    while (moved.size() < values.size()) {
      std::size_t from = 0;
      for (std::size_t axis = 0; axis < rank; ++axis) {
        from += static_cast<std::size_t>(index[axis]) * distance[permutation[axis]];
      }
      moved.push_back(values[from]);
      for (std::size_t axis = rank; axis-- > 0 && ++index[axis] == result.shape[axis];) {
        index[axis] = 0;
      }
    }
  };
  move(constant.values, result.values);
  move(constant.wide, result.wide);
  return result;
}

bool is_bias(const Shape& shape, std::int64_t columns) {
  const std::int64_t elements = element_count(shape);
  return elements == 1 || (!shape.empty() && elements == columns && shape.back() == columns);
}

void expect_bias(const Shape& shape, std::int64_t columns) {
  if (!is_bias(shape, columns)) {
    throw NodeError{"has a bias of " + shape_text(shape) +
                    ", expected one number, or one for each of " + std::to_string(columns) +
                    " columns, the same for all rows"};
  }
}

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t size : shape) {
    text += (text.empty() ? "" : " x ") + std::to_string(size);
  }
  return text.empty() ? "scalar" : text;
}

}  // namespace systole::onnx

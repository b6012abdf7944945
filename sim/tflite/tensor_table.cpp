#include "sim/tflite/tensor_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

namespace systole::tflite {
namespace {

constexpr std::size_t kMaxRank = 8;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 28;
// Of all constants of a file: four bytes each, and a file may name the same bytes many times.
constexpr std::int64_t kMaxConstantElements = std::int64_t{1} << 28;

struct Problem {
  std::string what;
};

std::optional<ElementFormat> format_of(file::TensorType type) {
  switch (type) {
    case file::TensorType::INT8:
      return ElementFormat{8, true};
    case file::TensorType::UINT8:
      return ElementFormat{8, false};
    case file::TensorType::INT32:
      return ElementFormat{32, true};
    case file::TensorType::FLOAT32:
      return ElementFormat{32, true, true};
    default:
      return std::nullopt;
  }
}

std::string type_text(file::TensorType type) {
  const char* const name = file::EnumNameTensorType(type);
  return *name == 0 ? "type " + std::to_string(static_cast<int>(type)) : name;
}

// Values as they lie in the file, aligned to nothing; the host is little endian like the format.
template <typename Value>
Value value_at(const std::uint8_t* bytes, std::size_t index) {
  Value value{};
  std::memcpy(&value, bytes + index * sizeof value, sizeof value);
  return value;
}

Shape shape_of(const file::Tensor& tensor) {
  Shape shape;
  std::int64_t elements = 1;
  if (tensor.shape() == nullptr) {
    return shape;
  }
  if (tensor.shape()->size() > kMaxRank) {
    throw Problem{"has " + std::to_string(tensor.shape()->size()) +
                  " dimensions, at most 8 are supported"};
  }
  for (const std::int32_t size : *tensor.shape()) {
    if (size < 1) {
      throw Problem{"has a dimension of " + std::to_string(size) +
                    ": shapes must be known and not empty"};
    }
    elements *= size;
    if (elements > kMaxElements) {
      throw Problem{"has more than 2^28 elements"};
    }
    shape.push_back(size);
  }
  return shape;
}

void read_quantization(const file::Quantization& from, Tensor& to, std::int32_t& axis) {
  if (from.details_type() != 0) {
    throw Problem{"has custom quantization, which is not supported"};
  }
  if (from.scale() == nullptr || from.scale()->size() == 0) {
    return;
  }
  for (const float scale : *from.scale()) {
    if (!std::isfinite(scale) || scale <= 0) {
      throw Problem{"has a scale that is not positive and finite"};
    }
    to.scale.push_back(scale);
  }
  axis = from.quantized_dimension();
  if (from.zero_point() == nullptr || from.zero_point()->size() == 0) {
    return;
  }
  // The verifier lets vectors of 8-byte integers lie at any multiple of four.
  const std::uint8_t* const zero_points = from.zero_point()->Data();
  const auto zero_point = value_at<std::int64_t>(zero_points, 0);
  for (std::size_t i = 1; i < from.zero_point()->size(); ++i) {
    if (value_at<std::int64_t>(zero_points, i) != zero_point) {
      throw Problem{"has zero points that differ, expected one for all"};
    }
  }
  if (zero_point < to.format.min() || zero_point > to.format.max()) {
    throw Problem{"has the zero point " + std::to_string(zero_point) + ", which is outside " +
                  std::to_string(to.format.min()) + ".." + std::to_string(to.format.max())};
  }
  to.zero_point = static_cast<std::int32_t>(zero_point);
}

const flatbuffers::Vector<std::uint8_t>* bytes_of(const file::Model& model,
                                                  const file::Tensor& tensor) {
  const auto* const buffers = model.buffers();
  if (tensor.buffer() == 0 && (buffers == nullptr || buffers->size() == 0)) {
    return nullptr;
  }
  if (buffers == nullptr || tensor.buffer() >= buffers->size()) {
    throw Problem{"names buffer " + std::to_string(tensor.buffer()) + ", which does not exist"};
  }
  const file::Buffer* const buffer = buffers->Get(tensor.buffer());
  if (buffer->offset() > 1) {
    throw Problem{"keeps its data outside of the flatbuffer, which is not supported"};
  }
  const auto* const bytes = buffer->data();
  return bytes == nullptr || bytes->size() == 0 ? nullptr : bytes;
}

}  // namespace

std::string printable_name(const flatbuffers::String& name) {
  std::string text = name.str();
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

TensorTable::TensorTable(const file::Model& model, const file::SubGraph& graph, Network& network)
    : network_{network} {
  if (graph.tensors() != nullptr) {
    for (const file::Tensor* tensor : *graph.tensors()) {
      add(model, *tensor);
    }
  }
}

void TensorTable::add(const file::Model& model, const file::Tensor& tensor) {
  Source source;
  Tensor result;
  source.type = tensor.type();
  if (tensor.name() != nullptr) {
    result.name = printable_name(*tensor.name());
  }
  try {
    source.bytes = bytes_of(model, tensor);
    result.shape = shape_of(tensor);
    if (tensor.is_variable()) {
      throw Problem{"is a variable: networks with state are not supported"};
    }
    if (tensor.sparsity() != nullptr) {
      throw Problem{"is sparse, which is not supported"};
    }
    if (const auto format = format_of(source.type)) {
      result.format = *format;
    } else if (source.type != file::TensorType::INT64) {  // of axes and sizes
      throw Problem{"is of " + type_text(source.type) + ", expected INT8, UINT8, INT32 or FLOAT32"};
    }
    // Of biases the kernels read the integers only, and files say odd things about their scales.
    if (tensor.quantization() != nullptr && result.format.bits == 8) {
      read_quantization(*tensor.quantization(), result, source.quantized_axis);
    }
  } catch (const Problem& problem) {
    source.problem = problem.what;
  }
  sources_.push_back(std::move(source));
  network_.tensors.push_back(std::move(result));
}

std::string TensorTable::describe(TensorId id) const {
  const std::string& name = network_.tensor(id).name;
  return "tensor " + std::to_string(id) + (name.empty() ? "" : " '" + name + "'");
}

void TensorTable::check(TensorId id) const {
  if (const std::string& problem = sources_.at(id).problem; !problem.empty()) {
    throw NodeError{describe(id) + " " + problem};
  }
}

void TensorTable::check_bytes(TensorId id, std::size_t width) const {
  const Source& source = sources_.at(id);
  if (source.bytes == nullptr) {
    throw NodeError{describe(id) + " is not constant"};
  }
  const std::size_t expected = static_cast<std::size_t>(network_.tensor(id).elements()) * width;
  if (source.bytes->size() != expected) {
    throw NodeError{describe(id) + " has " + std::to_string(source.bytes->size()) +
                    " bytes of data, expected " + std::to_string(expected)};
  }
}

void TensorTable::charge(std::int64_t elements) {
  loaded_elements_ += elements;
  if (loaded_elements_ > kMaxConstantElements) {
    throw NodeError{"the constants of the file have more than 2^28 elements"};
  }
}

void TensorTable::load(TensorId id) {
  check(id);
  Tensor& tensor = network_.tensors.at(id);
  if (tensor.data) {
    return;
  }
  if (sources_.at(id).type == file::TensorType::INT64) {
    throw NodeError{describe(id) + " is of INT64, expected INT8, UINT8, INT32 or FLOAT32"};
  }
  const std::size_t width = tensor.format.bits / 8U;
  check_bytes(id, width);
  charge(tensor.elements());
  const std::uint8_t* const bytes = sources_[id].bytes->data();
  TensorData& data = tensor.data.emplace(static_cast<std::size_t>(tensor.elements()));
  for (std::size_t i = 0; i < data.size(); ++i) {
    data[i] = width == 4                ? value_at<std::int32_t>(bytes, i)
              : tensor.format.is_signed ? static_cast<std::int8_t>(bytes[i])
                                        : std::int32_t{bytes[i]};
  }
}

void TensorTable::set_known(TensorId id, const std::vector<std::int64_t>& values) {
  check(id);
  const Tensor& tensor = network_.tensor(id);
  if (static_cast<std::size_t>(tensor.elements()) != values.size()) {
    throw NodeError{"has an output of " + std::to_string(tensor.elements()) +
                    " elements, its operator gives " + std::to_string(values.size())};
  }
  sources_.at(id).known = values;
}

std::vector<std::int64_t> TensorTable::integers(TensorId id, std::size_t most) const {
  check(id);
  if (sources_.at(id).known) {
    return *sources_[id].known;
  }
  const file::TensorType type = sources_.at(id).type;
  if (type != file::TensorType::INT32 && type != file::TensorType::INT64) {
    throw NodeError{describe(id) + " is of " + type_text(type) + ", expected INT32 or INT64"};
  }
  const std::size_t width = type == file::TensorType::INT32 ? 4 : 8;
  check_bytes(id, width);
  const std::uint8_t* const bytes = sources_[id].bytes->data();
  std::vector<std::int64_t> values(static_cast<std::size_t>(network_.tensor(id).elements()));
  if (values.size() > most) {
    throw NodeError{describe(id) + " has " + std::to_string(values.size()) + " elements, at most " +
                    std::to_string(most) + " are expected"};
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = width == 4 ? value_at<std::int32_t>(bytes, i) : value_at<std::int64_t>(bytes, i);
  }
  return values;
}

}  // namespace systole::tflite

#include "sim/workload/trace.hpp"

#include <algorithm>

#include "sim/config/extension.hpp"
#include "sim/fixed_point/q_format.hpp"
#include "sim/workload/geometry.hpp"

namespace systole {
namespace {

constexpr std::uint8_t kMaxActivationBits = 16;

ActivationTrace read_numbers(ConfigReader& reader, const ConstantFiles& files,
                             std::uint8_t most_bits) {
  ActivationTrace activation;
  ElementFormat& format = activation.format;
  bool is_float = false;
  if (reader.optional("float", is_float) && is_float) {
    for (const char* key : {"bits", "signed", "zero_point", "scale"}) {
      if (reader.has(key)) {
        reader.error(key, "given beside float, expected one of the two");
      }
    }
    format = {32, true, true};
    return activation;
  }
  if (read_q_format(reader, format, activation.scale)) {
    return activation;
  }
  reader.optional("bits", format.bits, InRange<std::uint8_t>{1, most_bits});
  reader.optional("signed", format.is_signed);
  reader.optional(
      "zero_point", activation.zero_point,
      InRange{static_cast<std::int32_t>(format.min()), static_cast<std::int32_t>(format.max())});
  if (reader.has("scale")) {
    activation.scale = files.scales(reader, "scale");
    if (activation.scale.size() > 1) {
      reader.error("scale", "has " + std::to_string(activation.scale.size()) +
                                " values, expected one: activations have one scale");
      activation.scale.clear();
    }
  }
  return activation;
}

InputTrace read_input(ConfigReader reader, const ConstantFiles& files) {
  InputTrace input{reader};
  const std::size_t errors = reader.error_count();
  reader.required("name", input.name, NotEmpty{});
  reader.required("shape", input.shape, InRange<std::int64_t>{1, std::int64_t{1} << 31});
  input.activation = read_activation(reader, files);
  reader.reject_unknown();
  if (reader.error_count() == errors && input.shape.empty()) {
    reader.error("shape", "is empty, expected at least one dimension");
  } else if (reader.error_count() == errors && !checked_elements(input.shape)) {
    reader.error("shape", "has more than 2^31 elements");
  }
  input.good = reader.ok() && reader.error_count() == errors;
  input.reader = std::move(reader);
  return input;
}

ConstantInputTrace read_constant_input(ConfigReader reader, const ConstantFiles& files) {
  constexpr std::uint8_t kMaxBits = 32;
  ConstantInputTrace constant{reader};
  const std::size_t errors = reader.error_count();
  reader.required("name", constant.name, NotEmpty{});
  reader.optional("shape", constant.value.shape, InRange<std::int64_t>{1, std::int64_t{1} << 31});
  constant.numbers = read_numbers(reader, files, kMaxBits);
  if (!reader.has("file") && (!files.shapes_only() || constant.value.shape.empty())) {
    reader.error("file", files.shapes_only() ? "missing, expected it or shape"
                                             : "missing: without tensors a workload can only be "
                                               "timed (--no-data)");
  } else if (reader.has("file") && constant.numbers.format.is_float) {
    reader.error("file", "of floats, expected integers: constants are quantized");
  } else if (files.reads(reader, "file", !constant.value.shape.empty(),
                         constant.numbers.zero_point)) {
    auto value = files.tensor(reader, "file", constant.numbers.format, constant.numbers.zero_point);
    if (value && !constant.value.shape.empty() && value->shape != constant.value.shape) {
      reader.error("file", "its shape is " + shape_text(value->shape) + ", and shape is " +
                               shape_text(constant.value.shape));
    } else if (value) {
      constant.value = *std::move(value);
    }
  }
  reader.reject_unknown();
  if (reader.error_count() == errors && !checked_elements(constant.value.shape)) {
    reader.error("shape", "has more than 2^31 elements");
  }
  constant.good = reader.ok() && reader.error_count() == errors;
  constant.reader = std::move(reader);
  return constant;
}

/// The elements of a list of maps of which there must be at least one.
std::vector<ConfigReader> children(ConfigReader& root, const std::string& key) {
  std::vector<ConfigReader> all = root.children(key);
  if (all.empty() && root.has(key) && root.raw(key).IsSequence()) {
    root.error(key, "is empty, expected at least one element");
  }
  return all;
}

}  // namespace

bool read_q_format(ConfigReader& reader, ElementFormat& format, std::vector<float>& scale) {
  std::string name;
  if (!reader.optional("format", name, NotEmpty{})) {
    return false;
  }
  for (const char* key : {"bits", "signed", "zero_point", "scale"}) {
    if (reader.has(key)) {
      reader.error(key, "given beside format, expected one of the two");
    }
  }
  const std::optional<QFormat> q = parse_q_format(name);
  if (!q) {
    reader.error("format",
                 "'" + name +
                     "' is no fixed-point format of 1 to 16 bits, expected Q3.4, UQ4.4 or "
                     "(8, 4), say");
    return true;
  }
  format = q->element();
  scale = {static_cast<float>(q->step())};
  return true;
}

bool read_binary(ConfigReader& reader, ElementFormat& format) {
  std::string name;
  if (!reader.has("format") || !reader.raw("format").IsScalar() ||
      reader.raw("format").Scalar() != "binary") {
    return false;
  }
  reader.optional("format", name, NotEmpty{});
  for (const char* key : {"bits", "signed", "zero_point"}) {
    if (reader.has(key)) {
      reader.error(key, "given beside format: binary, which says it: 1 bit, -1 or +1");
    }
  }
  format = binary_format();
  return true;
}

ActivationTrace read_activation(ConfigReader& reader, const ConstantFiles& files) {
  return read_numbers(reader, files, kMaxActivationBits);
}

namespace {

/// What stands for the tensors of layers, and the constants.
std::vector<YAML::Node> given_tensors(ConfigReader& root) {
  std::vector<YAML::Node> tensors;
  for (const char* const list : {"layers", "constants"}) {
    if (!root.has(list) || !root.raw(list).IsSequence()) {
      continue;
    }
    for (const YAML::Node& entry : root.raw(list)) {
      for (const char* const key : {"weights", "bias"}) {
        if (entry.IsMap() && entry[key].IsDefined()) {
          tensors.push_back(entry[key]);
        }
      }
      if (list == std::string{"constants"}) {
        tensors.push_back(entry);
      }
    }
  }
  return tensors;
}

}  // namespace

bool tell_float_network(ConfigReader& root) {
  const std::vector<YAML::Node> tensors = given_tensors(root);
  const auto is_file = [](const YAML::Node& tensor) {
    return tensor.IsScalar() && has_extension(tensor.Scalar(), ".npy");
  };
  if (tensors.empty() || !std::all_of(tensors.begin(), tensors.end(), is_file)) {
    return false;
  }
  root.error_at(tensors.front(), "layers",
                "tensors without scales are those of a float network: `systole quantize` makes a "
                "workload of it");
  return true;
}

bool tell_shapes_alone(ConfigReader& root) {
  const std::vector<YAML::Node> tensors = given_tensors(root);
  const auto has_file = [](const YAML::Node& tensor) {
    return tensor.IsMap() && tensor["file"].IsDefined();
  };
  if (tensors.empty() || std::any_of(tensors.begin(), tensors.end(), has_file)) {
    return false;
  }
  root.error("layers",
             "no tensor is given: without tensors a workload can only be timed (--no-data) or run "
             "on made-up values (--random-data)");
  return true;
}

Trace read_trace(ConfigReader& root, const ConstantFiles& files) {
  Trace trace;
  root.required("name", trace.name, NotEmpty{});
  for (ConfigReader& input : children(root, "inputs")) {
    trace.inputs.push_back(read_input(std::move(input), files));
  }
  if (root.has("constants")) {
    for (ConfigReader& constant : children(root, "constants")) {
      trace.constants.push_back(read_constant_input(std::move(constant), files));
    }
  }
  for (ConfigReader& layer : children(root, "layers")) {
    trace.layers.push_back(read_layer(std::move(layer), files));
  }
  const std::size_t errors = root.error_count();
  root.required("outputs", trace.outputs, NotEmpty{});
  if (root.error_count() == errors && trace.outputs.empty()) {
    root.error("outputs", "is empty, expected the name of a layer");
  }
  root.optional("images", trace.images, NotEmpty{});
  root.optional("labels", trace.labels, NotEmpty{});
  root.reject_unknown();
  return trace;
}

}  // namespace systole

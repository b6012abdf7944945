#include "sim/workload/constant_files.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <type_traits>

#include "sim/config/extension.hpp"
#include "sim/workload/geometry.hpp"
#include "sim/workload/npy.hpp"

namespace systole {
namespace {

bool names_file(const YAML::Node& node) {
  return node.IsScalar() && has_extension(node.Scalar(), ".npy");
}

/// The file's array, or an error at `key`.
std::optional<NpyArray> read_file(ConfigReader& reader, const std::string& key,
                                  const std::string& path) {
  try {
    return read_npy(path);
  } catch (const NpyError& e) {
    reader.error(key, e.what());
    return std::nullopt;
  }
}

/// The values as int32 if all lie in [lo, hi], else an error about the first that does not.
std::optional<TensorData> integers_within(ConfigReader& reader, const std::string& key,
                                          const std::string& path, const NpyArray& array,
                                          std::int64_t lo, std::int64_t hi) {
  return std::visit(
      [&](const auto& values) -> std::optional<TensorData> {
        using Element = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_floating_point_v<Element>) {
          reader.error(key,
                       path + ": type is " + npy_type_name(array.values) + ", expected integers");
          return std::nullopt;
        } else {
          TensorData data;
          data.reserve(values.size());
          for (const Element value : values) {
            if (value < lo || value > hi) {
              reader.error(key, path + ": " + element_text(array.shape, data.size()) + "is " +
                                    std::to_string(value) + ", expected " + std::to_string(lo) +
                                    ".." + std::to_string(hi));
              return std::nullopt;
            }
            data.push_back(static_cast<std::int32_t>(value));
          }
          return data;
        }
      },
      array.values);
}

std::vector<float> scales_of(ConfigReader& reader, const std::string& key, const std::string& path,
                             const NpyArray& array) {
  return std::visit(
      [&](const auto& values) -> std::vector<float> {
        using Element = typename std::decay_t<decltype(values)>::value_type;
        std::vector<float> scales;
        if constexpr (std::is_floating_point_v<Element>) {
          for (const Element value : values) {
            if (!ScaleRange{}(static_cast<double>(value))) {
              std::ostringstream text;
              text << path << ": " << element_text(array.shape, scales.size()) << "is " << value
                   << ", expected " << ScaleRange{}.expected("a number");
              reader.error(key, text.str());
              return {};
            }
            scales.push_back(static_cast<float>(value));
          }
        } else {
          reader.error(key, path + ": type is " + npy_type_name(array.values) +
                                ", expected float32 or float64");
        }
        return scales;
      },
      array.values);
}

/// A list has one dimension; a single value may have none.
bool is_list(ConfigReader& reader, const std::string& key, const std::string& path,
             const NpyArray& array) {
  if (array.shape.size() > 1) {
    reader.error(key, path + ": shape is " + shape_text(array.shape) + ", expected one dimension");
    return false;
  }
  if (element_count(array.shape) == 0) {
    reader.error(key, path + ": is empty, expected at least one element");
    return false;
  }
  return true;
}

}  // namespace

bool ScaleRange::operator()(double value) const {
  return value >= static_cast<double>(std::numeric_limits<float>::min()) &&
         value <= static_cast<double>(std::numeric_limits<float>::max());
}

std::string ScaleRange::expected(const std::string& kind) const {
  return kind + " above 0 that is a normal float32 (1.2e-38 and more)";
}

std::string element_text(const Shape& shape, std::size_t index) {
  Shape at(shape.size());
  auto rest = static_cast<std::int64_t>(index);
  for (std::size_t i = shape.size(); i-- > 0;) {
    at[i] = rest % shape[i];
    rest /= shape[i];
  }
  return "element " + shape_text(at) + " ";
}

ConstantFiles::ConstantFiles(const std::string& workload, bool shapes_only)
    : folder_{std::filesystem::path{workload}.parent_path().string()}, shapes_only_{shapes_only} {}

std::string ConstantFiles::resolve(const std::string& file) const {
  return (std::filesystem::path{folder_} / file).string();
}

bool ConstantFiles::reads(ConfigReader& reader, const std::string& key, bool has_shape,
                          std::int32_t zero_point) const {
  if (!reader.has(key) || !shapes_only_ || !has_shape) {
    return reader.has(key);
  }
  const YAML::Node node = reader.raw(key);
  std::error_code ignored;
  return zero_point != 0 && node.IsScalar() &&
         std::filesystem::exists(resolve(node.Scalar()), ignored);
}

std::optional<Constant> ConstantFiles::tensor(ConfigReader& reader, const std::string& key,
                                              ElementFormat format, std::int32_t zero_point) const {
  std::string file;
  if (!reader.read(reader.raw(key), key, file, NotEmpty{})) {
    return std::nullopt;
  }
  const std::string path = resolve(file);
  if (shapes_only_ && zero_point == 0) {
    try {
      return Constant{read_npy_shape(path), std::nullopt};
    } catch (const NpyError& e) {
      reader.error(key, e.what());
      return std::nullopt;
    }
  }
  const auto array = read_file(reader, key, path);
  if (!array) {
    return std::nullopt;
  }
  auto data = integers_within(reader, key, path, *array, format.min(), format.max());
  if (!data) {
    return std::nullopt;
  }
  if (const auto zero = std::find(data->begin(), data->end(), 0);
      format.is_binary && zero != data->end()) {
    reader.error(key,
                 path + ": " +
                     element_text(array->shape, static_cast<std::size_t>(zero - data->begin())) +
                     "is 0, expected -1 or 1: the format is binary");
    return std::nullopt;
  }
  if (shapes_only_) {
    return Constant{array->shape, std::nullopt,
                    data->empty() ? std::nullopt : std::optional{range_of(*data)}};
  }
  return Constant{array->shape, std::move(data)};
}

std::vector<float> ConstantFiles::scales(ConfigReader& reader, const std::string& key) const {
  const YAML::Node node = reader.raw(key);
  if (names_file(node)) {
    const std::string path = resolve(node.Scalar());
    const auto array = read_file(reader, key, path);
    return array && is_list(reader, key, path, *array) ? scales_of(reader, key, path, *array)
                                                       : std::vector<float>{};
  }
  std::vector<double> values(1);
  const bool good = node.IsSequence() ? reader.read(node, key, values, ScaleRange{})
                                      : reader.read(node, key, values[0], ScaleRange{});
  if (!good) {
    return {};
  }
  if (values.empty()) {
    reader.error(key, "is empty, expected at least one scale");
  }
  std::vector<float> scales;
  scales.reserve(values.size());
  for (const double value : values) {
    scales.push_back(static_cast<float>(value));
  }
  return scales;
}

std::vector<std::int32_t> ConstantFiles::integers(ConfigReader& reader, const std::string& key,
                                                  InRange<std::int32_t> range) const {
  const YAML::Node node = reader.raw(key);
  std::vector<std::int32_t> values;
  if (!names_file(node)) {
    if (reader.read(node, key, values, range) && values.empty()) {
      reader.error(key, "is empty, expected at least one integer");
    }
    return values;
  }
  const std::string path = resolve(node.Scalar());
  const auto array = read_file(reader, key, path);
  if (!array || !is_list(reader, key, path, *array)) {
    return values;
  }
  return integers_within(reader, key, path, *array, range.lo, range.hi).value_or(values);
}

}  // namespace systole

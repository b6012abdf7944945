#include "sim/quantize/float_files.hpp"

#include <cmath>
#include <filesystem>
#include <type_traits>
#include <utility>

#include "sim/config/error_log.hpp"
#include "sim/quantize/float_trace.hpp"
#include "sim/workload/constant_files.hpp"
#include "sim/workload/geometry.hpp"
#include "sim/workload/npy.hpp"

namespace systole::quantize {
namespace {

std::vector<int> read_labels(const std::string& path, std::int64_t classes) {
  const NpyArray array = read_npy(path);
  if (array.shape.size() != 1) {
    throw NpyError{path + ": shape is " + shape_text(array.shape) +
                   ", expected one label per image"};
  }
  std::vector<int> labels;
  std::visit(
      [&](const auto& values) {
        using Element = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_floating_point_v<Element>) {
          throw NpyError{path + ": type is " + npy_type_name(array.values) + ", expected integers"};
        } else {
          for (const Element value : values) {
            if (value < 0 ||
                static_cast<std::uint64_t>(value) >= static_cast<std::uint64_t>(classes)) {
              throw NpyError{path + ": " + element_text(array.shape, labels.size()) + "is " +
                             std::to_string(value) + ", expected 0.." +
                             std::to_string(classes - 1)};
            }
            labels.push_back(static_cast<int>(value));
          }
        }
      },
      array.values);
  return labels;
}

FloatTensor read_images(const std::string& path, const FloatValue& input) {
  FloatTensor tensor = read_float_npy(path);
  Shape one = tensor.shape;
  if (!one.empty()) {
    one[0] = 1;
  }
  if (one != input.shape || tensor.shape[0] == 0) {
    Shape sizes{input.shape.begin() + 1, input.shape.end()};
    std::string expected = "[count";
    for (const std::int64_t size : sizes) {
      expected += ", " + std::to_string(size);
    }
    throw NpyError{path + ": shape is " + shape_text(tensor.shape) + ", expected " + expected +
                   "] for the input '" + input.name + "'"};
  }
  return tensor;
}

}  // namespace

FloatTensor read_float_npy(const std::string& path) {
  const NpyArray array = read_npy(path);
  FloatTensor tensor{array.shape, {}};
  std::visit(
      [&](const auto& values) {
        using Element = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_floating_point_v<Element>) {
          tensor.data.reserve(values.size());
          for (const Element value : values) {
            const auto real = static_cast<float>(value);
            if (!std::isfinite(real)) {
              throw NpyError{path + ": " + element_text(array.shape, tensor.data.size()) +
                             "is not finite in float32, expected finite numbers"};
            }
            tensor.data.push_back(real);
          }
        } else {
          throw NpyError{path + ": type is " + npy_type_name(array.values) +
                         ", expected float32 or float64"};
        }
      },
      array.values);
  return tensor;
}

FloatFiles::FloatFiles(const std::string& network)
    : folder_{std::filesystem::path{network}.parent_path().string()} {}

std::string FloatFiles::resolve(const std::string& file) const {
  return (std::filesystem::path{folder_} / file).string();
}

FloatTensor FloatFiles::tensor(ConfigReader& reader, const std::string& key) const {
  std::string file;
  const std::size_t errors = reader.error_count();
  reader.required(key, file, NotEmpty{});
  if (reader.error_count() != errors || file.empty()) {
    return {};
  }
  try {
    FloatTensor read = read_float_npy(resolve(file));
    if (read.data.empty()) {
      reader.error(key, resolve(file) + ": is empty, expected at least one number");
    }
    return read;
  } catch (const NpyError& error) {
    reader.error(key, error.what());
    return {};
  }
}

std::vector<float> FloatFiles::vector(ConfigReader& reader, const std::string& key) const {
  FloatTensor read = tensor(reader, key);
  if (read.shape.size() > 1) {
    reader.error(key, "shape is " + shape_text(read.shape) + ", expected one dimension");
    return {};
  }
  return std::move(read.data);
}

std::vector<float> FloatFiles::optional_vector(ConfigReader& reader, const std::string& key) const {
  return reader.has(key) ? vector(reader, key) : std::vector<float>{};
}

FloatImages read_float_images(const FloatNetwork& network, const std::string& path) {
  FloatTensor tensor = read_images(path, network.value(network.inputs.at(0)));
  FloatImages images;
  images.count = tensor.shape[0];
  images.values = std::move(tensor.data);
  return images;
}

std::vector<int> read_float_labels(const FloatNetwork& network, const std::string& path) {
  return read_labels(path, element_count(network.value(network.outputs.at(0)).shape));
}

std::string label_count_error(const FloatImages& images) {
  if (static_cast<std::int64_t>(images.labels.size()) == images.count) {
    return "";
  }
  return "has " + std::to_string(images.labels.size()) + " labels, expected one for each of " +
         std::to_string(images.count) + " images";
}

FloatImages load_float_images(const FloatNetwork& network, const std::string& images_file,
                              const std::string& labels_file, std::int64_t limit) {
  std::vector<std::string> errors;
  const auto attempt = [&](const auto& read) {
    try {
      read();
    } catch (const NpyError& error) {
      errors.emplace_back(error.what());
    }
  };
  FloatImages images;
  attempt([&] { images = read_float_images(network, images_file); });
  if (!labels_file.empty()) {
    attempt([&] { images.labels = read_float_labels(network, labels_file); });
    if (const std::string error = label_count_error(images); errors.empty() && !error.empty()) {
      errors.push_back(labels_file + ": " + error);
    }
  }
  if (!errors.empty()) {
    throw ConfigError{errors};
  }
  if (limit > 0 && limit < images.count) {
    images.values.resize(images.values.size() / static_cast<std::size_t>(images.count) *
                         static_cast<std::size_t>(limit));
    images.count = limit;
    if (!images.labels.empty()) {
      images.labels.resize(static_cast<std::size_t>(limit));
    }
  }
  return images;
}

}  // namespace systole::quantize

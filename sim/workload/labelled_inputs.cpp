#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#include "sim/config/reader.hpp"
#include "sim/workload/constant_files.hpp"
#include "sim/workload/geometry.hpp"
#include "sim/workload/npy.hpp"
#include "sim/workload/scales.hpp"
#include "sim/workload/workload.hpp"

namespace systole {
namespace {

/// The shape of one image, or a message about an array that holds none.
Shape image_shape(const NpyArray& array, const Tensor& input) {
  if (input.shape.empty()) {
    throw NpyError{"images are for inputs whose first size is their number, '" + input.name +
                   "' is a scalar"};
  }
  Shape wanted{input.shape.begin() + 1, input.shape.end()};
  if (array.shape.size() == input.shape.size() && array.shape[0] > 0 &&
      std::equal(wanted.begin(), wanted.end(), array.shape.begin() + 1)) {
    return wanted;
  }
  std::string expected = "[count";
  for (const std::int64_t size : wanted) {
    expected += ", " + std::to_string(size);
  }
  throw NpyError{"shape is " + shape_text(array.shape) + ", expected " + expected +
                 "] for the input '" + input.name + "'"};
}

std::int32_t bits_of(float real) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &real, sizeof bits);
  return bits;
}

template <typename Element>
std::int32_t as_input(Element value, const Tensor& input, const Shape& shape, std::size_t index) {
  const auto text = [&] { return element_text(shape, index) + "is " + std::to_string(value); };
  if constexpr (std::is_floating_point_v<Element>) {
    if (!std::isfinite(value)) {
      throw NpyError{text() + ", expected finite numbers"};
    }
    if (input.format.is_float) {
      return bits_of(static_cast<float>(value));
    }
    return quantize_value(static_cast<float>(value), input.scale[0], input.zero_point,
                          input.format);
  } else {
    if (input.format.is_float) {
      return bits_of(static_cast<float>(value));
    }
    if (value < input.format.min() || value > input.format.max()) {
      throw NpyError{text() + ", expected " + std::to_string(input.format.min()) + ".." +
                     std::to_string(input.format.max())};
    }
    return static_cast<std::int32_t>(value);
  }
}

/// Throws NpyError without the file's name, which load_npy puts in front.
LabelledInputs images_of(const NpyArray& array, const Network& network) {
  if (network.inputs.size() != 1) {
    throw NpyError{"images are for networks with one input, this one has " +
                   std::to_string(network.inputs.size())};
  }
  const Tensor& input = network.tensor(network.inputs[0]);
  LabelledInputs result;
  result.image_shape = image_shape(array, input);
  std::visit(
      [&](const auto& values) {
        using Element = typename std::decay_t<decltype(values)>::value_type;
        if (std::is_floating_point_v<Element> && input.scale.empty() && !input.format.is_float) {
          throw NpyError{"type is " + npy_type_name(array.values) + ", expected integers: '" +
                         input.name + "' has no scale"};
        }
        TensorData& images = result.images.emplace();
        images.reserve(values.size());
        for (const Element value : values) {
          images.push_back(as_input(value, input, array.shape, images.size()));
        }
      },
      array.values);
  return result;
}

std::vector<int> labels_of(const NpyArray& array, const Network& network) {
  const std::int64_t elements = network.tensor(network.outputs.at(0)).elements();
  const std::int64_t batch = network.tensor(network.inputs.at(0)).shape[0];
  const std::int64_t classes = elements / batch;
  if (array.shape.size() != 1) {
    throw NpyError{"shape is " + shape_text(array.shape) + ", expected one label per image"};
  }
  if (elements % batch != 0) {
    throw NpyError{"labels need as many outputs for each of " + std::to_string(batch) +
                   " images, the first output has " + std::to_string(elements) + " elements"};
  }
  std::vector<int> labels;
  std::visit(
      [&](const auto& values) {
        using Element = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_floating_point_v<Element>) {
          throw NpyError{"type is " + npy_type_name(array.values) + ", expected integers"};
        } else {
          for (const Element value : values) {
            if (value < 0 ||
                static_cast<std::uint64_t>(value) >= static_cast<std::uint64_t>(classes)) {
              throw NpyError{element_text(array.shape, labels.size()) + "is " +
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

std::string count_mismatch(const LabelledInputs& inputs) {
  return "has " + std::to_string(inputs.labels.size()) + " labels, expected one for each of " +
         std::to_string(inputs.count()) + " images";
}

/// Reads a file and gives its array to `use`; messages of both start with the file's name.
template <typename Use>
auto with_npy(const std::string& path, const Use& use) {
  const NpyArray array = read_npy(path);
  try {
    return use(array);
  } catch (const NpyError& e) {
    throw NpyError{path + ": " + e.what()};
  }
}

}  // namespace

std::int64_t LabelledInputs::count() const {
  return images ? static_cast<std::int64_t>(images->size()) / element_count(image_shape) : 0;
}

LabelledInputs load_images(const std::string& npy, const Network& network,
                           const std::optional<std::string>& labels) {
  try {
    LabelledInputs inputs =
        with_npy(npy, [&](const NpyArray& array) { return images_of(array, network); });
    if (labels) {
      inputs.labels =
          with_npy(*labels, [&](const NpyArray& array) { return labels_of(array, network); });
      if (static_cast<std::int64_t>(inputs.labels.size()) != inputs.count()) {
        throw NpyError{*labels + ": " + count_mismatch(inputs)};
      }
    }
    return inputs;
  } catch (const NpyError& e) {
    throw ConfigError{{e.what()}};
  }
}

LabelledInputs load_inputs(const std::string& workload, const Network& network) {
  if (workload_format(workload) != WorkloadFormat::Trace) {
    return {};
  }
  const ConfigFile file = ConfigFile::load(workload);
  const ConstantFiles files{workload, false};
  ConfigReader root = file.root();
  LabelledInputs inputs;
  std::string name;
  const auto load = [&](const char* key, const auto& use) {
    if (!root.optional(key, name, NotEmpty{})) {
      return;
    }
    try {
      with_npy(files.resolve(name), [&](const NpyArray& array) {
        use(array);
        return 0;
      });
    } catch (const NpyError& e) {
      root.error(key, e.what());
    }
  };
  load("images", [&](const NpyArray& array) { inputs = images_of(array, network); });
  load("labels", [&](const NpyArray& array) { inputs.labels = labels_of(array, network); });
  if (file.ok() && root.has("labels") &&
      static_cast<std::int64_t>(inputs.labels.size()) != inputs.count()) {
    root.error("labels", count_mismatch(inputs));
  }
  file.check();
  return inputs;
}

}  // namespace systole

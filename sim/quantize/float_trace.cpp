#include "sim/quantize/float_trace.hpp"

#include <set>
#include <utility>

#include "sim/config/reader.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/network/refusal.hpp"
#include "sim/quantize/float_files.hpp"
#include "sim/quantize/float_layer_trace.hpp"
#include "sim/workload/geometry.hpp"
#include "sim/workload/npy.hpp"

namespace systole::quantize {
namespace {

void read_input(ConfigReader& reader, FloatNetwork& network, FloatNames& by_name) {
  std::string name;
  Shape shape;
  const std::size_t errors = reader.error_count();
  reader.required("name", name, NotEmpty{});
  if (!name.empty()) {
    by_name.emplace(name, std::nullopt);
  }
  reader.required("shape", shape, InRange<std::int64_t>{1, kMaxSize});
  reader.reject_unknown();
  if (reader.error_count() != errors) {
    return;
  }
  if (!checked_elements(shape)) {
    reader.error("shape", "has more than 2^31 elements");
    return;
  }
  try {
    by_name[name] = network.add_input(name, shape);
  } catch (const Refusal& error) {
    reader.error("shape", error.what());
  }
}

bool has_list(ConfigReader& root, const char* key) {
  return root.has(key) && root.raw(key).IsSequence();
}

std::string no_layer(const std::string& name, const FloatNames& by_name) {
  std::vector<std::string> names;
  for (const auto& [known, value] : by_name) {
    names.push_back(known);
  }
  return "'" + name + "' is no layer" + did_you_mean(name, names);
}

}  // namespace

FloatNetwork load_float_trace(const std::string& path) {
  const ConfigFile file = ConfigFile::load(path);
  const FloatFiles files{path};
  ConfigReader root = file.root();
  FloatNetwork network;
  FloatNames by_name;
  root.required("name", network.name, NotEmpty{});
  std::vector<ConfigReader> inputs = root.children("inputs");
  for (ConfigReader& input : inputs) {
    read_input(input, network, by_name);
  }
  if (has_list(root, "inputs") && inputs.size() != 1) {
    root.error("inputs", "has " + std::to_string(inputs.size()) + " elements, expected one input");
  }
  const FloatNames inputs_by_name = by_name;
  for (ConfigReader& layer : root.children("layers")) {
    read_float_layer(layer, files, network, by_name);
  }
  std::vector<std::string> outputs;
  const std::size_t errors = root.error_count();
  root.required("outputs", outputs, NotEmpty{});
  if (root.error_count() == errors && outputs.empty()) {
    root.error("outputs", "is empty, expected the name of a layer");
  }
  std::set<std::string> seen;
  for (const auto& output : outputs) {
    const auto found = by_name.find(output);
    if (inputs_by_name.count(output) != 0) {
      root.error("outputs", "'" + output + "' is an input, expected the name of a layer");
    } else if (found == by_name.end() && has_list(root, "layers")) {
      root.error("outputs", no_layer(output, by_name));
    } else if (!seen.insert(output).second) {
      root.error("outputs", "'" + output + "' is given twice");
    } else if (found != by_name.end() && found->second) {
      network.outputs.push_back(*found->second);
    }
  }
  root.has("images");
  root.has("labels");
  root.reject_unknown();
  for (const char* key : {"images", "labels"}) {
    std::string name;
    root.optional(key, name, NotEmpty{});
    if (!file.ok() && !name.empty()) {  // else load_float_test_images opens it, if it is needed
      root.names_readable(key, files.resolve(name));
    }
  }
  file.check();
  return network;
}

FloatImages load_float_test_images(const FloatNetwork& network, const std::string& path) {
  const ConfigFile file = ConfigFile::load(path);
  ConfigReader root = file.root();
  const FloatFiles files{path};
  const auto read = [&](const char* key, const auto& use) {
    std::string name;
    const std::size_t errors = root.error_count();
    if (!root.optional(key, name, NotEmpty{}) || root.error_count() != errors) {
      return;
    }
    try {
      use(files.resolve(name));
    } catch (const NpyError& error) {
      root.error(key, error.what());
    }
  };
  FloatImages images;
  read("images", [&](const std::string& npy) { images = read_float_images(network, npy); });
  std::vector<int> labels;
  read("labels", [&](const std::string& npy) { labels = read_float_labels(network, npy); });
  images.labels = std::move(labels);
  if (const std::string error = label_count_error(images);
      file.ok() && root.has("labels") && !error.empty()) {
    root.error("labels", error);
  }
  file.check();
  return images;
}

}  // namespace systole::quantize

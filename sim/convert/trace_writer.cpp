#include "sim/convert/trace_writer.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <system_error>

#include "sim/config/error_log.hpp"
#include "sim/convert/layer_keys.hpp"
#include "sim/convert/layer_text.hpp"
#include "sim/convert/same_network.hpp"
#include "sim/convert/yaml_text.hpp"
#include "sim/files/atomic_file.hpp"
#include "sim/workload/file_names.hpp"
#include "sim/workload/npy.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

/// Names of layers and tensors that have not been given yet.
class Names {
 public:
  std::string unique(const std::string& wanted) {
    std::string name = wanted;
    for (std::size_t i = 2; !used_.insert(name).second; ++i) {
      name = wanted + "_" + std::to_string(i);
    }
    return name;
  }

 private:
  std::set<std::string> used_;
};

class Writer final : public ConstantWriter {
 public:
  Writer(const Network& network, std::string folder)
      : network_{network}, folder_{std::move(folder)}, run_time_{run_time_tensors(network)} {
    for (const Layer& layer : network.layers) {
      names_.emplace(layer.output, used_.unique(layer.name));
      if (names_.at(layer.output) != layer.name) {
        throw ConvertError{"two layers are named '" + layer.name + "'"};
      }
    }
    for (const TensorId input : network.inputs) {
      names_.emplace(input, used_.unique(name_or(input, "input")));
    }
    for (const Layer& layer : network.layers) {
      for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
        take_operand(layer, i);
      }
    }
  }

  /// The whole file; constants are written on the way.
  std::string text(const LabelledInputs& inputs) {
    std::string out = "name: " + yaml_text(network_.name) + "\ninputs:\n";
    for (const TensorId input : network_.inputs) {
      const Tensor& tensor = network_.tensor(input);
      if (tensor.shape.empty()) {
        throw ConvertError{
            "input '" + tensor.name +
            "' has no dimensions, which YAML cannot say: inputs have one dimension or more"};
      }
      YamlMap map;
      map.add("name", yaml_text(names_.at(input))).add("shape", yaml_list(tensor.shape));
      out += "  - " + with_numbers(map.text(), tensor) + "\n";
    }
    if (inputs.images) {
      const Tensor& tensor = network_.tensor(network_.inputs.at(0));
      Shape shape = inputs.image_shape;
      shape.insert(shape.begin(), inputs.count());
      const std::string name = files_.next("images", ".npy");
      write_npy(path(name), *inputs.images, shape, tensor.format);
      out += "images: " + name + "\n";
    }
    if (!inputs.labels.empty()) {
      out += "labels: " + integers("labels", {inputs.labels.begin(), inputs.labels.end()}) + "\n";
    }
    if (!constants_.empty()) {
      out += "constants:\n";
    }
    for (const TensorId id : constants_) {
      const Tensor& constant = network_.tensor(id);
      YamlMap map;
      map.add("name", yaml_text(names_.at(id)));
      if (constant.data) {
        map.add("file", yaml_text(tensor(names_.at(id), constant)));
      } else {
        map.add("shape", yaml_list(constant.shape));
      }
      out += "  - " + with_numbers(map.text(), constant) + "\n";
    }
    std::string outputs;
    for (const TensorId output : network_.outputs) {
      outputs += (outputs.empty() ? "" : ", ") + yaml_text(names_.at(output));
    }
    out += "outputs: [" + outputs + "]\nlayers:\n";
    const auto name_of = [this](TensorId id) { return names_.at(id); };
    for (const Layer& layer : network_.layers) {
      out += "  - " + layer_text(network_, layer, name_of, *this) + "\n";
    }
    return out;
  }

  std::string tensor(const std::string& stem, const Tensor& constant) override {
    std::string name = files_.next(stem, ".npy");
    write_npy(path(name), *constant.data, constant.shape, constant.format);
    return name;
  }
  std::string floats(const std::string& stem, const std::vector<float>& values) override {
    std::string name = files_.next(stem, ".npy");
    write_npy(path(name), NpyArray{{static_cast<std::int64_t>(values.size())}, values});
    return name;
  }
  std::string integers(const std::string& stem, const std::vector<std::int32_t>& values) override {
    std::string name = files_.next(stem, ".npy");
    write_npy(path(name), NpyArray{{static_cast<std::int64_t>(values.size())}, values});
    return name;
  }

 private:
  /// Not every front end names all tensors (constants that it made or moved); YAML does.
  std::string name_or(TensorId id, const std::string& other) const {
    const std::string& own = network_.tensor(id).name;
    return own.empty() ? other : own;
  }

  std::string path(const std::string& name) const { return (fs::path{folder_} / name).string(); }

  void take_operand(const Layer& layer, std::size_t operand) {
    const TensorId id = layer.inputs[operand];
    if (is_own_constant(network_, layer, operand)) {
      if (run_time_[id]) {
        throw ConvertError{"layer '" + layer.name + "': its weights or bias are computed by '" +
                           network_.tensor(id).name + "', which cannot be written"};
      }
      return;
    }
    if (names_.count(id) == 0) {
      names_.emplace(id, used_.unique(name_or(id, layer.name + ".constant")));
      constants_.push_back(id);
    }
  }

  static std::string with_numbers(const std::string& map, const Tensor& tensor) {
    const std::string numbers = numbers_text(tensor);
    return numbers.empty() ? map : map.substr(0, map.size() - 1) + ", " + numbers + "}";
  }

  const Network& network_;
  const std::string folder_;
  const std::vector<bool> run_time_;
  Names used_;
  FileNames files_;
  std::map<TensorId, std::string> names_;
  std::vector<TensorId> constants_;
};

/// One line of what the loader says of the draft, "DRAFT:3:5: layers[0].kernel: what": without the
/// draft, which nobody has seen, and with the layer's name.
std::string told_of_network(std::string line, const Network& network, const std::string& draft) {
  if (line.compare(0, draft.size() + 1, draft + ":") == 0) {
    const std::size_t place_ends = line.find(": ", draft.size());
    line.erase(0, place_ends == std::string::npos ? draft.size() + 1 : place_ends + 2);
  }
  const std::string folder = fs::path{draft}.parent_path().string() + "/";
  for (auto at = line.find(folder); at != std::string::npos; at = line.find(folder)) {
    line.erase(at, folder.size());
  }
  const std::string layers = "layers[";
  const std::size_t path_ends = line.find(']');
  if (line.compare(0, layers.size(), layers) == 0 && path_ends != std::string::npos) {
    const std::size_t i = std::stoul(line.substr(layers.size()));
    const bool has_key = line.compare(path_ends + 1, 1, ".") == 0;
    return "layer '" + network.layers.at(i).name + "'" + (has_key ? ": " : "") +
           line.substr(path_ends + (has_key ? 2 : 1));
  }
  return line;
}

/// Throws unless the file gives the network back.
void check_round_trip(const Network& network, const std::string& file) {
  Network again;
  try {
    again = load_workload(file, {/*shapes_only=*/!network.has_data()});
  } catch (const ConfigError& error) {
    std::string told;
    for (const std::string& line : error.lines()) {
      told += (told.empty() ? "" : "; ") + told_of_network(line, network, file);
    }
    throw ConvertError{"YAML cannot say this network: " + told};
  }
  if (again.layers.size() != network.layers.size()) {
    throw std::logic_error{"a converted network has other layers"};
  }
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    const Layer& other = again.layers[i];
    const auto expect = [&](bool same, const char* what) {
      if (!same) {
        throw ConvertError{"layer '" + layer.name + "' cannot be written: " + what};
      }
    };
    bool same = layer.inputs.size() == other.inputs.size() &&
                same_tensor(network.tensor(layer.output), again.tensor(other.output));
    for (std::size_t k = 0; same && k < layer.inputs.size(); ++k) {
      same = same_tensor(network.tensor(layer.inputs[k]), again.tensor(other.inputs[k]));
    }
    expect(same, "its output would have another shape or other numbers");
    expect(layer.name == other.name && same_operator(layer.op, other.op) &&
               same_mapping(layer.mapping, other.mapping),
           "it would come back as another operator, or with other constants");
  }
  if (network.name != again.name || !same_connections(network, again)) {
    throw ConvertError{"the network cannot be written: its layers would be connected otherwise"};
  }
}

}  // namespace

std::string write_trace(const Network& network, const LabelledInputs& inputs,
                        const std::string& folder) {
  Writer writer{network, folder};
  const std::string text = writer.text(inputs);
  std::string file = (fs::path{folder} / FileNames{}.next(network.name, ".yaml")).string();
  const std::string draft = file + ".draft";
  write_file_atomically(draft, text);
  try {
    check_round_trip(network, draft);
    std::error_code error;
    fs::rename(draft, file, error);
    if (error) {
      throw std::runtime_error{file + ": cannot be written: " + error.message()};
    }
  } catch (...) {
    std::error_code ignored;
    fs::remove(draft, ignored);
    throw;
  }
  return file;
}

}  // namespace systole

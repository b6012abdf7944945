#include "sim/workload/network_builder.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "sim/workload/layer_builder.hpp"
#include "sim/workload/layer_order.hpp"

namespace systole {

Network NetworkBuilder::build(ConfigReader& root) {
  network_.name = trace_.name;
  name_tensors();
  for (const InputTrace& input : trace_.inputs) {
    if (input.good) {
      const ActivationTrace& activation = input.activation;
      network_.inputs.push_back(network_.tensors.size());
      tensors_.emplace(input.name, network_.tensors.size());
      network_.tensors.push_back({input.name, input.shape, activation.format, activation.scale,
                                  activation.zero_point, std::nullopt});
    }
  }
  for (ConstantInputTrace& constant : trace_.constants) {
    if (constant.good) {
      const ActivationTrace& numbers = constant.numbers;
      tensors_.emplace(constant.name, network_.tensors.size());
      network_.tensors.push_back({constant.name, std::move(constant.value.shape), numbers.format,
                                  numbers.scale, numbers.zero_point, std::move(constant.value.data),
                                  constant.value.range});
    }
  }
  for (const std::size_t layer : find_order()) {
    build_layer(layer);
  }
  find_outputs(root);
  return std::move(network_);
}

void NetworkBuilder::name_tensors() {
  const auto add = [&](ConfigReader& reader, const std::string& name, Source source) {
    const auto [first, is_new] = sources_.emplace(name, source);
    if (!is_new && !name.empty()) {  // an empty one is reported already
      reader.error("name", "'" + name + "' is given twice, first by " + first->second.list + "[" +
                               std::to_string(first->second.index) + "]");
    }
  };
  for (std::size_t i = 0; i < trace_.inputs.size(); ++i) {
    add(trace_.inputs[i].reader, trace_.inputs[i].name, {"inputs", i});
  }
  for (std::size_t i = 0; i < trace_.constants.size(); ++i) {
    add(trace_.constants[i].reader, trace_.constants[i].name, {"constants", i});
  }
  for (std::size_t i = 0; i < trace_.layers.size(); ++i) {
    add(trace_.layers[i].reader, trace_.layers[i].name, {"layers", i});
  }
}

std::string NetworkBuilder::suggestion(const std::string& name) const {
  constexpr std::size_t kMostNames = 1000;  // more take long to compare, and help nobody
  if (sources_.size() > kMostNames) {
    return "";
  }
  std::vector<std::string> names;
  for (const auto& [known, source] : sources_) {
    names.push_back(known);
  }
  return did_you_mean(name, names);
}

std::vector<std::vector<std::size_t>> NetworkBuilder::find_producers() {
  std::vector<std::vector<std::size_t>> producers(trace_.layers.size());
  for (std::size_t i = 0; i < trace_.layers.size(); ++i) {
    LayerTrace& layer = trace_.layers[i];
    for (std::size_t j = 0; j < layer.inputs.size(); ++j) {
      const std::string& name = layer.inputs[j];
      const auto source = sources_.find(name);
      if (source == sources_.end()) {
        layer.reader.error_at(layer.reader.raw("inputs")[j], "inputs[" + std::to_string(j) + "]",
                              "no input and no layer is named " + quoted(name) + suggestion(name));
      } else if (source->second.is_layer()) {
        producers[i].push_back(source->second.index);
      }
    }
  }
  return producers;
}

std::vector<std::size_t> NetworkBuilder::find_order() {
  LayerOrder found = order_layers(find_producers());
  for (std::vector<std::size_t>& cycle : found.cycles) {
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
    std::string text;
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      text += (text.empty() ? "" : ", ") + trace_.layers[cycle[i]].name + " reads " +
              trace_.layers[cycle[(i + 1) % cycle.size()]].name;
    }
    trace_.layers[cycle.front()].reader.error("inputs", "the layers form a cycle: " + text);
  }
  return std::move(found.order);
}

void NetworkBuilder::build_layer(std::size_t index) {
  LayerTrace& layer = trace_.layers[index];
  std::vector<TensorId> inputs;
  for (const std::string& name : layer.inputs) {
    const auto tensor = tensors_.find(name);
    if (tensor == tensors_.end()) {
      return;
    }
    inputs.push_back(tensor->second);
  }
  if (!layer.good) {
    return;
  }
  if (const auto ofmap = LayerBuilder{layer, shapes_only_, network_}.build(std::move(inputs))) {
    tensors_.emplace(layer.name, *ofmap);
  }
}

void NetworkBuilder::find_outputs(ConfigReader& root) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < trace_.outputs.size(); ++i) {
    const std::string& name = trace_.outputs[i];
    const auto source = sources_.find(name);
    std::string error;
    if (source == sources_.end()) {
      error = "no layer is named " + quoted(name) + suggestion(name);
    } else if (!source->second.is_layer()) {
      error = quoted(name) + " is " +
              (source->second.list == std::string{"inputs"} ? "an input" : "a constant") +
              ", expected the name of a layer";
    } else if (!seen.insert(name).second) {
      error = quoted(name) + " is given twice";
    } else if (tensors_.count(name) != 0) {
      network_.outputs.push_back(tensors_.at(name));
    }
    if (!error.empty()) {
      root.error_at(root.raw("outputs")[i], "outputs[" + std::to_string(i) + "]", error);
    }
  }
}

}  // namespace systole

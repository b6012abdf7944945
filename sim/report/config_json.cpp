#include "sim/report/config_json.hpp"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cstdint>
#include <string>

#include "sim/config/accelerator_file.hpp"
#include "sim/report/utf8.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

Json scalar_json(const std::string& text) {
  std::int64_t integer = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, integer);
  if (result.ec == std::errc{} && result.ptr == end) {
    return integer;
  }
  if (text == "true" || text == "false") {
    return text == "true";
  }
  return valid_utf8(text);
}

Json node_json(const YAML::Node& node) {
  if (node.IsMap()) {
    Json json = Json::object();
    for (const auto& item : node) {
      json[item.first.Scalar()] = node_json(item.second);
    }
    return json;
  }
  if (node.IsSequence()) {
    Json json = Json::array();
    for (const auto& element : node) {
      json.push_back(node_json(element));
    }
    return json;
  }
  return scalar_json(node.Scalar());
}

}  // namespace

Json config_json(const AcceleratorConfig& config) {
  // One list of keys, that of the accelerator file, serves both formats.
  Json json = node_json(YAML::Load(accelerator_to_yaml(config)));
  // Texts stay texts, even those that look like numbers.
  json["name"] = valid_utf8(config.name);
  json["energy"]["table"] = valid_utf8(config.energy.table);
  json["energy"]["dram"] = valid_utf8(config.energy.dram);
  return json;
}

}  // namespace systole

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systole {

/// A text as a YAML scalar: plain where that cannot be read as anything else, else in quotes.
std::string yaml_text(const std::string& text);

/// The shortest of the decimal numbers that are read back as the same float.
std::string yaml_text(float value);

inline std::string yaml_flag(bool value) { return value ? "true" : "false"; }

template <typename Integer>
std::string yaml_list(const std::vector<Integer>& values) {
  std::string out = "[";
  for (const Integer value : values) {
    out += (out.size() > 1 ? ", " : "") + std::to_string(value);
  }
  return out + "]";
}

/// A flow map, built key by key.
class YamlMap {
 public:
  YamlMap& add(const std::string& key, const std::string& value) {
    text_ += (text_.empty() ? "" : ", ") + key + ": " + value;
    return *this;
  }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace systole

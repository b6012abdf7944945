#include "sim/workload/window_keys.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace systole {
namespace {

constexpr Choice<PaddingRule> kPaddings[] = {{"valid", PaddingRule::Valid},
                                             {"same", PaddingRule::Same}};

constexpr std::int64_t kMaxWindow = std::int64_t{1} << 20;  // of any size in a window

}  // namespace

void read_pair(ConfigReader& reader, const std::string& key, std::int64_t& h, std::int64_t& w) {
  const InRange<std::int64_t> range{1, kMaxWindow};
  if (!reader.has(key)) {
    return;
  }
  const YAML::Node node = reader.raw(key);
  if (!node.IsSequence()) {
    if (reader.read(node, key, h, range)) {
      w = h;
    }
    return;
  }
  std::vector<std::int64_t> pair;
  if (!reader.read(node, key, pair, range)) {
    return;
  }
  if (pair.size() != 2) {
    reader.error(key, "has " + std::to_string(pair.size()) +
                          " values, expected one integer or two, [height, width]");
    return;
  }
  h = pair[0];
  w = pair[1];
}

PaddingRule read_padding(ConfigReader& reader, Window& window) {
  PaddingRule rule = PaddingRule::Valid;
  if (!reader.has("padding")) {
    return rule;
  }
  const YAML::Node node = reader.raw("padding");
  if (!node.IsSequence()) {
    const std::vector<std::string> names = OneOf{kPaddings}.names();
    const std::string word = node.IsScalar() ? node.Scalar() : "";
    if (std::find(names.begin(), names.end(), word) == names.end()) {
      reader.error("padding", "expected " + names[0] + ", " + names[1] +
                                  " or [top, left, bottom, right], found " + detail::found(node) +
                                  did_you_mean(word, names));
    } else {
      reader.read(node, "padding", rule, OneOf{kPaddings});
    }
    return rule;
  }
  std::vector<std::int64_t> sides;
  if (!reader.read(node, "padding", sides, InRange<std::int64_t>{0, kMaxWindow})) {
    return rule;
  }
  if (sides.size() != 4) {
    reader.error("padding", "has " + std::to_string(sides.size()) +
                                " values, expected four, [top, left, bottom, right]");
    return rule;
  }
  window.pad_top = sides[0];
  window.pad_left = sides[1];
  window.pad_bottom = sides[2];
  window.pad_right = sides[3];
  return PaddingRule::Explicit;
}

}  // namespace systole

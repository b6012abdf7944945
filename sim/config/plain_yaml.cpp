#include "sim/config/plain_yaml.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "sim/config/checked_yaml.hpp"

namespace systole {
namespace {

/// So deep the parser may recurse before somebody looks at its tree.
constexpr std::size_t kMostBrackets = 800;
constexpr std::size_t kMostColumns = 200;  // a column of indentation is two levels at most

/// Looks for what a plain text does not have, in doubt in vain: what stands in a comment counts
/// unless it is clear that it does.
class Scan {
 public:
  bool is_plain(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      if (!is_plain_line(text.substr(0, end))) {
        return false;
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
  }

 private:
  bool is_plain_line(std::string_view line) {
    if (line.substr(0, 3) == "---" || line.substr(0, 3) == "..." || line.substr(0, 1) == "%") {
      return false;
    }
    if (std::min(line.find_first_not_of(" -?:"), line.size()) > kMostColumns) {
      return false;
    }
    const bool has_quotes = line.find_first_of("\"'") != std::string_view::npos;
    const bool has_comment = line.find('#') != std::string_view::npos;
    char before = ' ';
    for (const char c : line) {
      if (c == '#' && before == ' ' && !has_quotes) {
        return true;
      }
      const bool may_begin = std::string_view{" \t[{,:-?"}.find(before) != std::string_view::npos;
      if (may_begin && std::string_view{"&*!"}.find(c) != std::string_view::npos) {
        return false;
      }
      if (c == '[' || c == '{') {
        if (++brackets_ > kMostBrackets) {
          return false;
        }
      } else if ((c == ']' || c == '}') && !has_quotes && !has_comment && brackets_ > 0) {
        --brackets_;
      }
      before = c;
    }
    return true;
  }

  std::size_t brackets_ = 0;  // open, at most
};

bool has_unique_keys(const YAML::Node& map) {
  std::vector<std::string_view> keys;
  keys.reserve(map.size());
  for (const auto& entry : map) {
    if (!entry.first.IsScalar()) {
      return false;
    }
    keys.push_back(entry.first.Scalar());
  }
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) == keys.end() &&
         !std::binary_search(keys.begin(), keys.end(), std::string_view{"<<"});
}

bool is_plain(const YAML::Node& node, std::size_t levels) {
  if (!node.IsMap() && !node.IsSequence()) {
    return true;
  }
  if (levels == 0 || (node.IsMap() && !has_unique_keys(node))) {
    return false;
  }
  return std::all_of(node.begin(), node.end(), [&](const auto& entry) {
    return is_plain(node.IsMap() ? entry.second : entry, levels - 1);
  });
}

}  // namespace

std::optional<YAML::Node> load_plain_yaml(const std::string& text) {
  if (text.empty() || text.size() >= kMaxYamlNodes || !Scan{}.is_plain(text)) {
    return std::nullopt;
  }
  try {
    // Where the text ends is said: yaml-cpp lets the end of a file close a quote.
    const YAML::Node tree = YAML::Load(text + (text.back() == '\n' ? "...\n" : "\n...\n"));
    const bool has_content = tree.IsDefined() && !tree.IsNull();
    return has_content && is_plain(tree, kMaxYamlDepth) ? std::optional{tree} : std::nullopt;
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

}  // namespace systole

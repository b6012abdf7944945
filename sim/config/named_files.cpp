#include "sim/config/named_files.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "sim/config/checked_yaml.hpp"
#include "sim/config/extension.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 1024;

bool may_be_yaml(const fs::path& file) {
  constexpr const char* kOthers[] = {".npy", ".onnx", ".tflite", ".csv"};
  std::error_code error;
  return fs::is_regular_file(file, error) &&
         std::none_of(std::begin(kOthers), std::end(kOthers),
                      [&](const char* other) { return has_extension(file.string(), other); });
}

/// A tree that is empty where the file cannot be read: who needs it says so.
YAML::Node tree_of(const std::string& file) {
  try {
    ErrorLog log{file};
    return load_checked_yaml(read_text_file(file), "", log);
  } catch (const ConfigError&) {
    return {};
  }
}

class Collector {
 public:
  explicit Collector(const std::string& file) : seen_{normal(file)} { look_into(file); }
  std::vector<std::string> take() { return std::move(files_); }

 private:
  static std::string normal(const fs::path& file) { return file.lexically_normal().string(); }

  void look_into(const fs::path& file) {
    if (may_be_yaml(file)) {
      look_at(tree_of(file.string()), file.parent_path());
    }
  }

  void look_at(const YAML::Node& node, const fs::path& folder) {
    if (node.IsScalar()) {
      add(node.Scalar(), folder);
    } else if (node.IsSequence()) {
      for (const auto& element : node) {
        look_at(element, folder);
      }
    } else if (node.IsMap()) {
      for (const auto& entry : node) {
        look_at(entry.second, folder);
      }
    }
  }

  void add(const std::string& name, const fs::path& folder) {
    if (name.empty() || name.size() > kLongestName) {
      return;
    }
    const std::string file = normal(folder / name);
    std::error_code error;
    if (seen_.insert(file).second && fs::is_regular_file(file, error)) {
      files_.push_back(file);
      look_into(file);
    }
  }

  std::set<std::string> seen_;
  std::vector<std::string> files_;
};

}  // namespace

std::vector<std::string> files_named_in(const std::string& file) { return Collector{file}.take(); }

}  // namespace systole

#include "sim/sweep/digest.hpp"

#include <yaml-cpp/yaml.h>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "sim/config/unreadable.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()).good()) {
    throw std::runtime_error{path.string() + ": " + why_not_read(path.string())};
  }
  return text.str();
}

void collect_scalars(const YAML::Node& node, std::set<std::string>& out) {
  if (node.IsScalar()) {
    out.insert(node.Scalar());
  } else if (node.IsSequence()) {
    for (const auto& element : node) {
      collect_scalars(element, out);
    }
  } else if (node.IsMap()) {
    for (const auto& entry : node) {
      collect_scalars(entry.second, out);
    }
  }
}

/// The digests of a file and of all that it leads to, one per line.
class Collector {
 public:
  void add(const fs::path& path) {
    if (!seen_.insert(path.lexically_normal().string()).second) {
      return;
    }
    const std::string text = bytes_of(path);
    lines_ += digest(text) + '\n';
    if (path.extension() != ".yaml" && path.extension() != ".yml") {
      return;
    }
    std::set<std::string> names;
    collect_scalars(YAML::Load(text), names);
    for (const std::string& name : names) {
      constexpr std::size_t kLongestName = 1024;
      if (name.empty() || name.size() > kLongestName) {
        continue;
      }
      std::error_code ignored;
      const fs::path file = path.parent_path() / name;
      if (fs::is_regular_file(file, ignored)) {
        lines_ += name + ' ';
        add(file);
      }
    }
  }
  const std::string& lines() const { return lines_; }

 private:
  std::set<std::string> seen_;
  std::string lines_;
};

}  // namespace

std::string digest(const std::string& text) {
  const boost::uuids::name_generator_sha1 generator{boost::uuids::ns::oid()};
  return boost::uuids::to_string(generator(text));
}

std::string digest_of_file(const std::string& path) {
  Collector collector;
  collector.add(path);
  return digest(collector.lines());
}

}  // namespace systole

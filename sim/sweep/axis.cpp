#include "sim/sweep/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/unreadable.hpp"
#include "sim/config/yaml_quote.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortRange = 1000;  // values that are looked at one by one

/// Keys whose value is a file.
bool takes_files(const std::string& key) { return key == kWorkloadKey || key == "energy.table"; }

class AxisReader {
 public:
  AxisReader(const std::vector<std::string>& known, const std::string& folder)
      : known_{known}, folder_{folder} {}

  std::vector<Axis> list(ConfigReader& node, const std::string& key) {
    std::vector<Axis> axes;
    std::vector<ConfigReader> children = node.children(key);
    if (children.empty() && node.has(key) && node.raw(key).IsSequence()) {
      node.error(key, "expected at least one axis, found none");
    }
    axes.reserve(children.size());
    for (ConfigReader& child : children) {
      axes.push_back(axis(child));
    }
    return axes;
  }

  Step settings(ConfigReader& node) {
    Step all;
    for (const std::string& key : node.keys()) {
      const YAML::Node value = node.raw(key);
      std::string text;
      if (key == kWorkloadKey || !is_known(key)) {
        node.error(key, "is no key of the accelerator" + did_you_mean(key, known_));
      } else if (node.read(value, key, text)) {
        all.push_back(assignment(node, value, key, key, text));
      }
    }
    return all;
  }

 private:
  Axis axis(ConfigReader& node) {
    const bool zip = node.has("zip");
    const bool product = node.has("product");
    Axis axis;
    if (!node.ok()) {
      return axis;
    }
    if (zip || product) {
      for (const char* other : {"key", "values", "range"}) {
        if (node.has(other)) {
          node.error(other, "stands beside zip or product, expected it in an axis below that");
        }
      }
      if (zip && product) {
        node.error("product", "stands beside zip, expected one of them");
      }
      axis = zip ? zipped(node) : multiplied(node);
    } else {
      axis = single(node);
    }
    node.reject_unknown();
    return axis;
  }

  Axis single(ConfigReader& node) {
    std::string key;
    node.required("key", key, NotEmpty{});
    if (!key.empty() && !is_known(key)) {
      node.error("key", systole::quoted(key) + " is no key of the accelerator, and not workload" +
                            did_you_mean(key, known_));
    }
    const bool values = node.has("values");
    const bool range = node.has("range");
    if (values == range) {
      node.error(values ? "range" : "",
                 values ? "stands beside values, expected one of them"
                        : "expected key with values or range, or zip, or product");
      return {};
    }
    if (range && takes_files(key)) {
      node.error("range", "gives no files, expected values");
      return {};
    }
    return values ? listed(node, key) : ranged(node, key);
  }

  Axis listed(ConfigReader& node, const std::string& key) {
    const YAML::Node list = node.raw("values");
    Axis axis;
    if (!list.IsSequence() || list.size() == 0) {
      node.error("values", "expected a list of values that is not empty");
      return axis;
    }
    std::size_t index = 0;
    for (const auto& value : list) {
      const std::string place = "values[" + std::to_string(index++) + "]";
      std::string text;
      if (node.read(value, place, text)) {
        axis.steps.push_back({assignment(node, value, place, key, text)});
      }
    }
    return axis;
  }

  Axis ranged(ConfigReader& node, const std::string& key) {
    ConfigReader range = node.child("range");
    constexpr InRange kValues{std::uint64_t{0}, std::uint64_t{1'000'000'000'000}};
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    std::uint64_t step = 1;
    std::uint64_t times = 1;
    const std::size_t errors = range.error_count();
    range.required("from", from, kValues);
    range.required("to", to, kValues);
    const bool has_step = range.optional("step", step, InRange{std::uint64_t{1}, kValues.hi});
    const bool has_times = range.optional("times", times, InRange{std::uint64_t{2}, kValues.hi});
    range.reject_unknown();
    Axis axis;
    if (!range.ok() || range.error_count() != errors) {
      return axis;  // times: 1 would never reach `to`
    }
    if (has_step && has_times) {
      range.error("times", "stands beside step, expected one of them");
    } else if (from > to) {
      range.error("to", std::to_string(to) + " is below from, " + std::to_string(from));
    } else if (has_times && from == 0) {
      range.error("from", "0 times anything is 0, expected 1 or more beside times");
    } else if (!has_times && (to - from) / step >= kMostSteps) {
      range.error("to", "gives more than " + std::to_string(kMostSteps) + " values");
    } else {
      std::uint64_t value = from;
      axis.steps.push_back({of_number(key, value)});
      while (has_times ? value <= to / times : value + step <= to) {  // products do not wrap
        value = has_times ? value * times : value + step;
        axis.steps.push_back({of_number(key, value)});
      }
      check_range(node, key, axis.steps);
    }
    return axis;
  }

  /// Keys mostly take all between two numbers: of a long range the ends stand for the others.
  void check_range(ConfigReader& node, const std::string& key, const std::vector<Step>& steps) {
    const std::size_t apart = steps.size() <= kShortRange ? 1 : steps.size() - 1;
    for (std::size_t i = 0; i < steps.size() && is_known(key); i += apart) {
      const std::string& value = steps[i].front().value;
      if (const std::string refusal = refusal_of_value(key, value); !refusal.empty()) {
        node.error("range", fmt::format("gives {}: {}: {}", value, key, refusal));
        return;
      }
    }
  }

  Axis zipped(ConfigReader& node) {
    const std::vector<Axis> axes = list(node, "zip");
    Axis zip;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::size_t length = axes[i].steps.size();
      if (i > 0 && length != zip.steps.size()) {
        if (length != 0 && !zip.steps.empty()) {  // else said already
          node.error("zip", "axis " + std::to_string(i) + " has " + std::to_string(length) +
                                " values, expected " + std::to_string(zip.steps.size()) +
                                ", as many as axis 0");
        }
        return {};
      }
      zip.steps.resize(length);
      for (std::size_t s = 0; s < length; ++s) {
        const Step& more = axes[i].steps[s];
        zip.steps[s].insert(zip.steps[s].end(), more.begin(), more.end());
      }
    }
    return zip;
  }

  Axis multiplied(ConfigReader& node) {
    Axis product{{Step{}}};
    for (const Axis& axis : list(node, "product")) {
      if (axis.steps.size() > kMostSteps / std::max<std::size_t>(product.steps.size(), 1)) {
        node.error("product", "gives more than " + std::to_string(kMostSteps) + " combinations");
        return {};
      }
      std::vector<Step> steps;
      for (const Step& left : product.steps) {
        for (const Step& right : axis.steps) {
          steps.push_back(left);
          steps.back().insert(steps.back().end(), right.begin(), right.end());
        }
      }
      product.steps = std::move(steps);
    }
    return product;
  }

  static Assignment of_number(const std::string& key, std::uint64_t value) {
    const std::string text = std::to_string(value);
    return {key, text, text, ""};
  }

  /// Of the value at `place`, read as `text`.
  Assignment assignment(ConfigReader& node, const YAML::Node& value, const std::string& place,
                        const std::string& key, const std::string& text) {
    const std::string file = file_named(key, text, folder_);
    const std::string why = file.empty() ? "" : why_unreadable(file);
    if (takes_files(key) && text.empty()) {
      node.error_at(value, place, "expected a file, found ''");
    } else if (!why.empty()) {
      node.error_at(value, place, file + ": " + why);
    }
    const bool is_text = value.Tag() == "!" && key != kWorkloadKey;  // in quotes
    const std::string& plain = file.empty() ? text : file;
    Assignment assigned{key, text, is_text ? quoted_yaml(plain) : plain, file};
    if (file.empty() && is_known(key) && !takes_files(key)) {
      if (const std::string refusal = refusal_of_value(key, assigned.value); !refusal.empty()) {
        node.error_at(value, place, place == key ? refusal : key + ": " + refusal);
      }
    }
    return assigned;
  }

  bool is_known(const std::string& key) const {
    return std::find(known_.begin(), known_.end(), key) != known_.end();
  }

  const std::vector<std::string>& known_;
  const std::string& folder_;
};

}  // namespace

std::string file_named(const std::string& key, const std::string& text, const std::string& folder) {
  const bool names_file = takes_files(key) || (key == "dram.preset" && is_file_name(text));
  return names_file ? (fs::path{folder} / text).lexically_normal().string() : "";
}

std::vector<Axis> read_axes(ConfigReader& node, const std::string& key,
                            const std::vector<std::string>& known, const std::string& folder) {
  return AxisReader{known, folder}.list(node, key);
}

Step read_settings(ConfigReader& node, const std::vector<std::string>& known,
                   const std::string& folder) {
  return AxisReader{known, folder}.settings(node);
}

std::vector<std::string> keys_of(const std::vector<Axis>& axes) {
  std::vector<std::string> keys;
  for (const Axis& axis : axes) {
    if (!axis.steps.empty()) {
      for (const Assignment& assignment : axis.steps.front()) {
        keys.push_back(assignment.key);
      }
    }
  }
  return keys;
}

}  // namespace systole

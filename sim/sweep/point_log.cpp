#include "sim/sweep/point_log.hpp"

#include <cerrno>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "sim/config/checked_yaml.hpp"
#include "sim/report/json_text.hpp"

namespace systole {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr std::string_view kLineStart = R"({"key":")";

}  // namespace

std::string line_of(const PointResult& result, const Point& point) {
  ordered_json line;
  line["key"] = result.key;
  line["values"] = ordered_json::object();
  for (const Assignment& assignment : point) {
    line["values"][assignment.key] = assignment.text;
  }
  if (!result.error.empty()) {
    line["error"] = result.error;
    line["mismatch"] = result.mismatch;
  } else {
    line["metrics"] = ordered_json::object();
    for (std::size_t i = 0; i < kMetrics; ++i) {
      const std::string name = info_of(static_cast<Metric>(i)).name;
      line["metrics"][name] = nullptr;
      if (const auto value = result.metrics[i]) {
        line["metrics"][name] = *value;
      }
    }
  }
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

std::optional<PointResult> result_of(const std::string& line) {
  try {
    const ordered_json json = parse_json(line);
    PointResult result;
    result.key = json.at("key").get<std::string>();
    if (json.contains("error")) {
      result.error = json.at("error").get<std::string>();
      result.mismatch = json.at("mismatch").get<bool>();
      return result;
    }
    for (std::size_t i = 0; i < kMetrics; ++i) {
      const auto& value = json.at("metrics").at(info_of(static_cast<Metric>(i)).name);
      if (!value.is_null() && !value.is_number()) {
        return std::nullopt;  // get() would take true for 1
      }
      if (value.is_number()) {
        result.metrics[i] = value.get<double>();
      }
    }
    return result;
  } catch (const ordered_json::exception&) {
    return std::nullopt;
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

PointLog::PointLog(const std::string& folder, bool resume)
    : path_{(fs::path{folder} / kPointLogFile).string()} {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw std::runtime_error{folder + ": cannot be created: " + error.message()};
  }
  const bool exists = fs::exists(path_, error);
  if (error) {
    throw std::runtime_error{path_ + ": cannot be read: " + error.message()};
  }
  if (exists) {
    if (!resume) {
      throw std::runtime_error{path_ +
                               ": a sweep is in this folder, expected another one, or "
                               "--resume to go on with it"};
    }
    read();
  }
  errno = 0;
  out_.open(path_, std::ios::binary | std::ios::app);
  if (!out_) {
    throw std::runtime_error{path_ +
                             ": cannot be written: " + std::generic_category().message(errno)};
  }
}

void PointLog::read() {
  const std::string all = read_text_file(path_, std::numeric_limits<std::size_t>::max());
  std::size_t begin = 0;
  std::size_t line = 1;
  for (std::size_t end = all.find('\n'); end != std::string::npos; end = all.find('\n', begin)) {
    // Logs of several processes that were put together may have broken lines in the middle.
    if (const auto result = result_of(all.substr(begin, end - begin))) {
      finished_[result->key] = *result;
    }
    begin = end + 1;
    ++line;
  }
  // What is left of a line that was being written; anything else is not ours to remove.
  const std::string_view rest = std::string_view{all}.substr(begin);
  const std::string_view start = kLineStart;
  const bool is_ours = rest.substr(0, start.size()) == start.substr(0, rest.size());
  if (!is_ours) {
    throw ConfigError{{path_ + ':' + std::to_string(line) +
                       ":1: no finished point, expected a line that 'systole sweep' wrote"}};
  }
  if (begin > 0 && finished_.empty()) {
    throw ConfigError{{path_ +
                       ":1:1: no finished point of this version, expected a line that 'systole "
                       "sweep' wrote"}};
  }
  std::error_code error;
  fs::resize_file(path_, begin, error);
  if (error) {
    throw std::runtime_error{path_ + ": cannot be written: " + error.message()};
  }
}

void PointLog::append(const PointResult& result, const Point& point) {
  errno = 0;
  out_ << line_of(result, point) << std::flush;
  if (!out_) {
    throw std::runtime_error{path_ +
                             ": cannot be written: " + std::generic_category().message(errno)};
  }
}

}  // namespace systole

#include "sim/report/report_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/config/error_log.hpp"

namespace systole {
namespace {

constexpr std::size_t kMostLines = 100;  // more help nobody

}  // namespace

void ReportErrors::add(const std::string& path, const std::string& what) {
  add_line(file_ + ": " + (path.empty() ? "" : path + ": ") + what);
}

void ReportErrors::add_line(const std::string& line) {
  if (++count_ <= kMostLines) {
    lines_.push_back(line);
  }
}

std::vector<std::string> ReportErrors::lines() const {
  std::vector<std::string> all = lines_;
  if (count_ > kMostLines) {
    all.push_back(
        fmt::format("{}: has {} mistakes, the first {} are above", file_, count_, kMostLines));
  }
  return all;
}

void ReportErrors::check() const {
  if (count_ > 0) {
    throw ConfigError{lines()};
  }
}

ReportObject::ReportObject(const Json& json, ReportErrors& errors, std::string path)
    : ReportObject{errors, std::move(path)} {
  if (json.is_object()) {
    json_ = &json;
  } else {
    errors_->add(path_, "expected an object");
  }
}

void ReportObject::error(const std::string& key, const std::string& what) const {
  errors_->add(path(key), what);
}

const ReportObject::Json* ReportObject::find(const char* key) const {
  if (json_ == nullptr) {
    return nullptr;
  }
  const auto found = json_->find(key);
  if (found == json_->end()) {
    error(key, "missing");
    return nullptr;
  }
  return &*found;
}

const ReportObject::Json* ReportObject::find(const char* key, bool (Json::*is)() const noexcept,
                                             const char* kind) const {
  const Json* const found = find(key);
  if (found != nullptr && !(found->*is)()) {
    error(key, std::string{"expected "} + kind);
    return nullptr;
  }
  return found;
}

std::string ReportObject::text(const char* key) const {
  const Json* const found = find(key, &Json::is_string, "a text");
  return found == nullptr ? "" : found->get<std::string>();
}

std::uint64_t ReportObject::count(const char* key, std::uint64_t most) const {
  const Json* const found = find(key, &Json::is_number_unsigned, "a count");
  const std::uint64_t value = found == nullptr ? 0 : found->get<std::uint64_t>();
  if (value > most) {
    error(key, fmt::format("{}, expected at most {}", value, most));
    return 0;
  }
  return value;
}

double ReportObject::number(const char* key) const {
  const Json* const found = find(key, &Json::is_number, "a number");
  return found == nullptr ? 0 : found->get<double>();
}

double ReportObject::amount(const char* key, double most) const {
  const double value = number(key);
  if (value < 0 || value > most) {
    error(key, most < std::numeric_limits<double>::infinity()
                   ? fmt::format("{}, expected 0 to {}", value, most)
                   : fmt::format("{}, expected 0 or more", value));
    return 0;
  }
  return value;
}

const ReportObject::Json* ReportObject::find_list(const char* key,
                                                  bool (Json::*is)() const noexcept,
                                                  const char* kind) const {
  const Json* const list = find(key, &Json::is_array, kind);
  if (list != nullptr &&
      !std::all_of(list->begin(), list->end(), [is](const Json& each) { return (each.*is)(); })) {
    error(key, std::string{"expected "} + kind);
    return nullptr;
  }
  return list;
}

std::vector<std::string> ReportObject::texts(const char* key) const {
  const Json* const list = find_list(key, &Json::is_string, "a list of texts");
  return list == nullptr ? std::vector<std::string>{} : list->get<std::vector<std::string>>();
}

std::vector<double> ReportObject::numbers(const char* key) const {
  const Json* const list = find_list(key, &Json::is_number, "a list of numbers");
  return list == nullptr ? std::vector<double>{} : list->get<std::vector<double>>();
}

ReportObject ReportObject::object(const char* key) const {
  const Json* const found = find(key);
  return found == nullptr ? ReportObject{*errors_, path(key)}
                          : ReportObject{*found, *errors_, path(key)};
}

void ReportObject::each(const char* key,
                        const std::function<void(const ReportObject&)>& use) const {
  if (const Json* const list = find(key, &Json::is_array, "a list")) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      use(ReportObject{(*list)[i], *errors_, fmt::format("{}[{}]", path(key), i)});
    }
  }
}

void ReportObject::each_of_some(const char* key,
                                const std::function<void(const ReportObject&)>& use) const {
  each(key, use);
  if (has(key) && find(key)->empty()) {
    error(key, "is empty, expected at least one");
  }
}

std::vector<std::string> ReportObject::keys() const {
  std::vector<std::string> all;
  if (json_ != nullptr) {
    for (const auto& item : json_->items()) {
      all.push_back(item.key());
    }
  }
  return all;
}

}  // namespace systole

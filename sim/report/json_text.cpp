#include "sim/report/json_text.hpp"

#include <fmt/format.h>

#include <set>
#include <stdexcept>
#include <vector>

#include "sim/config/suggestion.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

/// Looks at a tree while it grows.
class Guard {
 public:
  void see(Json::parse_event_t event, const Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        keys_.emplace_back();
        if (keys_.size() > kDeepestJson) {
          throw std::runtime_error{fmt::format(
              "lists and objects are nested more than {} deep, expected fewer", kDeepestJson)};
        }
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        keys_.pop_back();
        break;
      case Json::parse_event_t::key:
        if (const auto& key = parsed.get_ref<const std::string&>();
            !keys_.back().insert(key).second) {
          throw std::runtime_error{"an object has the key " + quoted(key) + " twice"};
        }
        break;
      case Json::parse_event_t::value:
        break;
    }
  }

 private:
  std::vector<std::set<std::string>> keys_;  // of each list (none) and object that is open
};

}  // namespace

Json parse_json(const std::string& text) {
  Guard guard;
  try {
    return Json::parse(text, [&](int /*depth*/, Json::parse_event_t event, const Json& parsed) {
      guard.see(event, parsed);
      return true;
    });
  } catch (const Json::parse_error& error) {
    throw std::runtime_error{fmt::format("is no JSON, at byte {}", error.byte)};
  } catch (const Json::out_of_range&) {
    throw std::runtime_error{"has a number that is too large"};
  }
}

}  // namespace systole
